"""What remains of the city's routers after a loss, as models from which expectations are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from baubau_ops.inventory.city.reach import reached
from baubau_ops.inventory.city.topology import BASTION, INFRASTRUCTURE, OURS, Topology
from baubau_ops.network.model.router import Bgp, Interface, Neighbour, Router, Routing


@dataclass(frozen=True, slots=True)
class Lost:
    """Parts that fail at the same time, by name."""

    nodes: frozenset[str] = frozenset()
    """Routers without power: their neighbours' ports lose carrier."""
    links: frozenset[str] = frozenset()
    silent: bool = False
    """The ports of lost links stay up, so only failure detection over the link notices."""

    def has(self, topology: Topology, link: str) -> bool:
        """Whether a link carries nothing, because the link itself or one of its ends is lost."""
        found = topology.links[link]
        return link in self.links or found.a.node in self.nodes or found.b.node in self.nodes


def reachable(topology: Topology, lost: Lost) -> frozenset[str]:
    """Our routers that the bastion still reaches."""
    found = reached(topology, BASTION, without=lost.nodes, without_links=lost.links)
    return frozenset(name for name in found if topology.nodes[name].role in OURS)


def remaining(routers: Mapping[str, Router], topology: Topology, lost: Lost) -> dict[str, Router]:
    """The routers that are still reached, without the ports and neighbours that they lose."""
    left = reachable(topology, lost)
    inside = {name for name in left if topology.nodes[name].role in INFRASTRUCTURE}
    return {name: _cut(routers[name], topology, lost, inside) for name in sorted(left)}


def _cut(router: Router, topology: Topology, lost: Lost, inside: AbstractSet[str]) -> Router:
    links = {link.end(router.name).name: link for link in topology.links_of(router.name)}
    gone = {port for port, link in links.items() if lost.has(topology, link.id)}
    # A silently cut port keeps its address and the routes over it; only the neighbour is gone.
    silenced = {
        port
        for port in gone
        if lost.silent
        and links[port].far(router.name).node not in lost.nodes
        and links[port].id in lost.links
    }
    down = gone - silenced
    return replace(
        router,
        interfaces=tuple(_interfaces(router, down, silenced)),
        routing=_routing(router.routing, down, gone, inside),
    )


def _interfaces(router: Router, down: AbstractSet[str], silenced: AbstractSet[str]) -> Iterator[Interface]:
    for port in router.interfaces:
        if port.name in silenced:
            yield replace(port, neighbour="", peer=None)
        elif port.name not in down:
            yield port


def _routing(
    routing: Routing, down: AbstractSet[str], gone: AbstractSet[str], inside: AbstractSet[str]
) -> Routing:
    bgp = routing.bgp and replace(routing.bgp, neighbours=tuple(_neighbours(routing.bgp, gone, inside)))
    statics = tuple(route for route in routing.statics if route.interface not in down)
    return replace(routing, bgp=bgp, statics=statics)


def _neighbours(bgp: Bgp, gone: AbstractSet[str], inside: AbstractSet[str]) -> Iterator[Neighbour]:
    for neighbour in bgp.neighbours:
        is_there = neighbour.interface not in gone if neighbour.external else neighbour.device in inside
        if is_there:
            yield neighbour
