"""Which path each router chooses, and what it tells whom: BGP inside one AS with route reflectors.

Every path into the city's AS is brought in by one router, which sets itself as the next hop; so a path is known
by that router. Cores tell their clients all paths and each other their best one. Clients tell only what they
brought in themselves: POPs all of it, so that a site's backup is known before it is needed, others what they use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.network.expect.ospf import Reached
from baubau_ops.network.model.router import Device, Neighbour, RouteMap

_LOCAL_WEIGHT = 32768
PREFERENCE = 100
"""Of a path on which nobody set one."""

Paths = Mapping[str, Mapping[str, Reached]]
"""By router: its shortest paths to the others."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way to a prefix."""

    prefix: IPv4Network
    origin: str
    """The router of ours that brought it in."""
    session: IPv4Address | None
    """The external neighbour it came from; None where `origin` announces it by itself."""
    weight: int
    """Only counts at `origin`."""
    preference: int
    as_path: int
    """Length."""


@dataclass(frozen=True, slots=True)
class Table:
    """What one router knows."""

    paths: Mapping[IPv4Network, tuple[Path, ...]]
    best: Mapping[IPv4Network, Path]
    told: frozenset[IPv4Network]
    """What of its own it tells to those it does not reflect for."""


def injected(
    devices: Mapping[str, Device], external: Mapping[IPv4Address, Iterable[IPv4Network]]
) -> list[Path]:
    """All paths that the infrastructure's routers bring in.

    `devices` are all of ours, `external` tells what each external neighbour announces that passes the inbound filter.
    """
    found = []
    for device in devices.values():
        bgp = device.routing.bgp
        if bgp is None or device.role not in INFRASTRUCTURE:
            continue
        maps = {item.name: item for item in device.routing.route_maps}
        for network in bgp.networks:
            chosen = maps[network.route_map] if network.route_map else None
            weight = chosen.weight if chosen and chosen.weight is not None else _LOCAL_WEIGHT
            preference = chosen.local_preference if chosen else None
            found.append(Path(network.prefix, device.name, None, weight, preference or PREFERENCE, 0))
        for neighbour in bgp.neighbours:
            if neighbour.external:
                preference = preference_in(devices, device, neighbour) or PREFERENCE
                found += [
                    Path(prefix, device.name, neighbour.address, 0, preference, 1)
                    for prefix in external[neighbour.address]
                ]
    return found


def preference_in(devices: Mapping[str, Device], device: Device, neighbour: Neighbour) -> int | None:
    """The local preference set on what an external neighbour announces, by the tag that it bears; None: not set."""
    tags = _tags(devices, device, neighbour)
    lists = {item.name: set(item.communities) for item in device.routing.community_lists}
    for clause in _clauses(device, neighbour.route_map_in):
        if clause.communities is None or tags & lists[clause.communities]:
            return clause.local_preference
    return None


def _tags(devices: Mapping[str, Device], device: Device, neighbour: Neighbour) -> set[str]:
    """The large communities that the other end puts on what it announces; an outsider's are not known."""
    other = devices.get(neighbour.device)
    if other is None or other.routing.bgp is None:
        return set()
    back = [one for one in other.routing.bgp.neighbours if one.device == device.name]
    clauses = [clause for one in back for clause in _clauses(other, one.route_map_out)]
    return {clause.community for clause in clauses if clause.community}


def _clauses(device: Device, name: str | None) -> list[RouteMap]:
    return [clause for clause in device.routing.route_maps if clause.name == name]


def tables(devices: Mapping[str, Device], paths: Paths, injections: Iterable[Path]) -> dict[str, Table]:
    """The table of every infrastructure router once all have told each other everything."""
    by_prefix: dict[IPv4Network, list[Path]] = {}
    for path in injections:
        by_prefix.setdefault(path.prefix, []).append(path)
    speakers = [device for device in devices.values() if device.role in INFRASTRUCTURE]
    known: dict[str, dict[IPv4Network, tuple[Path, ...]]] = {device.name: {} for device in speakers}
    best: dict[str, dict[IPv4Network, Path]] = {device.name: {} for device in speakers}
    own: dict[str, set[IPv4Network]] = {device.name: set() for device in speakers}
    for prefix, everyone in by_prefix.items():
        chosen, told = _spread(speakers, devices, paths, everyone)
        for name, (seen, path) in chosen.items():
            known[name][prefix] = seen
            best[name][prefix] = path
        for name in told:
            own[name].add(prefix)
    return {name: Table(known[name], best[name], frozenset(own[name])) for name in known}


