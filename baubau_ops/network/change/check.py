"""Checks before and after a change: the sessions of the changed routers, and the routers that depend on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from baubau_ops.core.errors import BaubauError
from baubau_ops.core.plan import Effect
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.change.transaction import MARGIN
from baubau_ops.network.compare.igp import AFTER_START
from baubau_ops.network.compare.router import check
from baubau_ops.network.compare.verdict import Finding, Verdict, regressions
from baubau_ops.network.expect.expectation import RouterExpectation
from baubau_ops.network.expect.network import expected
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import read_states
from baubau_ops.network.platforms.diff import About

_SESSIONS = frozenset({"ospf", "bfd", "bgp"})
_PREFIXES = frozenset({"bgp accepted", "bgp sent"})


class NetworkCheck:
    """Compares routers with the intent, as far as the intent can hold in the middle of an apply.

    A session is expected once both ends run their intended configuration. Nothing else may become worse than it was
    before the batch. While routers are being installed, routes come and go by design, so then only sessions count.
    """

    def __init__(self, inventory: Inventory, fleet: Fleet, plan: NetworkPlan) -> None:
        self._topology = inventory.topology
        self._expected = expected(inventory).routers
        self._fleet = fleet
        self._plan = plan
        self._intended = {name for name, one in plan.devices.items() if one.effect is Effect.none}
        self._installing = bool(plan.installing - set(plan.waiting))
        self._before: dict[str, Verdict] = {}

    def baseline(self, devices: Iterable[str]) -> Mapping[str, BaubauError]:
        """Remember the state of the devices; return an error for each that could not be read."""
        seen = read_states(self._fleet, devices)
        self._before = {name: check(self._expected[name], answer) for name, answer in seen.items()}
        return {name: answer for name, answer in seen.items() if isinstance(answer, BaubauError)}

    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        """Read them again: for each device with problems, the first problem and the number of problems."""
        changed = frozenset(changed)
        settled = self._intended | changed
        found: dict[str, str] = {}
        for name, answer in read_states(self._fleet, devices).items():
            verdict = check(self._expected[name], answer)
            wrong = list(self._wrong(name, verdict, settled, name in changed))
            if wrong:
                more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
                found[name] = f"checks {verdict.passed}/{verdict.checks}: {wrong[0]}{more}"
        return found

    def accept(self, devices: Iterable[str]) -> None:
        """Note that these devices run their intended configuration from now on."""
        self._intended |= set(devices)

    def dependents(self, members: AbstractSet[str]) -> frozenset[str]:
        """The unchanged neighbours of the changed devices, as far as the change can affect them."""
        touching = [name for name in members if self._touches(name)]
        near = {link.far(name).node for name in touching for link in self._topology.links_of(name)}
        return frozenset(name for name in near if name in self._plan.devices) - members

    def settle_time(self, members: AbstractSet[str]) -> float:
        """Seconds that a good state must last: the time in which the slowest detector would notice a failure."""
        if not any(self._touches(name) for name in members):
            return 0.0
        return max(_slowest_detector(self._expected[name]) for name in members) + MARGIN

    def _touches(self, device: str) -> bool:
        """Whether the change can affect a session: not if it only changes descriptions or queues."""
        plan = self._plan.devices.get(device) or self._plan.waiting[device]
        if plan.effect is Effect.installs:
            return False
        return any(line.sign != " " and line.about is not About.COSMETIC for line in plan.lines)

    def _wrong(
        self, name: str, verdict: Verdict, settled: AbstractSet[str], is_changed: bool
    ) -> Iterator[Finding]:
        before = self._before.get(name, Verdict(0, 0))
        known = set(before.findings)
        worse = set(regressions(before, verdict)) if name in self._before else set()
        for finding in verdict.findings:
            if finding.facet == "device":
                yield finding
            elif finding.facet in _SESSIONS:
                if not self._is_expected(finding, settled):
                    continue
                if finding.check in _PREFIXES and (self._installing or finding in known):
                    continue
                # For a while after its start, a router attracts no transit; the change does not wait for that.
                if (is_changed and finding.check != AFTER_START) or finding in worse:
                    yield finding
            elif finding in worse and not self._installing:
                yield finding

    def _is_expected(self, finding: Finding, settled: AbstractSet[str]) -> bool:
        """A session's finding counts if the neighbour is not ours, or runs its intended configuration."""
        return finding.neighbour not in self._expected or finding.neighbour in settled


def _slowest_detector(expected: RouterExpectation) -> float:
    """Seconds until the slowest of the device's sessions would notice that its packets are lost."""
    watched = {session.neighbour for session in expected.bfd}
    bfd = [session.receive * session.multiplier for session in expected.bfd]
    hold = [session.hold for session in expected.bgp.values() if session.neighbour not in watched]
    return max([0.0, *bfd, *hold])
