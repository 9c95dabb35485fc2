"""Draws changes as they are made: one line for every target with its steps; groups are shown together."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from baubau_ops.cli.terminal.style import styled
from baubau_ops.core.events import Event
from baubau_ops.core.plan import Outcome, Status

_SHORT = 12
"""Largest length of a detail that is shown with its step ("120 s", "7/7"); a longer one is a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps that a domain takes with each target, by their names in events, and their labels on the screen."""

    names: Mapping[str, str]
    last: str
    """The step that completes a change."""
    undone: str
    """The step that takes a change back."""

    @property
    def unfinished(self) -> str:
        """Label of a target that was neither completed nor rolled back."""
        return f"not {self.names[self.last]}"


class Surface(Protocol):
    """The surface to draw on: lines that stay, and lines below them that change."""

    def __call__(self, event: Event) -> None: ...

    def line(self, text: str) -> None: ...

    def show_below(self, lines: Sequence[str]) -> None: ...


@dataclass(slots=True)
class _Row:
    """One target, with its steps so far as they are drawn."""

    steps: list[str] = field(default_factory=list)
    began: float | None = None
    """Time of its first step, by the monotonic clock."""
    has_ended: bool = False
    reason: str = ""
    """Reason for its failure."""

    @property
    def is_open(self) -> bool:
        return self.began is not None and not self.has_ended


class StepScreen:
    """A listener for the events of one apply; it passes events that are not steps of a target to the surface.

    A group's lines are printed when the last of its members has ended; until then a terminal shows them below.
    """

    def __init__(self, surface: Surface, steps: Steps) -> None:
        self._surface = surface
        self._steps = steps
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}
        self._groups: list[tuple[str, ...]] = []
        self._printed: set[str] = set()
        self._batch = 0
        self._headed = 1

    def expect(self, groups: Sequence[Sequence[str]], heading: str = "") -> None:
        """Announce the targets that will change, in their groups."""
        with self._lock:
            self._groups = [tuple(group) for group in groups]
            if heading:
                self._surface.line(heading)

    def __call__(self, event: Event) -> None:
        """Handle one event; several threads may call this."""
        with self._lock:
            if not event.target or (event.what not in self._steps.names and event.kind != "failed"):
                self._surface(event)
                return
            if not self._groups:
                self._surface(event)
            if event.kind in ("done", "failed"):
                self._take(event)
                self._print_ended()
            self._surface.show_below([*self._lines_below()])

    def _take(self, event: Event) -> None:
        row = self._rows.setdefault(event.target, _Row())
        if event.kind == "failed":
            self._fail(row, event)
            return
        if row.began is None:
            if not any(other.is_open for other in self._rows.values()):
                self._print_begun()  # a target that failed before its first step ends with its batch
                self._batch += 1
            row.began = time.monotonic() - event.seconds
        row.has_ended = event.what in (self._steps.last, self._steps.undone)
        if event.what == self._steps.undone:
            row.steps.append(_red(self._steps.names[event.what]))
        elif event.what == self._steps.last:
            took = time.monotonic() - row.began if row.began is not None else event.seconds
            row.steps.append(f"{self._steps.names[event.what]}   {took:.1f} s")
        else:
            row.steps.append(f"{self._step(event)} {styled('✓', 'green', sys.stderr)}")

    def _fail(self, row: _Row, event: Event) -> None:
        is_step = event.what in self._steps.names
        if is_step:
            row.steps.append(f"{self._step(event)} {_red('✗')}")
        if not row.reason and (not is_step or len(event.detail) > _SHORT):
            row.reason = event.detail

    def _step(self, event: Event) -> str:
        detail = event.detail if len(event.detail) <= _SHORT else ""
        return f"{self._steps.names[event.what]} {detail}".rstrip()

    def _print_ended(self) -> None:
        for group in self._groups:
            if group[0] not in self._printed and all(self._row(target).has_ended for target in group):
                self._print(group)

    def _print(self, group: Sequence[str]) -> None:
        self._printed.update(group)
        if self._batch > self._headed:
            self._headed = self._batch
            self._surface.line(styled(f"  batch {self._batch}", "dim", sys.stderr))
        for target, line in zip(group, self._lines(group, fate=self._steps.unfinished), strict=True):
            self._surface.line(line)
            if self._row(target).reason:
                self._surface.line(f"      {self._row(target).reason}")

    def _lines_below(self) -> Iterator[str]:
        for group in self._groups:
            if group[0] not in self._printed and any(self._row(target).began is not None for target in group):
                yield from self._lines(group, fate="")

    def _lines(self, group: Sequence[str], fate: str) -> Iterator[str]:
        """Draw a group; `fate` is the label of a member that has not ended."""
        width = max(len(target) for members in self._groups for target in members)
        for place, target in enumerate(group):
            bracket = " "
            if len(group) > 1:
                bracket = "┌" if place == 0 else "└" if place == len(group) - 1 else "│"
            row = self._row(target)
            steps = [*row.steps, *([_red(fate)] if fate and not row.has_ended else [])]
            yield f"{bracket} {target:<{width}}  {'  '.join(steps)}"

    def _row(self, target: str) -> _Row:
        return self._rows.setdefault(target, _Row())

    def close(self) -> None:
        """Print targets that have begun and not ended, as after Ctrl-C, and clear the lines below."""
        with self._lock:
            self._surface.show_below([])
            self._print_begun()

    def _print_begun(self) -> None:
        for group in self._groups:
            rows = [self._row(target) for target in group]
            if group[0] not in self._printed and any(row.began is not None or row.reason for row in rows):
                self._print(group)

    def untold(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return the failed outcomes whose reason is not on the screen yet."""
        wrong = [one for one in outcomes if one.status not in (Status.changed, Status.unchanged)]
        return [one for one in wrong if not self._is_told(one)]

    def _is_told(self, outcome: Outcome) -> bool:
        if outcome.status is Status.rolled_back and outcome.target in self._printed:
            reasons: Mapping[str, str] = {
                target: self._row(target).reason
                for group in self._groups
                if outcome.target in group
                for target in group
                if self._row(target).reason
            }
            because = {f"because of {target}" for target in reasons}
            return outcome.reason in {*reasons.values(), *because}
        return False


def _red(text: str) -> str:
    return styled(text, "red", sys.stderr)
