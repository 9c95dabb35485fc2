"""Packet filters of each router, from the policy and the topology."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.core.addresses import host, prefix_order
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, Link, LinkKind, Node, Role
from baubau_ops.network.derive.bgp import site_prefixes
from baubau_ops.network.derive.interfaces import port_kind
from baubau_ops.network.derive.routing import province_prefixes
from baubau_ops.network.derive.voice import voice_pools, voice_rate
from baubau_ops.network.model.filters import (
    CoreFilter,
    Filters,
    FirewallFilter,
    InputFilter,
    IspPort,
    PeerPort,
    Permit,
    PopFilter,
    ProvincePort,
    SiteFilter,
    SitePort,
)
from baubau_ops.network.model.router import (
    Bgp,
    Interface,
    Neighbour,
    PortKind,
)
from baubau_ops.network.policy import Matrix, PlaceKind


def filters(
    inventory: Inventory, policy: Matrix, node: Node, interfaces: tuple[Interface, ...], bgp: Bgp
) -> Filters:
    """The packet filter of a router."""
    return Filters(
        input=_input(inventory, node, interfaces, bgp),
        forward=_forward(inventory, policy, node, interfaces),
        not_internet=policy.not_internet,
        voice=_voice(inventory, node),
        bogons=policy.bogons,
    )


def _forward(
    inventory: Inventory, policy: Matrix, node: Node, interfaces: tuple[Interface, ...]
) -> SiteFilter | PopFilter | CoreFilter | FirewallFilter:
    if node.role is Role.CORE:
        return _core(inventory, policy, node, interfaces)
    if node.role is Role.POP:
        return _pop(inventory, policy, node, interfaces)
    if node.role is Role.FIREWALL:
        return _firewall(policy, interfaces)
    return _site(policy, interfaces)


def _voice(inventory: Inventory, node: Node) -> tuple[IPv4Network, ...]:
    """Networks that a router's calls come from and go to; none for a site router without a segment for calls."""
    has_calls = node.role is not Role.SITE or voice_rate(inventory, node.id)
    return voice_pools(inventory) if has_calls else ()


def _names(interfaces: tuple[Interface, ...], *kinds: PortKind) -> tuple[str, ...]:
    return tuple(interface.name for interface in interfaces if interface.kind in kinds)


def _peer(interface: Interface) -> PeerPort:
    assert interface.peer is not None, "a link has another end"
    return PeerPort(interface.name, interface.peer)


def _session(neighbour: Neighbour) -> PeerPort:
    return PeerPort(neighbour.interface, neighbour.address)


def bastion_address(inventory: Inventory) -> IPv4Address:
    """Source address of all management."""
    address = inventory.topology.nodes[BASTION].loopback
    assert address is not None, "the bastion has a loopback"
    return address


def _input(inventory: Inventory, node: Node, interfaces: tuple[Interface, ...], bgp: Bgp) -> InputFilter:
    assert node.loopback is not None, "routers of ours have a loopback"
    backbone = [interface for interface in interfaces if interface.kind is PortKind.BACKBONE]
    external = [neighbour for neighbour in bgp.neighbours if neighbour.external]
    return InputFilter(
        loopback=node.loopback,
        bastion=bastion_address(inventory),
        management_ports=_names(interfaces, PortKind.BACKBONE, PortKind.BASTION, PortKind.UPLINK),
        ospf=tuple(_peer(port) for port in backbone),
        bfd=tuple(_peer(port) for port in backbone if port.ospf and port.ospf.bfd_profile),
        bfd_multihop=tuple(_session(session) for session in external if session.bfd_profile),
        ebgp=tuple(_session(session) for session in external),
        ibgp=tuple(session.address for session in bgp.neighbours if not session.external),
        ibgp_ports=tuple(port.name for port in backbone),
        state_sync=_other_firewalls_ports(inventory, node),
    )


def _other_firewalls_ports(inventory: Inventory, node: Node) -> tuple[IPv4Address, ...]:
    if node.role is not Role.FIREWALL:
        return ()
    others = [other.name for other in inventory.topology.with_role(Role.FIREWALL) if other != node]
    links = [(other, link) for other in others for link in inventory.topology.links_of(other)]
    return tuple(sorted(link.end(other).address.ip for other, link in links))


