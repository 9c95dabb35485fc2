"""Tries losses one by one on a twin, and compares routers and packets with the prediction."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from baubau_ops.core.errors import FailedError, InputError, MissingError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.drills.prediction import Prediction, split
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, Role, site_device
from baubau_ops.inventory.environment import Environment, Injector, Probe, Vantage
from baubau_ops.inventory.resilience.backbone import HOSTS, RISK, graph_of
from baubau_ops.inventory.resilience.impacts import Impact, resilience
from baubau_ops.inventory.resilience.losses import Loss, LossKind, members
from baubau_ops.inventory.resilience.routes import Function
from baubau_ops.network.compare.verdict import Finding, Verdict
from baubau_ops.network.expect.expectation import Expectation
from baubau_ops.network.expect.network import expected, expected_without
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.model.loss import Lost
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.pairs import pairs
from baubau_ops.network.probe.prove import exchange, probe
from baubau_ops.network.probe.report import ProbeReport
from baubau_ops.network.verify.converge import Reading
from baubau_ops.network.verify.network import counters_of

SETTLED_WITHIN = 60.0
"""Seconds within which routing must converge after a loss: the slowest hold time is 9 s."""
MENDED_WITHIN = 120.0
"""Seconds within which everything must be as intended again; a router boots meanwhile."""
_SSH_PORT = 22
_GROUPS = frozenset(
    {
        LossKind.DUCT,
        LossKind.POLE,
        LossKind.BUILDING,
        LossKind.POWER,
        LossKind.UPSTREAM,
        LossKind.SUBMARINE,
    }
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One loss: the prediction and the observation."""

    loss: Loss
    silent: bool
    """Its links were cut with both ends up."""
    impact: Impact
    routing: Verdict
    """The remaining routers, compared with their expected state without the lost part."""
    report: ProbeReport
    """Results of the pairs that should pass, and of a sample of the denied ones."""
    provable: int
    """Number of denied pairs that the sample was drawn from."""
    silenced: int
    """Number of allowed pairs that the loss should silence, and did."""
    sites: int
    """Number of sites compared with the prediction: their router's path to the cores, and their pairs."""
    disagreeing: frozenset[str]
    """Sites that differ from the prediction."""
    unpredicted: tuple[Finding, ...]
    """Sites predicted to be cut off that answer, and routers predicted to be reachable that do not."""
    settled: float
    """Seconds until routing had converged."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.routing.findings, *self.unpredicted, *self.report.findings)

    @property
    def fine(self) -> bool:
        """Return whether all was proven; a loss that leaves nothing reachable is proven by the silenced pairs."""
        return not self.findings and bool(self.report.results or self.silenced)


def draw_losses(inventory: Inventory, count: int, seed: int) -> list[Impact]:
    """Choose losses at random, each kind with the same probability. InputError when there are too few."""
    answer = resilience(inventory)
    kinds: defaultdict[LossKind, list[Impact]] = defaultdict(list)
    for impact in (*answer.backbone, *answer.sites):
        kinds[impact.loss.kind].append(impact)
    total = sum(map(len, kinds.values()))
    if count > total:
        raise InputError(f"There are {total} single losses in this city, not {count}.")
    chance = random.Random(seed)
    chosen: list[Impact] = []
    while len(chosen) < count:
        kind = chance.choice(sorted(kind for kind, left in kinds.items() if left))
        chosen.append(kinds[kind].pop(chance.randrange(len(kinds[kind]))))
    return chosen


class LossTrials:
    """Injects losses on a twin and repairs each, even after an error."""

    def __init__(
        self, inventory: Inventory, environment: Environment, *, seed: int = 0, on_event: OnEvent = ignore
    ) -> None:
        """MissingError for an environment without fault injection or probes."""
        if environment.injector is None or environment.vantage is None:
            raise MissingError(
                f"Nothing is broken on purpose in {environment.name}: that is for a twin alone.",
                remedy="Use --env lab:NAME.",
            )
        self._injector: Injector = environment.injector
        self._vantage: Vantage = environment.vantage
        self._inventory = inventory
        self._seed = seed
        self._on_event = on_event
        self._graph = graph_of(inventory)
        self._whole = expected(inventory)
        self._machines = self._vantage.machines()
        self._pairs = pairs(inventory, self._machines)
        self._environment = environment

    def run(self, impacts: Sequence[Impact]) -> Iterator[Trial]:
        """Try one loss after the other, each on an intact network. FailedError when it does not recover."""
        chance = random.Random(self._seed)
        self._on_event(Event("start", "losses", total=len(impacts)))
        with Fleet.of(self._inventory.topology, self._environment) as fleet:
            for number, impact in enumerate(impacts, 1):
                began = time.monotonic()
                silent = chance.random() < 0.5
                lost = self.lost(impact.loss, silent=silent)
                try:
                    self._break(lost)
                    trial = self._look(fleet, impact, lost)
                finally:
                    self._mend(lost)
                self._come_back(fleet, impact.loss, lost)
                kind: Literal["done", "failed"] = "done" if trial.fine else "failed"
                seconds = time.monotonic() - began
                self._on_event(Event("progress", "losses", done=number, total=len(impacts)))
                self._on_event(
                    Event(kind, f"without {impact.loss.id}", seconds=seconds, detail=summary(trial))
                )
                yield trial

    def lost(self, loss: Loss, *, silent: bool) -> Lost:
        """Return what to break on the twin for a loss. A dead upstream is tried as an ISP without power."""
        names = {self._graph.elements[element] for element in loss.elements} or {loss.id}
        if loss.kind in _GROUPS:
            names |= {member.device for member in members(self._inventory) if member.group == loss.id}
        # Nothing reaches the hosts and the risks anyway.
        names = {name for name in names if not name.startswith(RISK)} - {HOSTS}
        topology = self._inventory.topology
        return Lost(
            frozenset(names & topology.nodes.keys()), frozenset(names & topology.links.keys()), silent
        )

    def _break(self, lost: Lost) -> None:
        for link in sorted(lost.links):
            self._injector.cut(link, silent=lost.silent)
        for node in sorted(lost.nodes):
            self._injector.power_off(node)

    def _mend(self, lost: Lost) -> None:
        for node in sorted(lost.nodes):
            self._injector.power_on(node)
        for link in sorted(lost.links):
            self._injector.mend(link)

    def _look(self, fleet: Fleet, impact: Impact, lost: Lost) -> Trial:
        began = time.monotonic()
        routing = self._settled(fleet, expected_without(self._inventory, lost), lost, SETTLED_WITHIN)
        settled = time.monotonic() - began
        cut = {site: frozenset(one.functions) for one in impact.cuts for site in one.sites}
        prediction = Prediction(lost, impact.loss.elements, cut)
        tried = split(self._inventory, self._graph, self._machines, self._pairs, prediction, self._seed)
        report = probe((*tried.open, *tried.denied), self._vantage, counters_of(fleet))
        answered = [pair for pair, answer in exchange(tried.cut, self._vantage).items() if answer.answered]
        pairs_heard = [_answered(pair) for pair in answered]
        routers = list(self._unpredicted_routers(prediction))
        wrong = [*answered, *(result.pair for result in report.failures if result.pair.allowed)]
        return Trial(
            loss=impact.loss,
            silent=bool(lost.links) and lost.silent,
            impact=impact,
            routing=routing,
            report=report,
            provable=tried.provable,
            silenced=len(tried.cut) - len(answered),
            sites=len(self._inventory.topology.with_role(Role.SITE)),
            disagreeing=frozenset(self._sites_of(wrong)) | {finding.subject for finding in routers},
            unpredicted=(*pairs_heard, *routers),
            settled=settled,
        )

    def _sites_of(self, wrong: Iterable[Pair]) -> Iterator[str]:
        owners = {machine.name: machine.owner for machine in self._machines}
        for pair in wrong:
            yield from {
                owners[name] for name in (pair.probe.source, pair.machine)
            } & self._inventory.sites.keys()

    def _unpredicted_routers(self, prediction: Prediction) -> Iterator[Finding]:
        """Check that the bastion reaches exactly the site routers not predicted to be cut off from the cores."""
        probes = {site.id: _ssh(site.loopback) for site in self._inventory.topology.with_role(Role.SITE)}
        answers = dict(zip(probes, self._vantage.exchange(list(probes.values())), strict=True))
        for site, answer in answers.items():
            is_cut = Function.CORE in prediction.cut.get(site, frozenset())
            if answer.answered == is_cut:
                words = "cut off, but it answers" if is_cut else "reachable, but it does not answer"
                router = site_device(site)
                yield _unpredicted(router, site, f"{router} is predicted to be {words} the bastion.")

    def _settled(self, fleet: Fleet, expectation: Expectation, lost: Lost, patience: float) -> Verdict:
        """Wait for the routers around the loss, which settle last; then read all routers, mostly once."""
        around = self._around(lost) & expectation.routers.keys()
        near = Expectation({name: expectation.routers[name] for name in sorted(around)})
        Reading(fleet, near).settled(patience, ignore)
        return Reading(fleet, expectation).settled(patience, ignore)

    def _around(self, lost: Lost) -> set[str]:
        """Return the lost nodes, and the ends of every link that fails with them."""
        links = self._inventory.topology.links.values()
        ends = [(link.a.node, link.b.node) for link in links if lost.has(self._inventory.topology, link.id)]
        return {*lost.nodes, *(node for pair in ends for node in pair)}

    def _come_back(self, fleet: Fleet, loss: Loss, lost: Lost) -> None:
        verdict = self._settled(fleet, self._whole, lost, MENDED_WITHIN)
        if not verdict.fine:
            raise FailedError(
                f"{loss.id} was repaired, but the network is not as before: {verdict.findings[0]}",
                remedy="baubau net verify shows all differences; baubau lab heal and baubau lab up repair the twin.",
            )


def _ssh(loopback: IPv4Address | None) -> Probe:
    assert loopback is not None, "a site's router has a loopback"
    return Probe(BASTION, loopback, "tcp", _SSH_PORT)


def _answered(pair: Pair) -> Finding:
    return _unpredicted(pair.probe.source, str(pair), f"{pair} is predicted to be cut off, but gets through.")


def _unpredicted(device: str, subject: str, message: str) -> Finding:
    return Finding(device, "resilience", subject, message, "differs")


def summary(trial: Trial) -> str:
    """Return one line: the prediction, and how much of it was seen."""
    agree = trial.sites - len(trial.disagreeing)
    cut = trial.impact.sites
    parts = [
        f"cuts off {cut} site{'s' if cut != 1 else ''}",
        f"{agree} of {trial.sites} sites as predicted",
        f"{trial.routing.passed} of {trial.routing.checks} checks fine",
        f"pairs: {trial.report.open} open, {trial.silenced} silenced, "
        f"{trial.report.closed} closed in a sample of {trial.provable}",
    ]
    return ", ".join(parts)
