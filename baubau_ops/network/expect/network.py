"""From derived models to what verify expects: adjacencies, sessions, and the forwarding table of every router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.expect import bgp as expect_bgp
from baubau_ops.network.expect.bgp import Path, Table
from baubau_ops.network.expect.expectation import (
    BfdSession,
    BgpSession,
    Expectation,
    NextHop,
    OspfAdjacency,
    OspfProcess,
    Route,
    RouterExpectation,
)
from baubau_ops.network.expect.ospf import Reached, ospf_routes, shortest_paths
from baubau_ops.network.model.loss import Lost, remaining
from baubau_ops.network.model.router import Interface, Neighbour, PortKind, Router

_EBGP, _OSPF, _IBGP = 20, 110, 200
"""Administrative distances: if several protocols have a route to a prefix, the lowest distance wins."""
_REMOTE_ROLES = {"provider": "customer", "customer": "provider", "peer": "peer"}


def expected(inventory: Inventory) -> Expectation:
    """What verify should find when everything is up, including the ISPs and the Province."""
    return expect_routers(derive(inventory))


def expected_without(inventory: Inventory, lost: Lost) -> Expectation:
    """What it should find on the routers that are still reached after a loss, once the network has converged."""
    whole = derive(inventory)
    left = remaining(whole, inventory.topology, lost)
    before, after = expect_routers(whole).routers, expect_routers(left).routers
    return Expectation(
        {
            name: replace(
                one,
                down=_down(before[name], one),
                fib={**one.fib, **_without_carrier(whole[name], left[name])},
            )
            for name, one in after.items()
        }
    )


def _without_carrier(whole: Router, left: Router) -> dict[IPv4Network, Route]:
    """The routes that the kernel keeps for ports without carrier: their networks, but no next hop."""
    dark = {port.name for port in whole.interfaces} - {port.name for port in left.interfaces}
    networks = [port.address.network for port in whole.interfaces if port.name in dark]
    return {network: Route(network, "unicast", frozenset(), "kernel") for network in networks}


def _down(whole: RouterExpectation, left: RouterExpectation) -> frozenset[str]:
    ports = whole.ospf.keys() - left.ospf.keys()
    peers = {*whole.bgp, *(one.peer for one in whole.bfd)} - {*left.bgp, *(one.peer for one in left.bfd)}
    return frozenset(ports) | frozenset(map(str, peers))


def expect_routers(routers: Mapping[str, Router]) -> Expectation:
    """Expectation from the derived models."""
    city = _City.of(routers)
    return Expectation({name: _router(router, city) for name, router in routers.items()})


@dataclass(frozen=True, slots=True)
class _City:
    """What is the same for all routers of the city."""

    routers: Mapping[str, Router]
    paths: Mapping[str, Mapping[str, Reached]]
    external: Mapping[IPv4Address, frozenset[IPv4Network]]
    """Prefixes that each external neighbour of any router announces and the router's filter accepts."""
    tables: Mapping[str, Table]

    @classmethod
    def of(cls, routers: Mapping[str, Router]) -> _City:
        inside = {name: router for name, router in routers.items() if router.role in INFRASTRUCTURE}
        paths = {name: shortest_paths(inside, name) for name in inside}
        external = _external(routers)
        injections = expect_bgp.injected(routers, external)
        return cls(routers, paths, external, expect_bgp.tables(inside, paths, injections))


def _external(routers: Mapping[str, Router]) -> dict[IPv4Address, frozenset[IPv4Network]]:
    """Outsiders announce all that our filter permits, sites their networks, POPs the routes that they send to sites."""
    found = {}
    for router in routers.values():
        for neighbour in _sessions(router):
            if neighbour.external:
                permitted = _permitted(router, neighbour.prefixes_in)
                other = routers.get(neighbour.device)
                if other is not None and other.role is Role.SITE and other.routing.bgp is not None:
                    permitted &= {network.prefix for network in other.routing.bgp.networks}
                found[neighbour.address] = permitted
    return found


def _sessions(router: Router) -> tuple[Neighbour, ...]:
    return router.routing.bgp.neighbours if router.routing.bgp else ()


def _permitted(router: Router, name: str | None) -> frozenset[IPv4Network]:
    """The prefixes of a prefix list; our filters match exactly."""
    lists = [item for item in router.routing.prefix_lists if item.name == name]
    return frozenset(rule.prefix for item in lists for rule in item.rules)


def _router(router: Router, city: _City) -> RouterExpectation:
    ospf = router.routing.ospf
    return RouterExpectation(
        device=router.name,
        ospf={
            port.name: _adjacency(city, port) for port in router.interfaces if port.ospf and port.neighbour
        },
        ospf_passive=frozenset(port.name for port in router.ports(PortKind.LOOPBACK) if ospf),
        ospf_process=OspfProcess(ospf.router_id, ospf.on_startup, ospf.stub, ospf.timers) if ospf else None,
        bfd=_bfd(router),
        bgp={neighbour.address: _session(router, neighbour, city) for neighbour in _sessions(router)},
        fib=_fib(router, city),
        originated=frozenset(network.prefix for network in router.routing.bgp.networks)
        if router.routing.bgp
        else frozenset(),
    )


def _adjacency(city: _City, port: Interface) -> OspfAdjacency:
    assert port.ospf is not None, "OSPF runs on this port"
    assert port.peer is not None, "a link has another end"
    return OspfAdjacency(
        interface=port.name,
        neighbour=port.neighbour,
        router_id=city.routers[port.neighbour].loopback,
        address=port.peer,
        cost=port.ospf.cost,
        hello=port.ospf.hello,
        dead=port.ospf.dead,
        retransmit=port.ospf.retransmit,
    )


