"""Checks the whole network: compares routers with the intent and, if requested, proves the policy with packets."""

from __future__ import annotations

from dataclasses import dataclass

from baubau_ops.core.errors import MissingError, UnreachableError
from baubau_ops.core.events import OnEvent, ignore
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.compare.verdict import Finding, Verdict
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.expect.network import expected
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import check_settings, read_counters
from baubau_ops.network.probe.pairs import pairs
from baubau_ops.network.probe.prove import ReadCounters
from baubau_ops.network.probe.prove import probe as try_pairs
from baubau_ops.network.probe.report import ProbeReport
from baubau_ops.network.verify.converge import Reading

PATIENCE = 10.0
"""Seconds for which a network that is not as intended may still be converging."""


@dataclass(frozen=True, slots=True)
class NetworkVerdict:
    """What was checked, and everything that is not as intended."""

    verdict: Verdict
    report: ProbeReport | None
    """None if no packets were sent."""
    unreachable: frozenset[str]

    @property
    def checks(self) -> int:
        return self.verdict.checks

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of the comparison, then those of the probes."""
        return self.verdict.findings + (self.report.findings if self.report else ())

    @property
    def probes(self) -> dict[str, int] | None:
        """Number of pairs that were tried and proven; None if no packets were sent."""
        if self.report is None:
            return None
        return {
            "pairs": len(self.report.results),
            "open": self.report.open,
            "closed": self.report.closed,
            "failures": len(self.report.failures),
            "meetings": self.report.meetings,
            "all_meetings": self.report.all_meetings,
        }

    @property
    def exit_code(self) -> int:
        """0 if all is as intended; 5 if the only problem is that routers could not be reached; else 1."""
        if self.verdict.fine and (self.report is None or self.report.fine):
            return 0
        only_absent = all(finding.device in self.unreachable for finding in self.findings)
        return UnreachableError.exit_code if only_absent and self.findings else 1

    @property
    def summary(self) -> str:
        """One line: how much was checked, and the result."""
        passed, checks = self.verdict.passed, self.verdict.checks
        text = f"{checks} checks fine" if passed == checks else f"{passed} of {checks} checks fine"
        if self.report is not None:
            report = self.report
            failed = f", {len(report.failures)} not as intended" if report.failures else ""
            text += f"; {len(report.results)} pairs: {report.open} open, {report.closed} closed{failed}"
        return text


def verify_network(
    inventory: Inventory,
    environment: Environment,
    *,
    probe: bool = False,
    only: str | None = None,
    patience: float = PATIENCE,
    on_event: OnEvent = ignore,
) -> NetworkVerdict:
    """Compare all routers with the intent; with `probe`, also prove the policy, or the part that concerns one site.

    A network that differs is read again for `patience` seconds. MissingError if packets are requested and the
    environment has no place to send them from.
    """
    vantage = environment.vantage
    if probe and vantage is None:
        raise MissingError(f"{environment.name} has no machines to send probes from.")
    with Fleet.of(inventory.topology, environment) as fleet:
        seen = Reading(fleet, expected(inventory))
        routing = seen.settled(patience, on_event)
        # An unreachable router is reported only once.
        reached = [router for name, router in derive(inventory).items() if name not in seen.unreachable]
        verdict = Verdict.join([routing, check_settings(fleet, reached)])
        report = None
        if vantage is not None and probe:
            tried = pairs(inventory, vantage.machines(), only=only)
            report = try_pairs(tried, vantage, counters_of(fleet), on_event=on_event)
        return NetworkVerdict(verdict, report, seen.unreachable)


def counters_of(fleet: Fleet) -> ReadCounters:
    """Function with which the probes read drop counters."""
    return lambda devices: read_counters(fleet, sorted(devices))
