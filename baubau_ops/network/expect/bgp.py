"""BGP inside one AS with route reflectors: the path that each router chooses, and the paths that it advertises.

Every path enters the city's AS at one router, which sets itself as the next hop; so this router identifies the path.
Cores advertise all paths to their clients, and their best path to each other. Clients advertise only the paths that
they originated or learned by eBGP: POPs all of them, so that a site's backup path is known before it is needed, others
only those that they use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.network.expect.ospf import Reached
from baubau_ops.network.model.router import Neighbour, RouteMap, Router

_LOCAL_WEIGHT = 32768
PREFERENCE = 100
"""Local preference of a path on which no router set one."""

Paths = Mapping[str, Mapping[str, Reached]]
"""Per router: its shortest paths to the others."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path to a prefix."""

    prefix: IPv4Network
    origin: str
    """Our router that brought the path into the AS."""
    session: IPv4Address | None
    """The external neighbour that announced it; None for a network that `origin` originates."""
    weight: int
    """Weight; it only counts at `origin`."""
    preference: int
    as_path: int
    """Length of the AS path."""


@dataclass(frozen=True, slots=True)
class Table:
    """BGP table of one router."""

    paths: Mapping[IPv4Network, tuple[Path, ...]]
    best: Mapping[IPv4Network, Path]
    told: frozenset[IPv4Network]
    """Prefixes of its own paths that it advertises to peers other than its clients."""


def injected(
    routers: Mapping[str, Router], external: Mapping[IPv4Address, Iterable[IPv4Network]]
) -> list[Path]:
    """All paths that the infrastructure's routers bring into the AS.

    `routers` are all of ours; `external` holds the accepted prefixes of each external neighbour.
    """
    found = []
    for router in routers.values():
        bgp = router.routing.bgp
        if bgp is None or router.role not in INFRASTRUCTURE:
            continue
        maps = {item.name: item for item in router.routing.route_maps}
        for network in bgp.networks:
            chosen = maps[network.route_map] if network.route_map else None
            weight = chosen.weight if chosen and chosen.weight is not None else _LOCAL_WEIGHT
            preference = chosen.local_preference if chosen else None
            found.append(Path(network.prefix, router.name, None, weight, preference or PREFERENCE, 0))
        for neighbour in bgp.neighbours:
            if neighbour.external:
                preference = preference_in(routers, router, neighbour) or PREFERENCE
                found += [
                    Path(prefix, router.name, neighbour.address, 0, preference, 1)
                    for prefix in external[neighbour.address]
                ]
    return found


def preference_in(routers: Mapping[str, Router], router: Router, neighbour: Neighbour) -> int | None:
    """The local preference for an external neighbour's routes, by their tag; None if no route-map sets one."""
    tags = _tags(routers, router, neighbour)
    lists = {item.name: set(item.communities) for item in router.routing.community_lists}
    for clause in _clauses(router, neighbour.route_map_in):
        if clause.communities is None or tags & lists[clause.communities]:
            return clause.local_preference
    return None


def _tags(routers: Mapping[str, Router], router: Router, neighbour: Neighbour) -> set[str]:
    """The large communities that the other end puts on its routes; those of an outsider are not known."""
    other = routers.get(neighbour.device)
    if other is None or other.routing.bgp is None:
        return set()
    back = [one for one in other.routing.bgp.neighbours if one.device == router.name]
    clauses = [clause for one in back for clause in _clauses(other, one.route_map_out)]
    return {clause.community for clause in clauses if clause.community}


def _clauses(router: Router, name: str | None) -> list[RouteMap]:
    return [clause for clause in router.routing.route_maps if clause.name == name]


def tables(routers: Mapping[str, Router], paths: Paths, injections: Iterable[Path]) -> dict[str, Table]:
    """The table of every infrastructure router after BGP has converged."""
    by_prefix: dict[IPv4Network, list[Path]] = {}
    for path in injections:
        by_prefix.setdefault(path.prefix, []).append(path)
    speakers = [router for router in routers.values() if router.role in INFRASTRUCTURE]
    known: dict[str, dict[IPv4Network, tuple[Path, ...]]] = {router.name: {} for router in speakers}
    best: dict[str, dict[IPv4Network, Path]] = {router.name: {} for router in speakers}
    own: dict[str, set[IPv4Network]] = {router.name: set() for router in speakers}
    for prefix, everyone in by_prefix.items():
        chosen, told = _spread(speakers, routers, paths, everyone)
        for name, (seen, path) in chosen.items():
            known[name][prefix] = seen
            best[name][prefix] = path
        for name in told:
            own[name].add(prefix)
    return {name: Table(known[name], best[name], frozenset(own[name])) for name in known}