def _spread(
    speakers: list[Device], devices: Mapping[str, Device], paths: Paths, everyone: list[Path]
) -> tuple[dict[str, tuple[tuple[Path, ...], Path]], list[str]]:
    """Let all routers choose until nobody changes its mind; one prefix. Returns their choices and who tells."""
    told = {device.name: [path for path in everyone if path.origin == device.name] for device in speakers}
    frank = {device.name for device in speakers if _tells_all(device)}
    for _ in range(len(speakers) + 1):
        view = {device.name: _view(device, devices, told, everyone) for device in speakers}
        chosen = {name: (seen, choose(devices, paths, name, seen)) for name, seen in view.items() if seen}
        after = {
            device.name: told[device.name]
            if device.name in frank
            else [path for path in everyone if _tells(chosen.get(device.name), device.name, path)]
            for device in speakers
        }
        if after == told:
            break
        told = after
    return chosen, [name for name, some in told.items() if some]


def _tells(chosen: tuple[tuple[Path, ...], Path] | None, name: str, path: Path) -> bool:
    """A router tells its own path to those it does not reflect for only while it uses it."""
    return chosen is not None and path.origin == name and chosen[1] == path


def _tells_all(device: Device) -> bool:
    """Whether a client tells its own paths also while it uses others."""
    assert device.routing.bgp is not None, "infrastructure routers speak BGP"
    sessions = [session for session in device.routing.bgp.neighbours if not session.external]
    return device.role is not Role.CORE and all(session.all_paths for session in sessions)


def _view(
    device: Device, devices: Mapping[str, Device], told: Mapping[str, list[Path]], everyone: list[Path]
) -> tuple[Path, ...]:
    """The paths a router has: its own, all of the cores' own (a core: their best), and what clients tell."""
    found = []
    for path in everyone:
        own = path.origin == device.name
        from_core = devices[path.origin].role is Role.CORE and device.role is not Role.CORE
        if own or from_core or path in told[path.origin]:
            found.append(path)
    return tuple(found)


def choose(devices: Mapping[str, Device], paths: Paths, name: str, seen: Iterable[Path]) -> Path:
    """The best path at one router (RFC 4271, 9.1.2, and RFC 4456; equal up to the next hop's distance)."""
    return min(seen, key=lambda path: _rank(devices, paths, name, path))


def _rank(
    devices: Mapping[str, Device], paths: Paths, name: str, path: Path
) -> tuple[int, int, int, int, int, int, IPv4Address]:
    own = path.origin == name
    reached = paths[name].get(path.origin)
    return (
        -path.weight if own else 0,
        -path.preference,
        0 if own and path.session is None else 1,
        path.as_path,
        0 if own else 1,
        reached.cost if reached else 0,
        devices[path.origin].loopback,
    )


def accepted(device: Device, neighbour: Neighbour, everywhere: Mapping[str, Table]) -> frozenset[IPv4Network]:
    """The prefixes that a router takes from an iBGP neighbour: not what it brought in itself."""
    if device.role is Role.CORE:
        # From clients what they brought in; from another core its best, unless a core told it.
        if neighbour.client:
            return everywhere[neighbour.device].told
        return frozenset(
            prefix
            for prefix, path in everywhere[neighbour.device].best.items()
            if path.origin == neighbour.device or _is_client(path, device)
        )
    return frozenset(
        prefix
        for prefix, paths in everywhere[neighbour.device].paths.items()
        if any(path.origin != device.name for path in paths)
    )


def _is_client(path: Path, core: Device) -> bool:
    assert core.routing.bgp is not None, "cores speak BGP"
    return any(client.device == path.origin for client in core.routing.bgp.neighbours if client.client)


def sent(device: Device, neighbour: Neighbour, everywhere: Mapping[str, Table]) -> frozenset[IPv4Network]:
    """The prefixes that a router tells an iBGP neighbour."""
    own = everywhere[device.name]
    if neighbour.client:
        return frozenset(own.paths)
    if device.role is Role.CORE:
        return frozenset(
            prefix
            for prefix, path in own.best.items()
            if path.origin == device.name or _is_client(path, device)
        )
    return own.told