def _site(policy: Matrix, interfaces: tuple[Interface, ...]) -> SiteFilter:
    lans = [interface for interface in interfaces if interface.kind is PortKind.LAN]
    inbound: dict[str, Permit] = {}
    for lan in lans:
        for opener in policy.openers(lan.zone):
            known = inbound.get(opener.name, Permit(opener.name, opener.networks))
            inbound[opener.name] = replace(known, networks=(*known.networks, lan.address.network))
    return SiteFilter(
        uplinks=_names(interfaces, PortKind.UPLINK),
        lans=tuple((lan.name, lan.zone) for lan in lans),
        outbound=tuple(replace(policy.permit(lan.zone), sources=(lan.address.network,)) for lan in lans),
        inbound=tuple(permit for _, permit in sorted(inbound.items())),
    )


def _exchange(policy: Matrix, zone: str) -> Permit:
    """Traffic of a zone in both directions, as a stateless filter sees it."""
    permit = policy.permit(zone)
    openers = {network for opener in policy.openers(zone) for network in opener.networks}
    return replace(permit, networks=tuple(sorted(openers | set(permit.networks))))


def _pop(inventory: Inventory, policy: Matrix, node: Node, interfaces: tuple[Interface, ...]) -> PopFilter:
    sites = []
    for link in inventory.topology.links_of(node.name):
        if link.kind is LinkKind.ACCESS:
            assert link.committed, "a site's link has rates"
            assert link.peak, "a site's link has rates"
            site = inventory.topology.nodes[link.b.node].id
            sites.append(
                SitePort(
                    port=link.a.name,
                    committed=link.committed.up,
                    peak=link.peak.up,
                    voice=voice_rate(inventory, site),
                    sources=_feasible(inventory, site, link),
                )
            )
    order = {interface.name: position for position, interface in enumerate(interfaces)}
    return PopFilter(
        backbone=_names(interfaces, PortKind.BACKBONE),
        sites=tuple(sorted(sites, key=lambda site: order[site.port])),
        zones=tuple(_exchange(policy, zone.name) for zone in policy.of_kind(PlaceKind.ZONE)),
        routers=(inventory.city.pools.link, inventory.city.pools.loopback),
        bastion=bastion_address(inventory),
    )


def _feasible(inventory: Inventory, site: str, link: Link) -> tuple[IPv4Network, ...]:
    """Sources that are valid on one link of a site with two: the best route back may use the other link."""
    if len(inventory.sites[site].links) == 1:
        return ()
    return tuple(sorted([*site_prefixes(inventory, site), host(link.b.address.ip)], key=prefix_order))


def _core(inventory: Inventory, policy: Matrix, node: Node, interfaces: tuple[Interface, ...]) -> CoreFilter:
    pools = inventory.city.pools
    isps = [
        IspPort(link.a.name, link.a.address.ip, link.b.address.ip)
        for link in inventory.topology.links_of(node.name)
        if link.kind is LinkKind.ISP
    ]
    users = [a.source for a in policy.allowances if a.target.kind is PlaceKind.INTERNET]
    sources = {network for place in users for network in place.networks}
    managed = {pools.loopback, pools.link, *policy.permit(BASTION).addresses}
    return CoreFilter(
        backbone=_names(interfaces, PortKind.BACKBONE),
        bastion_port=_names(interfaces, PortKind.BASTION)[0],
        bastion=bastion_address(inventory),
        managed=tuple(sorted(managed)),
        isps=tuple(isps),
        province=_province(inventory, node),
        internet_sources=tuple(sorted(sources)),
        nat=inventory.backbone.cores[node.name].nat,
    )


def _province(inventory: Inventory, node: Node) -> ProvincePort | None:
    for link in inventory.topology.links_of(node.name):
        if link.kind is LinkKind.PROVINCE and port_kind(node, link) is PortKind.PROVINCE:
            prefixes: tuple[IPv4Network, ...] = tuple(sorted(inventory.backbone.province.prefixes))
            return ProvincePort(link.a.name, link.b.address.ip, prefixes, province_prefixes(inventory))
    return None


def _firewall(policy: Matrix, interfaces: tuple[Interface, ...]) -> FirewallFilter:
    lans = [(lan.name, lan.zone) for lan in interfaces if lan.kind is PortKind.LAN]
    segments = {segment for _, segment in lans}
    sources = [
        policy.permit(place.name)
        for place in policy.of_kind(PlaceKind.ZONE, PlaceKind.PROVINCE, PlaceKind.BASTION)
    ]
    return FirewallFilter(
        backbone=_names(interfaces, PortKind.BACKBONE),
        lans=tuple(lans),
        inbound=tuple(replace(permit, networks=(), internet=False) for permit in sources if permit.sockets),
        outbound=tuple(policy.permit(segment) for segment in sorted(segments)),
    )
