"""Derived models → what verify expects: adjacencies, sessions, and the forwarding table of every router."""

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
    DeviceExpectation,
    Expectation,
    NextHop,
    OspfAdjacency,
    OspfProcess,
    Route,
)
from baubau_ops.network.expect.ospf import Reached, ospf_routes, shortest_paths
from baubau_ops.network.model.loss import Lost, remaining
from baubau_ops.network.model.router import Device, Interface, Neighbour, PortKind

_EBGP, _OSPF, _IBGP = 20, 110, 200
"""Distances (FRR's): of several protocols that know a prefix, the nearest one wins."""
_REMOTE_ROLES = {"provider": "customer", "customer": "provider", "peer": "peer"}


def expected(inventory: Inventory) -> Expectation:
    """What verify should find when everything is up, ISPs and the Province included."""
    return expect_devices(derive(inventory))


def expected_without(inventory: Inventory, lost: Lost) -> Expectation:
    """What it should find, once all has settled, on the routers that are still reached when something is lost."""
    whole = derive(inventory)
    left = remaining(whole, inventory.topology, lost)
    before, after = expect_devices(whole).devices, expect_devices(left).devices
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


def _without_carrier(whole: Device, left: Device) -> dict[IPv4Network, Route]:
    """What the kernel keeps of ports that are dark: their networks, but no way there."""
    dark = {port.name for port in whole.interfaces} - {port.name for port in left.interfaces}
    networks = [port.address.network for port in whole.interfaces if port.name in dark]
    return {network: Route(network, "unicast", frozenset(), "kernel") for network in networks}


def _down(whole: DeviceExpectation, left: DeviceExpectation) -> frozenset[str]:
    ports = whole.ospf.keys() - left.ospf.keys()
    peers = {*whole.bgp, *(one.peer for one in whole.bfd)} - {*left.bgp, *(one.peer for one in left.bfd)}
    return frozenset(ports) | frozenset(map(str, peers))


def expect_devices(devices: Mapping[str, Device]) -> Expectation:
    """The same from the derived models."""
    city = _City.of(devices)
    return Expectation({name: _device(device, city) for name, device in devices.items()})


@dataclass(frozen=True, slots=True)
class _City:
    """What all routers know together."""

    devices: Mapping[str, Device]
    paths: Mapping[str, Mapping[str, Reached]]
    external: Mapping[IPv4Address, frozenset[IPv4Network]]
    """What each external neighbour of any router announces and its filter accepts."""
    tables: Mapping[str, Table]

    @classmethod
    def of(cls, devices: Mapping[str, Device]) -> _City:
        inside = {name: device for name, device in devices.items() if device.role in INFRASTRUCTURE}
        paths = {name: shortest_paths(inside, name) for name in inside}
        external = _external(devices)
        injections = expect_bgp.injected(devices, external)
        return cls(devices, paths, external, expect_bgp.tables(inside, paths, injections))


def _external(devices: Mapping[str, Device]) -> dict[IPv4Address, frozenset[IPv4Network]]:
    """Outsiders announce all that our filter permits, sites their networks, POPs what they send to sites."""
    found = {}
    for device in devices.values():
        for neighbour in _sessions(device):
            if neighbour.external:
                permitted = _permitted(device, neighbour.prefixes_in)
                other = devices.get(neighbour.device)
                if other is not None and other.role is Role.SITE and other.routing.bgp is not None:
                    permitted &= {network.prefix for network in other.routing.bgp.networks}
                found[neighbour.address] = permitted
    return found


def _sessions(device: Device) -> tuple[Neighbour, ...]:
    return device.routing.bgp.neighbours if device.routing.bgp else ()


def _permitted(device: Device, name: str | None) -> frozenset[IPv4Network]:
    """A prefix list's prefixes; filters of ours are exact."""
    lists = [item for item in device.routing.prefix_lists if item.name == name]
    return frozenset(rule.prefix for item in lists for rule in item.rules)


def _device(device: Device, city: _City) -> DeviceExpectation:
    ospf = device.routing.ospf
    return DeviceExpectation(
        device=device.name,
        ospf={
            port.name: _adjacency(city, port) for port in device.interfaces if port.ospf and port.neighbour
        },
        ospf_passive=frozenset(port.name for port in device.ports(PortKind.LOOPBACK) if ospf),
        ospf_process=OspfProcess(ospf.router_id, ospf.on_startup, ospf.stub, ospf.timers) if ospf else None,
        bfd=_bfd(device),
        bgp={neighbour.address: _session(device, neighbour, city) for neighbour in _sessions(device)},
        fib=_fib(device, city),
        originated=frozenset(network.prefix for network in device.routing.bgp.networks)
        if device.routing.bgp
        else frozenset(),
    )


def _adjacency(city: _City, port: Interface) -> OspfAdjacency:
    assert port.ospf is not None, "OSPF runs on this port"
    assert port.peer is not None, "a link has another end"
    return OspfAdjacency(
        interface=port.name,
        neighbour=port.neighbour,
        router_id=city.devices[port.neighbour].loopback,
        address=port.peer,
        cost=port.ospf.cost,
        hello=port.ospf.hello,
        dead=port.ospf.dead,
        retransmit=port.ospf.retransmit,
    )


