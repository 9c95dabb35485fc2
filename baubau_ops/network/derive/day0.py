"""Day 0: what a router needs so that the bastion reaches its loopback, and nothing else.

User and key come with the image. An infrastructure router starts OSPF on its backbone ports; a site router starts
its uplink and the BGP session that announces its loopback. The first `net apply` only adds lines.
"""

from __future__ import annotations

from dataclasses import replace

from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.derive.preference import FROM_BACKUP, TO_BACKUP
from baubau_ops.network.model.router import (
    Bgp,
    Interface,
    Ospf,
    PortKind,
    PrefixList,
    Router,
    Routing,
)

_DAY0_PORTS = frozenset({PortKind.LOOPBACK, PortKind.BACKBONE, PortKind.BASTION, PortKind.UPLINK})


def day0(router: Router) -> Router:
    """Reduce a router's model to its day-0 part."""
    ports = tuple(_port(port) for port in router.interfaces if port.kind in _DAY0_PORTS)
    filters = router.filters
    input = replace(filters.input, bfd=(), bfd_multihop=(), ibgp=(), ibgp_ports=(), state_sync=())
    if router.role is not Role.SITE:
        input = replace(input, ebgp=())
    return replace(
        router,
        interfaces=ports,
        routing=_routing(router),
        filters=replace(filters, input=input),
        shaped=(),
        helpers=None,
    )


def _port(port: Interface) -> Interface:
    return replace(port, ospf=replace(port.ospf, bfd_profile=None)) if port.ospf else port


def _routing(router: Router) -> Routing:
    routing = router.routing
    site = router.role is Role.SITE
    wanted = {"default-only", "own", FROM_BACKUP, TO_BACKUP} if site else {"bastion"}
    lists = [item for item in routing.prefix_lists if item.name in wanted]
    return Routing(
        statics=tuple(route for route in routing.statics if route.next_hop and router.role is Role.CORE),
        prefix_lists=tuple(_only_loopback(router, item) for item in lists),
        community_lists=(),
        route_maps=tuple(item for item in routing.route_maps if item.name in wanted),
        next_hops=None,
        bfd_profiles=(),
        bgp=_bgp(router, routing.bgp) if site and routing.bgp else None,
        ospf=_ospf(routing.ospf),
    )


def _only_loopback(router: Router, item: PrefixList) -> PrefixList:
    if item.name != "own":
        return item
    return replace(item, rules=tuple(rule for rule in item.rules if router.loopback in rule.prefix))


def _bgp(router: Router, bgp: Bgp) -> Bgp:
    return replace(
        bgp,
        networks=tuple(network for network in bgp.networks if router.loopback in network.prefix),
        neighbours=tuple(replace(neighbour, bfd_profile=None) for neighbour in bgp.neighbours),
    )


def _ospf(ospf: Ospf | None) -> Ospf | None:
    """On day 0 nothing has to converge yet: a router that avoids transit would only delay the others."""
    return replace(ospf, on_startup=None) if ospf else None