def _spread(
    speakers: list[Router], routers: Mapping[str, Router], paths: Paths, everyone: list[Path]
) -> tuple[dict[str, tuple[tuple[Path, ...], Path]], list[str]]:
    """Choose paths for one prefix until no choice changes. Return the choices, and the routers that advertise."""
    told = {router.name: [path for path in everyone if path.origin == router.name] for router in speakers}
    frank = {router.name for router in speakers if _tells_all(router)}
    for _ in range(len(speakers) + 1):
        view = {router.name: _view(router, routers, told, everyone) for router in speakers}
        chosen = {name: (seen, choose(routers, paths, name, seen)) for name, seen in view.items() if seen}
        after = {
            router.name: told[router.name]
            if router.name in frank
            else [path for path in everyone if _tells(chosen.get(router.name), router.name, path)]
            for router in speakers
        }
        if after == told:
            break
        told = after
    return chosen, [name for name, some in told.items() if some]


def _tells(chosen: tuple[tuple[Path, ...], Path] | None, name: str, path: Path) -> bool:
    """A router advertises its own path to peers other than its clients only while it uses the path."""
    return chosen is not None and path.origin == name and chosen[1] == path


def _tells_all(router: Router) -> bool:
    """Whether a client advertises its own paths even while it uses others."""
    assert router.routing.bgp is not None, "infrastructure routers speak BGP"
    sessions = [session for session in router.routing.bgp.neighbours if not session.external]
    return router.role is not Role.CORE and all(session.all_paths for session in sessions)


def _view(
    router: Router, routers: Mapping[str, Router], told: Mapping[str, list[Path]], everyone: list[Path]
) -> tuple[Path, ...]:
    """The paths that a router has: its own, those from clients, and those of the cores (on a core: their best)."""
    found = []
    for path in everyone:
        own = path.origin == router.name
        from_core = routers[path.origin].role is Role.CORE and router.role is not Role.CORE
        if own or from_core or path in told[path.origin]:
            found.append(path)
    return tuple(found)


def choose(routers: Mapping[str, Router], paths: Paths, name: str, seen: Iterable[Path]) -> Path:
    """The best path at one router (RFC 4271, 9.1.2, and RFC 4456; ties down to the distance of the next hop)."""
    return min(seen, key=lambda path: _rank(routers, paths, name, path))


def _rank(
    routers: Mapping[str, Router], paths: Paths, name: str, path: Path
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
        routers[path.origin].loopback,
    )


def accepted(router: Router, neighbour: Neighbour, everywhere: Mapping[str, Table]) -> frozenset[IPv4Network]:
    """The prefixes that a router accepts from an iBGP neighbour, without those that it brought in itself."""
    if router.role is Role.CORE:
        # A client sends its own paths; another core sends its best path, unless it learned that from a core.
        if neighbour.client:
            return everywhere[neighbour.device].told
        return frozenset(
            prefix
            for prefix, path in everywhere[neighbour.device].best.items()
            if path.origin == neighbour.device or _is_client(path, router)
        )
    return frozenset(
        prefix
        for prefix, paths in everywhere[neighbour.device].paths.items()
        if any(path.origin != router.name for path in paths)
    )


def _is_client(path: Path, core: Router) -> bool:
    assert core.routing.bgp is not None, "cores speak BGP"
    return any(client.device == path.origin for client in core.routing.bgp.neighbours if client.client)


def sent(router: Router, neighbour: Neighbour, everywhere: Mapping[str, Table]) -> frozenset[IPv4Network]:
    """The prefixes that a router sends to an iBGP neighbour."""
    own = everywhere[router.name]
    if neighbour.client:
        return frozenset(own.paths)
    if router.role is Role.CORE:
        return frozenset(
            prefix
            for prefix, path in own.best.items()
            if path.origin == router.name or _is_client(path, router)
        )
    return own.told
