"""The paths of a POP's traffic in the designed routing, with any part of the backbone lost.

OSPF's costs decide; paths of equal cost share by next hop. The internet is reached through the reachable ISP with the
highest preference, among equals through the nearest (BGP uses one path; of two equally near ones it may use either,
so both count). The data center is reached through the active firewall, or the standby without it; the Province
through its one core.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from baubau_ops.inventory.resilience.backbone import Arc, Element, Graph

Parents = dict[Element, list[tuple[Element, Arc]]]
Fractions = dict[Arc, float]
"""The fraction of some traffic that each arc carries."""


class Function(StrEnum):
    """A function that a site needs from the network."""

    CORE = "core"
    REFLECTOR = "reflector"
    ISP = "isp"
    DNS = "dns"
    DATACENTER = "datacenter"
    PROVINCE = "province"


FUNCTIONS = tuple(Function)
BIT: Mapping[Function, int] = {function: 1 << place for place, function in enumerate(FUNCTIONS)}
"""Internally, sets of functions are integers: millions of them are compared."""
_BACKBONE = BIT[Function.CORE] | BIT[Function.REFLECTOR]  # the cores are the route reflectors
_DATACENTER = BIT[Function.DATACENTER] | BIT[Function.DNS]


def functions(mask: int) -> tuple[Function, ...]:
    return tuple(function for function in FUNCTIONS if mask & BIT[function])


@dataclass(frozen=True, slots=True)
class Ways:
    """The functions a POP reaches, the elements on the paths, and each arc's share of its traffic in the worst case."""

    mask: int
    elements: frozenset[Element]
    """All nodes and links on the shortest paths to everything it reaches, itself included."""
    up: Fractions
    """Shares of the traffic its sites send: the worse of all to the internet and all to the data center."""
    down: Fractions
    """Shares of the traffic they receive, by the same rule."""
    province_up: Fractions
    """Shares of the traffic they send to the Province."""
    province_down: Fractions

    @property
    def reaches_core(self) -> bool:
        return bool(self.mask & _BACKBONE)


def ways(graph: Graph, pop: Element, lost: AbstractSet[Element]) -> Ways:
    """Return the shortest paths of a POP that is not lost itself."""
    search = _Search(graph, pop, lost)
    mask, arcs = 0, set[Arc]()
    up, down = Fractions(), Fractions()
    province_up, province_down = Fractions(), Fractions()
    core = search.nearest(graph.cores)
    if core:
        mask |= _BACKBONE
        arcs |= search.shares(core[0])[0].keys()
    isps = search.internet()
    firewall = search.firewall()
    mask |= (BIT[Function.ISP] if isps else 0) | (_DATACENTER if firewall is not None else 0)
    for target in [*isps, *([] if firewall is None else [firewall])]:
        sent, received = search.shares(target)
        _raise_to(up, sent)
        _raise_to(down, received)
    if graph.province in search.distance:
        mask |= BIT[Function.PROVINCE]
        province_up, province_down = search.shares(graph.province)
    arcs |= up.keys() | province_up.keys()
    elements = {pop}
    for arc in arcs:
        elements.update(graph.elements_of(arc))
    return Ways(mask, frozenset(elements), up, down, province_up, province_down)


def _raise_to(worst: Fractions, other: Fractions) -> None:
    for arc, share in other.items():
        if share > worst.get(arc, 0.0):
            worst[arc] = share


_ALL = sum(BIT.values())


def reached(graph: Graph, pop: Element, lost: AbstractSet[Element]) -> int:
    """Return the functions that a POP reaches, without the paths: as `ways(…).mask`, but much faster."""
    if pop in lost:
        return 0
    hops, transit, gives = graph.hops, graph.transit, _gives(graph)
    mask, seen, waiting = 0, {pop}, [pop]
    for node in waiting:  # grows: nearest first
        for neighbour, _, link, _ in hops[node]:
            if neighbour not in seen and neighbour not in lost and link not in lost:
                seen.add(neighbour)
                mask |= gives.get(neighbour, 0)
                if neighbour in transit:
                    waiting.append(neighbour)
        if mask == _ALL:
            break
    return mask


def _gives(graph: Graph) -> Mapping[Element, int]:
    """The functions reached at each node."""
    found = dict.fromkeys(graph.cores, _BACKBONE)
    found |= dict.fromkeys(graph.firewalls, _DATACENTER)
    found |= dict.fromkeys(graph.isps, BIT[Function.ISP])
    found[graph.province] = BIT[Function.PROVINCE]
    return found