def _bfd(router: Router) -> tuple[BfdSession, ...]:
    profiles = {profile.name: profile for profile in router.routing.bfd_profiles}
    wanted = [
        (port.peer, port.name, port.neighbour, port.ospf.bfd_profile)
        for port in router.interfaces
        if port.ospf and port.peer
    ]
    wanted += [
        (session.address, session.interface, session.device, session.bfd_profile)
        for session in _sessions(router)
    ]
    found = []
    for peer, interface, neighbour, name in wanted:
        if name is not None:
            seconds = profiles[name].interval / 1000
            found.append(BfdSession(peer, interface, neighbour, seconds, seconds, profiles[name].multiplier))
    return tuple(sorted(found, key=lambda session: session.peer))


def _session(router: Router, neighbour: Neighbour, city: _City) -> BgpSession:
    assert router.routing.bgp is not None, "the router speaks BGP"
    other = city.routers.get(neighbour.device)
    accepted, sent = _prefixes(router, neighbour, city)
    there = [back for back in _sessions(other) if back.device == router.name] if other else []
    return BgpSession(
        peer=neighbour.address,
        neighbour=neighbour.device,
        local_as=router.routing.bgp.asn,
        remote_as=neighbour.asn,
        local_role=neighbour.role or "",
        remote_role=_REMOTE_ROLES[neighbour.role] if neighbour.role and other else "",
        ttl_hops=1 if neighbour.external else None,
        password=True,
        keepalive=neighbour.keepalive,
        hold=neighbour.hold,
        connect_retry=neighbour.connect_retry,
        addpath_send=neighbour.all_paths,
        addpath_receive=any(back.all_paths for back in there),
        limit=neighbour.max_prefixes,
        preference=expect_bgp.preference_in(city.routers, router, neighbour) if neighbour.external else None,
        accepted=accepted,
        sent=sent,
    )


def _prefixes(
    router: Router, neighbour: Neighbour, city: _City
) -> tuple[frozenset[IPv4Network], frozenset[IPv4Network]]:
    """The prefixes that are accepted and sent on a session."""
    if not neighbour.external:
        return (
            expect_bgp.accepted(router, neighbour, city.tables),
            expect_bgp.sent(router, neighbour, city.tables),
        )
    if router.role is Role.SITE:
        assert router.routing.bgp is not None, "the router speaks BGP"
        known = {network.prefix for network in router.routing.bgp.networks}
    else:
        known = set(city.tables[router.name].best)
    return city.external[neighbour.address], _permitted(router, neighbour.prefixes_out) & known


def _fib(router: Router, city: _City) -> dict[IPv4Network, Route]:
    """The main table: for each prefix, the route with the lowest distance."""
    found: dict[IPv4Network, tuple[int, Route]] = {}
    for distance, route in _candidates(router, city):
        known = found.get(route.prefix)
        if known is None or distance < known[0]:
            found[route.prefix] = (distance, route)
    return {prefix: route for prefix, (_, route) in sorted(found.items())}


def _candidates(router: Router, city: _City) -> list[tuple[int, Route]]:
    found: list[tuple[int, Route]] = []
    for port in router.interfaces:
        if port.kind is PortKind.LOOPBACK:
            # Its own address is in the kernel's local table; routes to it from other routers are not used.
            continue
        attached = frozenset({NextHop(None, port.name)})
        found.append((0, Route(port.address.network, "unicast", attached, "kernel")))
    for static in router.routing.statics:
        if static.next_hop is None:
            found.append((static.distance, Route(static.prefix, "blackhole", frozenset(), "static")))
        else:
            way = frozenset({NextHop(static.next_hop, static.interface)})
            found.append((static.distance, Route(static.prefix, "unicast", way, "static")))
    found += _ospf(router, city)
    found += _bgp(router, city)
    return found


def _ospf(router: Router, city: _City) -> list[tuple[int, Route]]:
    if router.routing.ospf is None:
        return []
    inside = {name: other for name, other in city.routers.items() if other.role in INFRASTRUCTURE}
    routes = ospf_routes(inside, city.paths[router.name])
    return [
        (_OSPF, Route(prefix, "unicast", next_hops, "ospf"))
        for prefix, next_hops in routes.items()
        if next_hops
    ]


def _bgp(router: Router, city: _City) -> list[tuple[int, Route]]:
    if router.role is Role.SITE:
        best: dict[IPv4Network, Path] = {}
        for neighbour in _sessions(router):
            preference = expect_bgp.preference_in(city.routers, router, neighbour) or expect_bgp.PREFERENCE
            for prefix in city.external[neighbour.address]:
                if prefix not in best or preference > best[prefix].preference:
                    best[prefix] = Path(prefix, router.name, neighbour.address, 0, preference, 1)
    else:
        best = dict(city.tables[router.name].best)
    found = []
    for prefix, path in best.items():
        if path.origin != router.name:
            next_hops = city.paths[router.name][path.origin].next_hops
            found.append((_IBGP, Route(prefix, "unicast", next_hops, "bgp")))
        elif path.session is not None:
            port = next(s.interface for s in _sessions(router) if s.address == path.session)
            way = frozenset({NextHop(path.session, port)})
            found.append((_EBGP, Route(prefix, "unicast", way, "bgp")))
    return found
