"""`baubau test`: the product's own tests, on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TextIO

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, single
from baubau_ops.core import settings
from baubau_ops.core.units import format_duration
from baubau_ops.lab.host import machine

app = single()

CLEANING_UP = 60.0
"""Seconds that pytest may take to clean up after it was stopped."""

NO_TESTS = 5  # pytest's exit code when nothing was collected or all was deselected

# Tests on a twin mostly wait. Tests that measure time run alone, and so do tests that the user selects.
_SIDE_BY_SIDE = ("--numprocesses=3", "--dist=loadscope", "--no-loadscope-reorder")
_STATIC = (
    ("ruff", "check", "--quiet", "."),
    ("mypy", "--no-error-summary"),
)


class Result(StrEnum):
    """The result of a step."""

    passed = "passed"
    failed = "failed"
    not_run = "not run"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the tests; `seconds` is its duration, `reason` says why it was not run."""

    name: str
    result: Result
    seconds: float = 0
    reason: str = ""


@command(
    app,
    name="test",
    example="baubau test --no-twin -- tests/core -k journal",
)
def run_tests(
    context: Context,
    pytest_args: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- PYTEST-ARGUMENT", help="Passed to pytest unchanged."),
    ] = None,
    no_twin: Annotated[bool, typer.Option("--no-twin", help="Leave out the tests on the twin.")] = False,
    long: Annotated[bool, typer.Option("--long", help="Add the benchmarks and soak runs.")] = False,
    bench: Annotated[bool, typer.Option("--bench", help="Run the benchmarks only.")] = False,
) -> int:
    """Test the product on this machine.

    Runs the static checks, then all tests. Tests on the twin need root and a machine that can run it (see
    baubau doctor); elsewhere they are reported as not run and the exit code is 2, unless --no-twin is given.
    """
    began = time.monotonic()
    obstacle = "--no-twin was given" if no_twin else _obstacle()
    arguments = _arguments(obstacle, long, bench, pytest_args or [], context.verbosity)
    # With JSON, the output of the tools goes to stderr: stdout only holds the document.
    stdout = sys.stderr if context.output.is_json else None
    steps = [] if bench else [_static(stdout)]
    steps.append(_pytest(arguments, stdout))
    if obstacle:
        steps.append(Step("twin", Result.not_run, reason=obstacle))
    passed = all(step.result is not Result.failed for step in steps)
    document = {"passed": passed, "seconds": round(time.monotonic() - began, 3), "steps": steps}
    context.output.show(document, lambda: _draw(context, steps))
    if not passed:
        return 1
    return 2 if obstacle and not no_twin else 0


def _obstacle() -> str:
    """Return why the twin cannot run here; empty when it can."""
    lacking = machine.lacking(machine.look(), after_install=True)
    return "; ".join(f"{each.name}: {each.detail}" for each in lacking)


def _arguments(obstacle: str, long: bool, bench: bool, own: list[str], verbosity: int) -> list[str]:
    left_out = [*(["twin"] if obstacle else []), *([] if long or bench else ["long"])]
    selection = " and ".join(f"not {marker}" for marker in left_out)
    arguments = ["-m", selection] if selection else []
    if verbosity:
        arguments.append("-" + "v" * verbosity)
    if not (own or long or bench):
        arguments += _SIDE_BY_SIDE
    if bench and not any(argument.startswith("tests/") for argument in own):
        arguments.append("tests/bench")
    return [*arguments, *own]


def _static(stdout: TextIO | None) -> Step:
    began = time.monotonic()
    results = [_run(argv, stdout) for argv in _STATIC]
    result = Result.failed if any(results) else Result.passed
    return Step("static", result, time.monotonic() - began)


def _pytest(arguments: list[str], stdout: TextIO | None) -> Step:
    began = time.monotonic()
    code = _run(["pytest", *arguments], stdout)
    result = Result.passed if code == 0 else Result.failed
    reason = "no test was selected" if code == NO_TESTS else ""
    return Step("tests", result, time.monotonic() - began, reason)


def _run(argv: Sequence[str], stdout: TextIO | None) -> int:
    """Run a Python module from the root and show its output live; if it is stopped, it still takes its twin down."""
    # Parallel tests are several processes, each with something to clean up: the whole group is stopped.
    apart = not set(_SIDE_BY_SIDE).isdisjoint(argv)
    process = subprocess.Popen(
        [sys.executable, "-m", *argv], cwd=settings.root(), stdout=stdout, process_group=0 if apart else None
    )
    try:
        return process.wait()
    except BaseException as error:
        if apart:
            os.killpg(process.pid, signal.SIGINT)
        elif not isinstance(error, KeyboardInterrupt):  # Ctrl-C has reached it too; another signal has not
            process.send_signal(signal.SIGINT)
        try:
            process.wait(CLEANING_UP)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def _draw(context: Context, steps: list[Step]) -> None:
    signs = {Result.passed: "✓", Result.failed: "✗", Result.not_run: "not run"}
    parts = []
    for step in steps:
        seconds = f" {format_duration(round(step.seconds, 1))}" if step.seconds else ""
        reason = f" ({step.reason})" if step.reason else ""
        separator = ": " if step.result is Result.not_run else " "
        parts.append(f"{step.name}{separator}{signs[step.result]}{seconds}{reason}")
    failed = any(step.result is Result.failed for step in steps)
    context.output.line(" · ".join(parts), "bold red" if failed else "bold")