class _Search:
    """Run Dijkstra from a POP until every function that can be found is found."""

    def __init__(self, graph: Graph, start: Element, lost: AbstractSet[Element]) -> None:
        self.graph, self.start, self.lost = graph, start, lost
        self.distance: dict[Element, int] = {}
        """Distances of the nodes that are settled."""
        self.parents: Parents = {start: []}
        self._run(list(self._wanted()))

    def _wanted(self) -> Iterator[AbstractSet[Element]]:
        """One node of each of these sets must be found, if reachable."""
        graph, lost = self.graph, self.lost
        yield frozenset(core for core in graph.cores if core not in lost)
        alive = [isp for isp in graph.isps if graph.is_attached(isp, lost)]
        best = max((graph.isps[isp] for isp in alive), default=0)
        yield frozenset(isp for isp in alive if graph.isps[isp] == best)
        yield frozenset([firewall for firewall in graph.firewalls if graph.is_attached(firewall, lost)][:1])
        yield frozenset([graph.province] if graph.is_attached(graph.province, lost) else [])

    def _run(self, wanted: list[AbstractSet[Element]]) -> None:
        missing = [each for each in wanted if each]
        tentative = {self.start: 0}
        distance, parents, lost = self.distance, self.parents, self.lost
        hops, transit = self.graph.hops, self.graph.transit
        heap = [(0, self.start)]
        last = -1
        while heap:
            here, node = heapq.heappop(heap)
            if node in distance:
                continue
            if not missing and here > last:
                return
            last = here
            distance[node] = here
            missing = [each for each in missing if node not in each]
            if node not in transit:
                continue
            for neighbour, cost, link, arc in hops[node]:
                if link in lost or neighbour in lost:
                    continue
                there, known = here + cost, tentative.get(neighbour)
                if known is None or there < known:
                    tentative[neighbour] = there
                    parents[neighbour] = [(node, arc)]
                    heapq.heappush(heap, (there, neighbour))
                elif there == known and neighbour not in distance:
                    parents[neighbour].append((node, arc))

    def nearest(self, targets: Iterable[Element]) -> list[Element]:
        """Return the reached targets with the smallest distance."""
        found = [target for target in targets if target in self.distance]
        least = min((self.distance[target] for target in found), default=0)
        return [target for target in found if self.distance[target] == least]

    def internet(self) -> list[Element]:
        """Return the ISPs that the traffic may use."""
        found = {isp: rank for isp, rank in self.graph.isps.items() if isp in self.distance}
        best = max(found.values(), default=0)
        return self.nearest(isp for isp, rank in found.items() if rank == best)

    def firewall(self) -> Element | None:
        return next((each for each in self.graph.firewalls if each in self.distance), None)

    def shares(self, target: Element) -> tuple[Fractions, Fractions]:
        """Return each arc's share of the traffic to `target`, and of the traffic from it."""
        up, down = Fractions(), Fractions()
        node = target
        while len(self.parents[node]) == 1:  # most paths have no equal
            (node, arc) = self.parents[node][0]
            up[arc] = down[arc ^ 1] = 1.0
        if node != self.start:
            self._split(node, up, down)
        return up, down

    def _split(self, target: Element, up: Fractions, down: Fractions) -> None:
        """Share the traffic of each router among its next hops, for each direction separately."""
        nodes = self._between(target)
        onward: defaultdict[Element, list[tuple[Element, Arc]]] = defaultdict(list)
        share = dict.fromkeys(nodes, 0.0) | {target: 1.0}
        for node in reversed(nodes):
            for parent, arc in self.parents[node]:
                part = share[node] / len(self.parents[node])
                down[arc ^ 1] = part
                share[parent] += part
                onward[parent].append((node, arc))
        share = dict.fromkeys(nodes, 0.0) | {self.start: 1.0}
        for node in nodes:
            for following, arc in onward[node]:
                part = share[node] / len(onward[node])
                up[arc] = part
                share[following] += part

    def _between(self, target: Element) -> list[Element]:
        """Return all nodes on shortest paths to `target`, the nearest first."""
        found, waiting = {target}, [target]
        while waiting:
            for parent, _ in self.parents[waiting.pop()]:
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return sorted(found, key=self.distance.__getitem__)
