"""OSPF's shortest paths (RFC 2328, 16.1); all routers are in one point-to-point area, with equal-cost multipath."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from baubau_ops.network.expect.expectation import NextHop
from baubau_ops.network.model.router import Interface, PortKind, Router

MAX_METRIC = 65535
"""Metric that a stub router announces for its links (RFC 6987)."""
EXTERNAL_METRIC = 20
"""Metric of redistributed routes, type 2: between equal routes, the cost to the redistributing router decides."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How one router reaches another: cost and next hops."""

    cost: int
    next_hops: frozenset[NextHop]
    """Empty for the router itself."""


def shortest_paths(routers: Mapping[str, Router], root: str) -> dict[str, Reached]:
    """The routers that `root` reaches."""
    found: dict[str, Reached] = {}
    queue: list[tuple[int, str, frozenset[NextHop]]] = [(0, root, frozenset())]
    while queue:
        cost, name, next_hops = heapq.heappop(queue)
        known = found.get(name)
        if known is not None:
            if cost == known.cost and not next_hops <= known.next_hops:
                found[name] = Reached(cost, known.next_hops | next_hops)
                _push(queue, routers, name, found[name])
            continue
        found[name] = Reached(cost, next_hops)
        _push(queue, routers, name, found[name])
    return found


def _push(
    queue: list[tuple[int, str, frozenset[NextHop]]],
    routers: Mapping[str, Router],
    name: str,
    here: Reached,
) -> None:
    for port in routers[name].interfaces:
        if port.ospf is not None and port.neighbour:
            first = here.next_hops or frozenset({NextHop(port.peer, port.name)})
            heapq.heappush(queue, (here.cost + _transit_cost(routers[name], port), port.neighbour, first))


def _transit_cost(router: Router, port: Interface) -> int:
    assert port.ospf is not None, "OSPF runs on this port"
    assert router.routing.ospf is not None, "OSPF runs on this router"
    return MAX_METRIC if router.routing.ospf.stub else port.ospf.cost


def ospf_routes(
    routers: Mapping[str, Router], paths: Mapping[str, Reached]
) -> dict[IPv4Network, frozenset[NextHop]]:
    """All prefixes of other routers that OSPF knows, with the best next hops.

    `routers` are the routers that run OSPF, `paths` the shortest paths of one of them.
    """
    best: dict[IPv4Network, tuple[tuple[int, int], frozenset[NextHop]]] = {}
    for name, reached in paths.items():
        for prefix, internal, cost in _announced(routers[name]):
            # Type 2 external routes are compared by their own metric first; internal routes are preferred to them.
            rank = (0, reached.cost + cost) if internal else (cost, reached.cost)
            known = best.get(prefix)
            if known is None or rank < known[0]:
                best[prefix] = (rank, reached.next_hops)
            elif rank == known[0]:
                best[prefix] = (rank, known[1] | reached.next_hops)
    return {prefix: next_hops for prefix, (_, next_hops) in best.items()}


def _announced(router: Router) -> list[tuple[IPv4Network, bool, int]]:
    """Tuples (prefix, internal, cost) of everything that a router announces in OSPF."""
    found = []
    for port in router.interfaces:
        if port.kind is PortKind.LOOPBACK:
            found.append((port.address.network, True, 0))
        elif port.ospf is not None:
            found.append((port.address.network, True, port.ospf.cost))
    ospf = router.routing.ospf
    if ospf is not None and ospf.redistribute is not None:
        names = {item.prefix_list for item in router.routing.route_maps if item.name == ospf.redistribute}
        lists = [item for item in router.routing.prefix_lists if item.name in names]
        permitted = {rule.prefix for item in lists for rule in item.rules}
        statics = [route.prefix for route in router.routing.statics if route.prefix in permitted]
        found += [(prefix, False, EXTERNAL_METRIC) for prefix in statics]
    return found
