"""Output for people and scripts: tables or one JSON document on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from baubau_ops.cli.terminal.style import is_colourful, styled
from baubau_ops.core.errors import (
    BaubauError,
    CancelledError,
    InputError,
    InvalidInventoryError,
    Problem,
)

if TYPE_CHECKING:
    from baubau_ops.cli.terminal.progress import Progress
    from baubau_ops.cli.terminal.steps import Steps, StepScreen

Cell = str | tuple[str, str]
"""A text, or a text and its style ("green", "bold red")."""

_PIPE_WIDTH = 10_000  # what is piped is never cut or wrapped


class Format(StrEnum):
    """Who reads the output: people or machines."""

    table = "table"
    json = "json"


class Output:
    """Draws results in the format asked for. In JSON, stdout holds the one document and nothing else."""

    def __init__(self, format: Format = Format.table) -> None:
        self.format = format
        self._progress: Progress | None = None

    @property
    def is_json(self) -> bool:
        """Whether a machine reads."""
        return self.format is Format.json

    def show(self, document: object, draw: Callable[[], None]) -> None:
        """Print `document` as JSON for machines, or call `draw` for people."""
        if self.is_json:
            is_utf8 = (sys.stdout.encoding or "utf-8").lower() == "utf-8"  # else a letter would become a "?"
            print(json.dumps(document, indent=2, ensure_ascii=not is_utf8, default=_as_json))
        else:
            draw()

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line for people."""
        if not self.is_json:
            print(styled(text, style, sys.stdout))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[str] = ()
    ) -> None:
        """Print a table for people; the columns named in `right` are aligned to the right."""
        if self.is_json:
            return
        from rich.console import Console, JustifyMethod
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for number, column in enumerate(columns):
            # What stands first is what people copy; the rest is folded where it does not fit, never cut.
            justify: JustifyMethod = "right" if column in right else "left"
            table.add_column(Text(column), justify=justify, no_wrap=not number, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) if isinstance(cell, str) else Text(*cell) for cell in row))
        is_terminal = is_colourful(sys.stdout)
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        console = Console(width=width, no_color=not is_terminal, force_terminal=is_terminal, highlight=False)
        with console.capture() as captured:
            console.print(table)
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """Yield a listener that draws the progress of long work on stderr; bars only on a terminal."""
        from baubau_ops.cli.terminal.progress import Progress

        with Progress() as self._progress:
            try:
                yield self._progress
            finally:
                self._progress = None

    @contextlib.contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that `what` is being done if it takes over a second, for work whose length nobody knows."""
        from baubau_ops.core.events import Event

        with self.progress() as on_event:
            on_event(Event("start", what))
            yield

    @contextlib.contextmanager
    def step_screen(self, steps: Steps) -> Iterator[StepScreen]:
        """Yield a listener that draws the steps of an apply, a line for every target, on stderr."""
        from baubau_ops.cli.terminal.steps import StepScreen

        with self.progress() as surface:
            screen = StepScreen(surface, steps)
            try:
                yield screen
            finally:
                screen.close()

    def require_terminal(self, question: str) -> None:
        """Refuse, and name the flag, without a terminal."""
        if not sys.stdin.isatty() or not sys.stderr.isatty():
            raise InputError(f"{question} There is no terminal to ask on.", remedy="To say yes, give --yes.")

    def confirm(self, question: str) -> None:
        """Ask, and raise unless the answer is yes; without a terminal to ask on, refuse and name the flag."""
        self.require_terminal(question)
        with self._progress.paused() if self._progress else contextlib.nullcontext():
            print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
            answer = sys.stdin.readline().strip().lower()
        if answer not in ("y", "yes", "ya"):
            raise CancelledError


def show_error(error: BaubauError) -> None:
    """Print an error and its remedy on stderr; an inventory's problems one a line, each with its place."""
    if isinstance(error, CancelledError):
        print(error, file=sys.stderr)
        return
    if isinstance(error, InvalidInventoryError):
        _show_problems(error.problems)
        print(f"\n{error} Nothing was changed.", file=sys.stderr)
        return
    print(f"{styled('error:', 'bold red', sys.stderr)} {error}", file=sys.stderr)
    if error.remedy:
        print(f"       {error.remedy}", file=sys.stderr)


def _show_problems(problems: Sequence[Problem]) -> None:
    width = max((len(problem.place) for problem in problems), default=0)
    for problem in problems:
        where = f"{problem.path}: " if problem.path else ""
        print(f"{problem.place:<{width}}  {where}{problem.message}", file=sys.stderr)


def _as_json(value: Any) -> object:
    """Write what JSON does not know: values as objects, times in UTC (RFC 3339), sets sorted, else text."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return str(value)
