"""BGP: sessions, originated networks, and the names of their filters."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.core.addresses import host, prefix_order
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Lan, Link, LinkKind, Node, Role
from baubau_ops.network.derive import preference
from baubau_ops.network.derive.interfaces import bfd_of, bfd_profile_name, lan_prefixes
from baubau_ops.network.model.router import Bgp, Neighbour, Network

DEFAULT = IPv4Network("0.0.0.0/0")
LAST_RESORT = "last-resort"
CITY_REACHED = "city-reached"
LAST_RESORT_PREFERENCE = 10
"""Below the usual 100: a core's own default route is used only when no ISP's default is left."""
ORIGIN = "origin"
ACTIVE_PREFERENCE = 200
STANDBY_PREFERENCE = 100

IBGP_SECRET = "ibgp"
IBGP_TIMERS = (3, 9)
"""Seconds. Next-hop tracking notices failures, but a change of filters is trusted only after the hold time."""
BFD_TIMERS = (10, 30)
"""Seconds, for sessions that BFD watches."""
PLAIN_TIMERS = (1, 3)
"""Seconds, for sessions without BFD and for sessions with external neighbours."""


def bgp(inventory: Inventory, node: Node) -> Bgp:
    """BGP of one of our routers."""
    assert node.loopback is not None, "routers of ours have a loopback"
    core = node.role is Role.CORE
    neighbours = [*_ibgp(inventory, node), *_ebgp(inventory, node)]
    return Bgp(
        asn=node.asn,
        router_id=node.loopback,
        cluster_id=node.loopback if core else None,
        # A core's own networks are discard routes that always exist. If BGP checked them, a default route from an ISP
        # would withdraw the last resort just because the last resort is not in use.
        import_check=not core,
        networks=tuple(sorted(_networks(inventory, node), key=lambda network: prefix_order(network.prefix))),
        neighbours=tuple(sorted(neighbours, key=lambda neighbour: neighbour.address)),
    )


def site_prefixes(inventory: Inventory, site: str) -> tuple[IPv4Network, ...]:
    """All prefixes that a site may announce: the loopback of its router and its segments, sorted."""
    return inventory.site_prefixes[site]


def services_behind(inventory: Inventory, node: Node) -> list[tuple[Lan, IPv4Address]]:
    """The address of every service, with the firewall's LAN that leads to its host."""
    lans = {lan.zone: lan for lan in inventory.topology.lans_of(node.name)}
    return [
        (lans[service.segment], inventory.numbers.services[name])
        for name, service in sorted(inventory.services.items())
    ]


def origin_preference(inventory: Inventory, node: Node) -> int:
    """Local preference of a firewall's routes: the first firewall in the list is active, the other is standby."""
    return ACTIVE_PREFERENCE if inventory.datacenter.firewalls[0] == node.name else STANDBY_PREFERENCE


def _networks(inventory: Inventory, node: Node) -> Iterator[Network]:
    if node.role is Role.CORE:
        yield Network(DEFAULT, LAST_RESORT)
        for prefix in {inventory.city.public, inventory.backbone.cores[node.name].nat}:
            yield Network(prefix)
    if node.role is Role.FIREWALL:
        for prefix in lan_prefixes(inventory, node):
            yield Network(prefix, ORIGIN)
        for _, address in services_behind(inventory, node):
            yield Network(host(address), ORIGIN)
    if node.role is Role.SITE:
        for prefix in site_prefixes(inventory, node.id):
            yield Network(prefix)


def _ibgp(inventory: Inventory, node: Node) -> Iterator[Neighbour]:
    """Cores are route reflectors for POPs and firewalls, and ordinary peers to each other."""
    if node.role is Role.SITE:
        return
    core = node.role is Role.CORE
    roles = (Role.CORE, Role.POP, Role.FIREWALL) if core else (Role.CORE,)
    for other in inventory.topology.with_role(*roles):
        if other.name == node.name:
            continue
        assert other.loopback is not None, "routers of ours have a loopback"
        client = core and other.role is not Role.CORE
        yield Neighbour(
            address=other.loopback,
            asn=other.asn,
            device=other.name,
            secret=IBGP_SECRET,
            keepalive=IBGP_TIMERS[0],
            hold=IBGP_TIMERS[1],
            update_source=node.loopback,
            # A POP announces a backup path even while it does not use it: all routers have it before they need it.
            all_paths=client or node.role is Role.POP,
            client=client,
            next_hop_self=True,
        )


def _ebgp(inventory: Inventory, node: Node) -> Iterator[Neighbour]:
    for link in inventory.topology.links_of(node.name):
        if link.kind is LinkKind.ACCESS:
            yield _access(inventory, node, link)
        elif link.kind is LinkKind.ISP:
            yield _outside(inventory, node, link, "isp")
        elif link.kind is LinkKind.PROVINCE:
            yield _outside(inventory, node, link, "prov")


def _access(inventory: Inventory, node: Node, link: Link) -> Neighbour:
    """Session between a POP (provider) and a site (customer); both ends are ours, so both must announce their role."""
    other = inventory.topology.nodes[link.far(node.name).node]
    site = node.id if node.role is Role.SITE else other.id
    provider = node.role is Role.POP
    secret = f"bgp-{site}" if link.role == "primary" else f"bgp-{site}.{link.role}"
    keepalive, hold = BFD_TIMERS if bfd_of(inventory, link) else PLAIN_TIMERS
    return Neighbour(
        address=link.far(node.name).address.ip,
        asn=other.asn,
        device=other.name,
        secret=secret,
        keepalive=keepalive,
        hold=hold,
        interface=link.end(node.name).name,
        role="provider" if provider else "customer",
        strict=True,
        bfd_profile=bfd_profile_name(link) if bfd_of(inventory, link) else None,
        max_prefixes=len(site_prefixes(inventory, site)) if provider else 1,
        prefixes_in=f"from-{site}" if provider else "default-only",
        prefixes_out="default-only" if provider else "own",
        route_map_in=preference.map_in(node, link.role),
        route_map_out=preference.map_out(node, link.role),
    )


def _outside(inventory: Inventory, node: Node, link: Link, filters: str) -> Neighbour:
    other = inventory.topology.nodes[link.b.node]
    isp = link.kind is LinkKind.ISP
    keepalive, hold = PLAIN_TIMERS  # an outsider that offers BFD may withdraw it without notice
    return Neighbour(
        address=link.b.address.ip,
        asn=other.asn,
        device=other.name,
        secret=f"bgp-{other.name}",
        keepalive=keepalive,
        hold=hold,
        interface=link.end(node.name).name,
        role="customer" if isp else "peer",
        bfd_profile=bfd_profile_name(link) if bfd_of(inventory, link) else None,
        max_prefixes=1 if isp else len(inventory.backbone.province.prefixes),
        prefixes_in=f"from-{filters}",
        prefixes_out=f"to-{filters}",
        route_map_in=f"from-{other.name}",
        announce_while=("to-isp", CITY_REACHED) if isp else None,
    )
