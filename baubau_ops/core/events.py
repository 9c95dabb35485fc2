"""What long work reports while it runs; the CLI draws it, tests collect it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of long work.

    `what` names the work ("boot", "apply"), `target` the device or place; `done` of `total` count in any unit
    (0 when unknown); `seconds` is the time it took (kinds done and failed); `detail` is one short line.
    """

    kind: Literal["start", "progress", "done", "failed", "note"]
    what: str
    target: str = ""
    done: float = 0
    total: float = 0
    seconds: float = 0
    detail: str = ""


OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Take an event and do nothing: the default listener."""
