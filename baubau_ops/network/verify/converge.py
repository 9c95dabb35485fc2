"""Reads routers repeatedly, until they are as expected or time is up."""

from __future__ import annotations

import time

from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.events import Event, OnEvent
from baubau_ops.core.poll import settle
from baubau_ops.network.compare.router import compare
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.expect.expectation import Expectation
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import read_states
from baubau_ops.network.state.router_state import OspfProcess, RouterState


class Reading:
    """The last known state of the routers."""

    def __init__(self, fleet: Fleet, expectation: Expectation) -> None:
        self._fleet = fleet
        self._expectation = expectation
        self._seen: dict[str, RouterState | BaubauError] = {}

    @property
    def unreachable(self) -> frozenset[str]:
        return frozenset(name for name, seen in self._seen.items() if isinstance(seen, UnreachableError))

    @property
    def _starting(self) -> float:
        """Seconds until the last of the recently started routers attracts transit again."""
        seen = [one.ospf_process for one in self._seen.values() if isinstance(one, RouterState)]
        return max((one.starting for one in seen if isinstance(one, OspfProcess)), default=0.0)

    def settled(self, patience: float, on_event: OnEvent) -> Verdict:
        began = time.monotonic()
        on_event(Event("start", "verify", total=len(self._expectation.routers)))
        verdict = settle(self._read, lambda verdict: verdict.fine, patience, interval=0.5)
        if not verdict.fine and (left := self._starting):
            on_event(Event("note", "verify", detail=f"routers that have just started need {left:.0f} s more"))
            verdict = settle(self._read, lambda verdict: verdict.fine, left + patience, interval=0.5)
        detail = f"{verdict.passed} of {verdict.checks} checks fine"
        seconds = time.monotonic() - began
        on_event(Event("done" if verdict.fine else "failed", "verify", seconds=seconds, detail=detail))
        return verdict

    def _read(self) -> Verdict:
        """Read the routers that are not known to be fine; once all are, read all again for one consistent picture."""
        before = compare(self._expectation, self._seen)
        wrong = {finding.device for finding in before.findings}
        self._seen |= read_states(self._fleet, sorted(wrong))
        verdict = compare(self._expectation, self._seen)
        if verdict.fine and len(wrong) < len(self._expectation.routers):
            self._seen = read_states(self._fleet, self._expectation.routers)
            verdict = compare(self._expectation, self._seen)
        return verdict
