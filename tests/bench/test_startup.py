"""`baubau --help` against `import typer`: what the command line adds to its own foundation."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 15
MAX_RATIO = 1.5
MAX_WRAPPER = 1.8
"""How many times what a call takes it may take through the wrapper when .venv is there."""

HELP = [sys.executable, "-P", "-m", "baubau_ops", "--help"]
FLOOR = [sys.executable, "-P", "-c", "import typer"]
WRAPPER = [str(ROOT / "baubau"), "--help"]


def _seconds(*commands: list[str]) -> list[float]:
    """The median time of each command, taken in turns so that all meet the same noise."""
    taken: list[list[float]] = [[] for _ in commands]
    for _ in range(ROUNDS + 1):
        for command, times in zip(commands, taken, strict=True):
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, cwd=ROOT, check=True)
            times.append(time.perf_counter() - began)
    return [statistics.median(times[1:]) for times in taken]  # the first round fills the page cache


def test_help_costs_little_more_than_importing_typer(report: Callable[[str], None]) -> None:
    own, floor = _seconds(HELP, FLOOR)
    report(f"baubau --help {own * 1000:.0f} ms, import typer {floor * 1000:.0f} ms: {own / floor:.2f} ×")
    assert own / floor <= MAX_RATIO


def test_the_wrapper_adds_little(report: Callable[[str], None]) -> None:
    wrapped, direct = _seconds(WRAPPER, HELP)
    report(f"./baubau adds {(wrapped - direct) * 1000:.0f} ms to {direct * 1000:.0f} ms")
    assert wrapped / direct <= MAX_WRAPPER