def _bfd(device: Device) -> tuple[BfdSession, ...]:
    profiles = {profile.name: profile for profile in device.routing.bfd_profiles}
    wanted = [
        (port.peer, port.name, port.neighbour, port.ospf.bfd_profile)
        for port in device.interfaces
        if port.ospf and port.peer
    ]
    wanted += [
        (session.address, session.interface, session.device, session.bfd_profile)
        for session in _sessions(device)
    ]
    found = []
    for peer, interface, neighbour, name in wanted:
        if name is not None:
            seconds = profiles[name].interval / 1000
            found.append(BfdSession(peer, interface, neighbour, seconds, seconds, profiles[name].multiplier))
    return tuple(sorted(found, key=lambda session: session.peer))


def _session(device: Device, neighbour: Neighbour, city: _City) -> BgpSession:
    assert device.routing.bgp is not None, "the device speaks BGP"
    other = city.devices.get(neighbour.device)
    accepted, sent = _prefixes(device, neighbour, city)
    there = [back for back in _sessions(other) if back.device == device.name] if other else []
    return BgpSession(
        peer=neighbour.address,
        neighbour=neighbour.device,
        local_as=device.routing.bgp.asn,
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
        preference=expect_bgp.preference_in(city.devices, device, neighbour) if neighbour.external else None,
        accepted=accepted,
        sent=sent,
    )


def _prefixes(
    device: Device, neighbour: Neighbour, city: _City
) -> tuple[frozenset[IPv4Network], frozenset[IPv4Network]]:
    """What a session brings and takes."""
    if not neighbour.external:
        return (
            expect_bgp.accepted(device, neighbour, city.tables),
            expect_bgp.sent(device, neighbour, city.tables),
        )
    if device.role is Role.SITE:
        assert device.routing.bgp is not None, "the device speaks BGP"
        known = {network.prefix for network in device.routing.bgp.networks}
    else:
        known = set(city.tables[device.name].best)
    return city.external[neighbour.address], _permitted(device, neighbour.prefixes_out) & known


def _fib(device: Device, city: _City) -> dict[IPv4Network, Route]:
    """The main table: of all that know a prefix, the one with the least distance."""
    found: dict[IPv4Network, tuple[int, Route]] = {}
    for distance, route in _candidates(device, city):
        known = found.get(route.prefix)
        if known is None or distance < known[0]:
            found[route.prefix] = (distance, route)
    return {prefix: route for prefix, (_, route) in sorted(found.items())}


def _candidates(device: Device, city: _City) -> list[tuple[int, Route]]:
    found: list[tuple[int, Route]] = []
    for port in device.interfaces:
        if port.kind is PortKind.LOOPBACK:
            # Its own address is in the kernel's local table; what others say of it is not used.
            continue
        attached = frozenset({NextHop(None, port.name)})
        found.append((0, Route(port.address.network, "unicast", attached, "kernel")))
    for static in device.routing.statics:
        if static.next_hop is None:
            found.append((static.distance, Route(static.prefix, "blackhole", frozenset(), "static")))
        else:
            way = frozenset({NextHop(static.next_hop, static.interface)})
            found.append((static.distance, Route(static.prefix, "unicast", way, "static")))
    found += _ospf(device, city)
    found += _bgp(device, city)
    return found


def _ospf(device: Device, city: _City) -> list[tuple[int, Route]]:
    if device.routing.ospf is None:
        return []
    inside = {name: other for name, other in city.devices.items() if other.role in INFRASTRUCTURE}
    routes = ospf_routes(inside, city.paths[device.name])
    return [
        (_OSPF, Route(prefix, "unicast", next_hops, "ospf"))
        for prefix, next_hops in routes.items()
        if next_hops
    ]


def _bgp(device: Device, city: _City) -> list[tuple[int, Route]]:
    if device.role is Role.SITE:
        best: dict[IPv4Network, Path] = {}
        for neighbour in _sessions(device):
            preference = expect_bgp.preference_in(city.devices, device, neighbour) or expect_bgp.PREFERENCE
            for prefix in city.external[neighbour.address]:
                if prefix not in best or preference > best[prefix].preference:
                    best[prefix] = Path(prefix, device.name, neighbour.address, 0, preference, 1)
    else:
        best = dict(city.tables[device.name].best)
    found = []
    for prefix, path in best.items():
        if path.origin != device.name:
            next_hops = city.paths[device.name][path.origin].next_hops
            found.append((_IBGP, Route(prefix, "unicast", next_hops, "bgp")))
        elif path.session is not None:
            port = next(s.interface for s in _sessions(device) if s.address == path.session)
            way = frozenset({NextHop(path.session, port)})
            found.append((_EBGP, Route(prefix, "unicast", way, "bgp")))
    return found
