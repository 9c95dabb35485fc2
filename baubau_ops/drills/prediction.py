"""Predicts from `inventory resilience` which pairs still pass after a loss, and which denials can still be proven."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, PROVINCE, LinkKind, Role, site_device
from baubau_ops.inventory.environment import Machine
from baubau_ops.inventory.resilience.backbone import Element, Graph
from baubau_ops.inventory.resilience.routes import Function, functions, reached
from baubau_ops.network.model.loss import Lost
from baubau_ops.network.policy import INTERNET, PROVINCE_PLACE
from baubau_ops.network.probe.pair import Pair

SAMPLE = 2
"""Number of denied pairs tried of each kind: a zone, a target, a sending place and a counter."""
SENDERS = 8
"""Number of sites that send them: each router's counters have to be read."""

_BEYOND = {Role.FIREWALL: Function.DATACENTER, Role.CORE: Function.ISP}
"""The function behind routers that drop packets far from the sender: without it the packets have no path there."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for a loss."""

    lost: Lost
    elements: AbstractSet[Element]
    """The lost elements in the backbone's graph."""
    cut: Mapping[str, frozenset[Function]]
    """The functions that each site loses. Sites that lose nothing are absent."""


@dataclass(frozen=True, slots=True)
class Split:
    """The pairs that test the prediction for a loss."""

    open: tuple[Pair, ...]
    """Allowed pairs that must still be answered."""
    cut: tuple[Pair, ...]
    """Allowed pairs that the loss must silence."""
    denied: tuple[Pair, ...]
    """A sample of the denied pairs that can be proven: both machines can answer, and the dropping router is reached."""
    provable: int
    """Number of pairs that the sample is drawn from."""


def split(
    inventory: Inventory,
    graph: Graph,
    machines: Iterable[Machine],
    pairs: Sequence[Pair],
    prediction: Prediction,
    seed: int,
) -> Split:
    """Split all pairs of the policy by the prediction for a loss; the sample depends only on the seed."""
    judge = _Judge(inventory, graph, {machine.name: machine for machine in machines}, prediction)
    allowed = [pair for pair in pairs if pair.allowed and judge.can_send(pair)]
    passing = [pair for pair in allowed if judge.passes(pair)]
    alive = frozenset().union(*(pair.shows_alive for pair in passing))
    denied = [
        pair
        for pair in pairs
        if not pair.allowed and {pair.probe.source, pair.machine} - {""} <= alive and judge.is_dropped(pair)
    ]
    open_pairs = set(passing)
    return Split(
        open=tuple(passing),
        cut=tuple(pair for pair in allowed if pair not in open_pairs),
        denied=tuple(_sample(denied, judge.machines, random.Random(seed))),
        provable=len(denied),
    )


def _sample(pairs: Iterable[Pair], machines: Mapping[str, Machine], chance: random.Random) -> Iterator[Pair]:
    kinds: defaultdict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for pair in pairs:
        kinds[_kind(pair, machines)].append(pair)
    owners = sorted({machine.owner for machine in machines.values()})
    chosen = set(chance.sample(owners, min(SENDERS, len(owners))))
    for members in kinds.values():
        handy = [pair for pair in members if machines[pair.probe.source].owner in chosen] or members
        yield from chance.sample(handy, min(SAMPLE, len(handy)))


def _kind(pair: Pair, machines: Mapping[str, Machine]) -> tuple[object, ...]:
    probe = pair.probe
    target = machines[pair.machine].zone if pair.machine else ""
    return machines[probe.source].zone, probe.at, target, probe.protocol, probe.spoof is None, pair.counter


@dataclass(frozen=True)
class _Judge:
    inventory: Inventory
    graph: Graph
    machines: Mapping[str, Machine]
    prediction: Prediction

    def passes(self, pair: Pair) -> bool:
        """Return whether an allowed pair has a path left in both directions."""
        if not pair.machine:
            return self._reaches_its_router(pair)
        source, target = self.machines[pair.probe.source], self.machines[pair.machine]
        if not (self._is_there(source) and self._is_there(target)):
            return False
        inside = [
            (one, other) for one, other in ((source, target), (target, source)) if self._is_in_site(one)
        ]
        if inside:
            return all(
                self._function(other) not in self.prediction.cut.get(one.owner, frozenset())
                for one, other in inside
            )
        both = {self._function(source), self._function(target)}
        return any(both <= found for found in self._by_core())

    def _reaches_its_router(self, pair: Pair) -> bool:
        source = self.machines[pair.probe.source]
        topology, lost = self.inventory.topology, self.prediction.lost
        if not self._is_there(source) or pair.target in lost.nodes:
            return False
        between = [
            link for link in topology.links_of(source.owner) if link.far(source.owner).node == pair.target
        ]
        return not any(lost.has(topology, link.id) for link in between)

    def can_send(self, pair: Pair) -> bool:
        """Frames that leave a site router's uplink need that router and that uplink."""
        if pair.probe.at == "host":
            return True
        router = site_device(self.machines[pair.probe.source].owner)
        links = [link for link in self.inventory.topology.links_of(router) if link.kind is LinkKind.ACCESS]
        link = next((link for link in links if link.a.node == pair.probe.towards), links[0])
        return not self.prediction.lost.has(self.inventory.topology, link.id)

    def is_dropped(self, pair: Pair) -> bool:
        """Return whether the packet still reaches a router that should drop it."""
        if not self.can_send(pair) or pair.dropped_by & self.prediction.lost.nodes:
            return False
        if any(pair.probe.target in prefix for prefix in self._unknown):
            return False
        sender = self.machines[pair.probe.source]
        if self._is_in_site(sender):
            far = {
                _BEYOND[role]
                for name in pair.dropped_by
                if (role := self.inventory.topology.nodes[name].role) in _BEYOND
            }
            return not far & self.prediction.cut.get(sender.owner, frozenset())
        ends = {INTERNET: sender.owner, PROVINCE_PLACE: PROVINCE, BASTION: BASTION}
        links = self.inventory.topology.links_of(ends.get(sender.zone, ""))
        return not any(
            self.prediction.lost.has(self.inventory.topology, link.id)
            for link in links
            if {link.a.node, link.b.node} & pair.dropped_by
        )

    @cached_property
    def _unknown(self) -> tuple[IPv4Network, ...]:
        """Targets that no router announces any longer: packets may lack a route before any filter counts them."""
        lost = self.prediction.lost.nodes
        return tuple(lan.prefix for lan in self.inventory.topology.lans if lan.router in lost)

    def _is_in_site(self, machine: Machine) -> bool:
        return machine.zone in self.inventory.city.zones

    def _is_there(self, machine: Machine) -> bool:
        """Return whether the router in front of a machine has power."""
        if self._is_in_site(machine):
            return site_device(machine.owner) not in self.prediction.lost.nodes
        return machine.owner not in self.prediction.lost.nodes

    def _function(self, machine: Machine) -> Function:
        """Return the function that stands for reaching this machine; any site is as good as a core."""
        if machine.zone in self.inventory.datacenter.segments:
            return Function.DATACENTER
        return {INTERNET: Function.ISP, PROVINCE_PLACE: Function.PROVINCE}.get(machine.zone, Function.CORE)

    def _by_core(self) -> Iterator[frozenset[Function]]:
        """Return the functions that each remaining core reaches."""
        lost = self.prediction.elements
        for core in self.graph.cores:
            if core not in lost:
                yield frozenset(functions(reached(self.graph, core, lost))) | {Function.CORE}
