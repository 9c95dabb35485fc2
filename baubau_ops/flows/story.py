"""The story of a run, step by step: what each step does and finds, how long it takes, and a drawing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from baubau_ops.core.events import Event, OnEvent, ignore


@dataclass(slots=True)
class Step:
    """One step of a story. `found` is one line; `details` are lines for the report."""

    number: int
    title: str
    found: str = ""
    details: list[str] = field(default_factory=list)
    drawing: str = ""
    """An SVG; empty for a step without a drawing."""
    seconds: float = 0.0
    is_done: bool = False
    """False while the step runs; it stays False if the step fails."""


class Story:
    """The steps so far. A step that raises stays in the story as not done, with the error in `found`."""

    def __init__(self, title: str, on_event: OnEvent = ignore) -> None:
        self.title = title
        self.began = datetime.now(UTC)
        self.steps: list[Step] = []
        self._on_event = on_event

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run one step; the caller writes the result into the step that it receives."""
        step = Step(len(self.steps) + 1, title)
        self.steps.append(step)
        self._on_event(Event("start", "step", title, done=step.number))
        start = time.monotonic()
        try:
            yield step
        except BaseException as error:
            step.found = str(error) or type(error).__name__
            raise
        else:
            step.is_done = True
        finally:
            step.seconds = time.monotonic() - start
            self._on_event(
                Event(
                    "done" if step.is_done else "failed",
                    "step",
                    title,
                    done=step.number,
                    seconds=step.seconds,
                    detail=step.found,
                )
            )

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def is_done(self) -> bool:
        return all(step.is_done for step in self.steps)
