"""Checks configurations before any device is touched: with the platform's own parsers, and for what these miss.

Each parser gets all configurations in one call. The parsers are those in PATH or, for root, those of the twin's
image. A check that cannot be made is a problem of its own kind and never passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.platforms.frr.lint.parsers import Parser, frr_errors, nft_errors
from baubau_ops.network.platforms.frr.lint.rules import own_checks, section_lines
from baubau_ops.network.platforms.platform import LintProblem
from napalm_frr import text as device_text

_TABLE = re.compile(r"^table (inet|ip) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Joined:
    """One section of all devices, joined in one file."""

    text: str
    origins: tuple[tuple[str, int], ...]
    """For every line of the file: the device, and the line number in its configuration."""

    def origin(self, line: int) -> tuple[str, int]:
        return self.origins[line - 1] if 0 < line <= len(self.origins) else ("", 0)


def lint(texts: Mapping[str, str]) -> tuple[LintProblem, ...]:
    """Check the devices' configurations; sorted by device and line. Empty: every check was made and passed."""
    found = [LintProblem(name, 0, str(error)) for name, error in _unsplittable(texts)]
    bad = {problem.device for problem in found}
    good = {name: text for name, text in texts.items() if name not in bad}
    found += _parsed(_joined(good, "frr"), frr_errors, "vtysh")
    found += _parsed(_joined(good, "nftables"), nft_errors, "nft")
    for name, text in good.items():
        found += [
            LintProblem(name, mistake.line, mistake.message, by="rule") for mistake in own_checks(name, text)
        ]
    return tuple(sorted(found, key=lambda problem: (problem.device, problem.line, problem.message)))


def _unsplittable(texts: Mapping[str, str]) -> Iterator[tuple[str, device_text.TextError]]:
    for name, text in texts.items():
        try:
            device_text.split(text)
        except device_text.TextError as error:
            yield name, error


def _joined(texts: Mapping[str, str], section: str) -> _Joined:
    lines: list[str] = []
    origins: list[tuple[str, int]] = []
    for number, (name, text) in enumerate(sorted(texts.items())):
        for line, content in section_lines(text, section):
            lines.append(_apart(content, number) if section == "nftables" else content)
            origins.append((name, line))
    return _Joined("".join(f"{line}\n" for line in lines), tuple(origins))


def _apart(line: str, number: int) -> str:
    """Rename tables, so that those of different devices stay separate."""
    return _TABLE.sub(rf"table \1 d{number}-\2", line)


def _parsed(joined: _Joined, parser: Parser, tool: str) -> list[LintProblem]:
    if not joined.text:
        return []
    try:
        errors = list(parser(joined.text))
    except BaubauError as error:
        message = f"{tool} could not run: {error.message}"
        return [LintProblem("", 0, message, "could not lint", error.remedy)]
    return [LintProblem(*joined.origin(line), message) for line, message in errors]
