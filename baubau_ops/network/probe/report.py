"""The results of the pairs that were tried."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from baubau_ops.network.compare.verdict import Finding
from baubau_ops.network.probe.pair import Pair


class Outcome(StrEnum):
    OPEN = "open"
    """Allowed, and answered."""
    CLOSED = "closed"
    """Denied, and proven."""
    BLOCKED = "blocked"
    """Allowed, but not answered."""
    MISMARKED = "mismarked"
    """Allowed, but it arrives with another mark than it should, so it waited in the wrong queue."""
    LEAKS = "leaks"
    """Denied, but it got through."""
    REFUSED = "refused"
    """Denied, but a machine rejected it instead of dropping it."""
    UNPROVEN = "unproven"
    """Denied and unanswered, but it is not proven that the right router dropped it."""


_GOOD = frozenset({Outcome.OPEN, Outcome.CLOSED})


@dataclass(frozen=True, slots=True)
class Result:
    pair: Pair
    outcome: Outcome
    reason: str = ""
    """A sentence; empty for a good outcome."""

    @property
    def good(self) -> bool:
        return self.outcome in _GOOD


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All results, in the order of the pairs."""

    results: tuple[Result, ...]
    seconds: float
    machines: int = 0
    """Number of machines that can send and receive."""

    @property
    def open(self) -> int:
        return sum(result.outcome is Outcome.OPEN for result in self.results)

    @property
    def closed(self) -> int:
        return sum(result.outcome is Outcome.CLOSED for result in self.results)

    @property
    def meetings(self) -> int:
        """Number of pairs of machines tried, of `all_meetings`: a sample that covers every zone with every other."""
        return len({(r.pair.probe.source, r.pair.machine) for r in self.results if r.pair.machine})

    @property
    def all_meetings(self) -> int:
        return self.machines * (self.machines - 1)

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.good)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return a failed pair as a finding on the router that should drop it, or on its sender."""
        return tuple(
            Finding(
                device=min(result.pair.dropped_by, default=result.pair.probe.source),
                check=f"probe {result.outcome.value}",
                subject=str(result.pair),
                message=result.reason,
                kind="could not check" if result.outcome is Outcome.UNPROVEN else "differs",
                machines=tuple(filter(None, (result.pair.probe.source, result.pair.machine))),
            )
            for result in self.failures
        )

    @property
    def fine(self) -> bool:
        """Return whether there was something to prove, and all of it was proven."""
        return bool(self.results) and not self.failures
