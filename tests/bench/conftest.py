"""Benchmarks print what they measured, against the peer or floor of the same run, below the results."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

# Commands are measured as users run them: Python keeps what it compiled, whatever this shell has said about it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LINES = pytest.StashKey[list[str]]()

Report = Callable[[str], None]


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Take one line of measurement for the summary."""
    lines = request.config.stash.setdefault(LINES, [])
    return lines.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("benchmarks")
        for line in lines:
            terminalreporter.line(line)
