"""Reports of a running transaction: each step is journalled before it is taken, and each event when it ends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from baubau_ops.core.events import Event, OnEvent
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Outcome, Status
from baubau_ops.network.fleet.fleet import DeviceTask
from baubau_ops.network.platforms.session import Session

_RESULT = {
    Status.unchanged: "unchanged",
    Status.changed: "confirmed",
    Status.rolled_back: "reverted",
    Status.failed: "failed",
    Status.not_run: "not begun",
}


@dataclass(frozen=True, slots=True)
class Record:
    """Record of one apply, under its name in the journal."""

    name: str
    journal: Journal
    on_event: OnEvent

    def step(self, step: str, devices: Iterable[str]) -> None:
        """Journal a step that is about to be taken on each of the devices."""
        for device in devices:
            self.journal.append("step", apply=self.name, target=device, step=step)

    def end(self, outcomes: Iterable[Outcome]) -> None:
        """Journal the outcomes of devices."""
        for outcome in outcomes:
            self.journal.append(
                "device",
                apply=self.name,
                target=outcome.target,
                result=_RESULT[outcome.status],
                reason=outcome.reason,
            )

    def say(
        self,
        kind: Literal["done", "failed", "note"],
        what: str,
        device: str,
        *,
        seconds: float = 0.0,
        detail: str = "",
    ) -> None:
        """Report an event of a device; `seconds` is its duration."""
        self.on_event(Event(kind, what, device, seconds=seconds, detail=detail))

    def timed(self, what: str, task: DeviceTask[None], began: float | None = None) -> DeviceTask[None]:
        """Report when a task ends and how long it took, counted from `began` if that is earlier."""

        def timed(device: str, session: Session) -> None:
            start = time.monotonic() if began is None else began
            task(device, session)
            self.say("done", what, device, seconds=time.monotonic() - start)

        return timed
