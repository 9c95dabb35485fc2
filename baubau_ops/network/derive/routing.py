"""Static routes, prefix lists and route-maps, on which BGP and OSPF depend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from baubau_ops.core.addresses import host, prefix_order
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, LinkKind, Node, Role
from baubau_ops.network import policy
from baubau_ops.network.derive import preference as site_policy
from baubau_ops.network.derive.bgp import (
    CITY_REACHED,
    DEFAULT,
    LAST_RESORT,
    LAST_RESORT_PREFERENCE,
    ORIGIN,
    bgp,
    origin_preference,
    services_behind,
    site_prefixes,
)
from baubau_ops.network.derive.interfaces import bfd_profiles, lan_prefixes, ospf
from baubau_ops.network.model.router import Interface, PrefixList, PrefixRule, RouteMap, Routing, StaticRoute

DISCARD_DISTANCE = 250
"""Above the distance of every protocol: a discard route only takes traffic for which there is no other route."""
NEXT_HOPS = "bgp-next-hops"


def routing(inventory: Inventory, node: Node, ports: tuple[Interface, ...]) -> Routing:
    """Routing of one router."""
    return Routing(
        statics=tuple(sorted(_statics(inventory, node), key=lambda route: prefix_order(route.prefix))),
        prefix_lists=tuple(sorted(_prefix_lists(inventory, node), key=lambda item: item.name)),
        community_lists=site_policy.community_lists(inventory, node),
        route_maps=tuple(sorted(_route_maps(inventory, node), key=lambda item: (item.name, item.seq))),
        next_hops=NEXT_HOPS,
        bfd_profiles=bfd_profiles(inventory, node),
        bgp=bgp(inventory, node),
        ospf=ospf(node, ports),
    )


def _statics(inventory: Inventory, node: Node) -> list[StaticRoute]:
    if node.role is Role.CORE:
        return [*_discards(inventory, node), *_bastion(inventory, node)]
    if node.role is Role.FIREWALL:
        return [
            StaticRoute(host(address), lan.host, lan.port)
            for lan, address in services_behind(inventory, node)
        ]
    return []


def _discards(inventory: Inventory, node: Node) -> list[StaticRoute]:
    """The core drops traffic to unallocated city space. Loopbacks and links are not covered."""
    city = inventory.city
    pools = {city.public, city.pools.service, city.pools.datacenter, inventory.backbone.cores[node.name].nat}
    pools |= {zone.pool for zone in city.zones.values()}
    return [StaticRoute(pool, distance=DISCARD_DISTANCE) for pool in pools]


def _bastion(inventory: Inventory, node: Node) -> list[StaticRoute]:
    address = inventory.topology.nodes[BASTION].loopback
    assert address is not None, "the bastion has a loopback"
    return [
        StaticRoute(host(address), link.far(node.name).address.ip, link.end(node.name).name)
        for link in inventory.topology.links_of(node.name)
        if link.kind is LinkKind.BASTION
    ]


def _permit(name: str, prefixes: Iterable[IPv4Network]) -> PrefixList:
    return PrefixList(name, tuple(PrefixRule(5 * n, prefix) for n, prefix in enumerate(prefixes, 1)))


def _prefix_lists(inventory: Inventory, node: Node) -> list[PrefixList]:
    lists = [_next_hops(inventory, node)]
    if node.role is Role.CORE:
        lists += _core_lists(inventory, node)
    if node.role is Role.POP and (sites := _sites_at(inventory, node)):
        lists.append(_permit("default-only", [DEFAULT]))
        lists += [_permit(f"from-{site}", site_prefixes(inventory, site)) for site in sites]
    if node.role is Role.SITE:
        lists += [_permit("default-only", [DEFAULT]), _permit("own", site_prefixes(inventory, node.id))]
    return lists


def _sites_at(inventory: Inventory, node: Node) -> list[str]:
    links = inventory.topology.links_of(node.name)
    return [inventory.topology.nodes[link.b.node].id for link in links if link.kind is LinkKind.ACCESS]


def _next_hops(inventory: Inventory, node: Node) -> PrefixList:
    """Loopbacks and links only: else the next hop of a dead router would be resolved by a default or discard route.

    The same route-map decides whether a router has a route to the networks that it announces itself.
    """
    pools = inventory.city.pools
    rules = [PrefixRule(5, pools.loopback, ge=32), PrefixRule(10, pools.link, ge=31)]
    rules += [PrefixRule(15 + 5 * n, network) for n, network in enumerate(_resolvable(inventory, node))]
    return PrefixList(NEXT_HOPS, tuple(rules))


def _resolvable(inventory: Inventory, node: Node) -> list[IPv4Network]:
    """Further networks that may be resolved: links to ISPs, and networks that are announced only while they are up."""
    links = inventory.topology.links_of(node.name)
    found = {link.a.address.network for link in links if link.kind is LinkKind.ISP}
    found |= set(lan_prefixes(inventory, node))
    if node.role is Role.FIREWALL:
        found |= {host(address) for _, address in services_behind(inventory, node)}
    return sorted(found, key=prefix_order)


def _core_lists(inventory: Inventory, node: Node) -> list[PrefixList]:
    kinds = {link.kind for link in inventory.topology.links_of(node.name)}
    bastion = inventory.topology.nodes[BASTION].loopback
    assert bastion is not None, "the bastion has a loopback"
    lists = [_permit("bastion", [host(bastion)])]
    if LinkKind.ISP in kinds:
        nat = inventory.backbone.cores[node.name].nat
        lists.append(_permit("from-isp", [DEFAULT]))
        lists.append(_permit("to-isp", sorted({inventory.city.public, nat})))
        lists.append(_permit(CITY_REACHED, _others(inventory, node)))
    if LinkKind.PROVINCE in kinds:
        lists.append(_permit("from-prov", sorted(inventory.backbone.province.prefixes)))
        lists.append(_permit("to-prov", province_prefixes(inventory)))
    return lists


def _others(inventory: Inventory, node: Node) -> list[IPv4Network]:
    """Loopbacks of the other core and of the POPs: a router with a route through one of them reaches the city."""
    others = inventory.topology.with_role(Role.CORE, Role.POP)
    return sorted(host(other.loopback) for other in others if other.loopback and other.name != node.name)


def province_prefixes(inventory: Inventory) -> tuple[IPv4Network, ...]:
    """Networks that the Province's machines may reach according to policy.yml, and so may learn routes to."""
    matrix = policy.matrix(inventory)
    openers = {network for place in matrix.openers(policy.PROVINCE_PLACE) for network in place.networks}
    return tuple(sorted(openers | set(matrix.permit(policy.PROVINCE_PLACE).addresses)))


