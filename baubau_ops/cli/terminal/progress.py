"""Draws events: a bar for work that takes over a second, a line for each end, failure or note."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from baubau_ops.cli.terminal.style import styled
from baubau_ops.core.events import Event
from baubau_ops.core.units import format_duration

if TYPE_CHECKING:
    from rich.progress import TaskID

    from baubau_ops.cli.terminal.bars import Bars

log = logging.getLogger(__name__)

DELAY = 1.0
"""Seconds after which bars appear: faster work needs none."""


class Progress:
    """A listener for events. Work without a target is a step; events with targets move their step's bar."""

    def __init__(self) -> None:
        self._bars = _make_bars() if sys.stderr.isatty() else None
        self._timer: threading.Timer | None = None
        self._tasks: dict[str, TaskID] = {}
        self._open: dict[str, dict[str, None]] = {}  # targets that have begun and not finished, in order
        self._finished: dict[str, int] = {}

    def __enter__(self) -> Progress:
        self._appear_later()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._vanish()

    def _appear_later(self) -> None:
        if self._bars:
            self._timer = threading.Timer(DELAY, self._bars.start)
            self._timer.daemon = True
            self._timer.start()

    def _vanish(self) -> None:
        if self._bars and self._timer:
            self._timer.cancel()
            self._timer.join()
            self._bars.stop()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the bars while the user is asked something."""
        self._vanish()
        try:
            yield
        finally:
            self._appear_later()

    def __call__(self, event: Event) -> None:
        """Handle one event; several threads may call this."""
        log.info("%s %s %s %s", event.kind, event.what, event.target, event.detail)
        if event.kind == "note":
            self._say(" ", event)
        elif event.kind == "failed" or (event.kind == "done" and not event.target):
            self._say("✗" if event.kind == "failed" else "✓", event)
        if self._bars:
            self._draw(self._bars, event)

    def _say(self, sign: str, event: Event) -> None:
        seconds = format_duration(round(event.seconds, 1)) if event.seconds else ""
        words = " ".join(word for word in (event.what, event.target) if word)
        text = "   ".join(part for part in (words, event.detail, seconds) if part)
        colour = {"✗": "red", "✓": "green"}.get(sign, "")
        self.line(f"{styled(sign, colour, sys.stderr)} {text}")

    def line(self, text: str) -> None:
        """Print a line that stays."""
        if self._bars:
            # Print through the bars' console, so that the line appears above them.
            from rich.text import Text

            self._bars.console.print(Text.from_ansi(text), soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def show_below(self, lines: Sequence[str]) -> None:
        """Show these lines below the bars, on a terminal; they disappear with the bars."""
        if self._bars:
            self._bars.below = tuple(lines)

    def _draw(self, bars: Bars, event: Event) -> None:
        if event.kind == "note":
            return
        task = self._tasks.get(event.what)
        if task is None:
            task = self._tasks[event.what] = bars.add_task(event.what, total=event.total or None, now="")
        if event.target:
            self._draw_target(bars, task, event)
        elif event.kind == "progress":
            bars.update(task, completed=event.done, total=event.total or None, now=event.detail)
        elif event.kind in ("done", "failed"):
            bars.update(task, visible=False)

    def _draw_target(self, bars: Bars, task: TaskID, event: Event) -> None:
        begun = self._open.setdefault(event.what, {})
        if event.kind in ("done", "failed"):
            begun.pop(event.target, None)
            self._finished[event.what] = self._finished.get(event.what, 0) + 1
        else:
            begun[event.target] = None
        finished = self._finished.get(event.what, 0)
        total = event.total or bars.tasks[bars.task_ids.index(task)].total
        now = ", ".join(list(begun)[:3]) + (" …" if len(begun) > 3 else "")
        bars.update(task, completed=finished, total=total, now=now)


def _make_bars() -> Bars:
    from baubau_ops.cli.terminal.bars import Bars

    return Bars()