def _outside_maps(inventory: Inventory, node: Node) -> Iterator[RouteMap]:
    """The preference of each ISP's default, and the announcement of the city's prefixes while the core reaches them.

    Communities from outsiders are removed: with no-export, an ISP's default would not reach any site.
    """
    kinds = set()
    for link in inventory.topology.links_of(node.name):
        if link.kind in (LinkKind.ISP, LinkKind.PROVINCE):
            kinds.add(link.kind)
            isp = inventory.backbone.isps.get(link.b.node)
            preference = isp.preference if isp else None
            yield RouteMap(f"from-{link.b.node}", local_preference=preference, clear_communities=True)
    if LinkKind.ISP in kinds:
        yield RouteMap("to-isp", prefix_list="to-isp")
        yield RouteMap(CITY_REACHED, next_hops=CITY_REACHED)


def _route_maps(inventory: Inventory, node: Node) -> list[RouteMap]:
    maps = [RouteMap(NEXT_HOPS, prefix_list=NEXT_HOPS)]
    if node.role is Role.CORE:
        maps.append(RouteMap("bastion", prefix_list="bastion"))
        # Without this, own routes have weight 32768; with weight 0, the default of any ISP wins by its preference.
        maps.append(RouteMap(LAST_RESORT, local_preference=LAST_RESORT_PREFERENCE, weight=0))
        maps += _outside_maps(inventory, node)
    maps += site_policy.route_maps(inventory, node)
    if node.role is Role.FIREWALL:
        maps.append(RouteMap(ORIGIN, local_preference=origin_preference(inventory, node)))
    return maps
