"""Ports, addresses and OSPF."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Interface, IPv4Network

from baubau_ops.core.addresses import prefix_order
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Lan, Link, LinkKind, Node, Role
from baubau_ops.inventory.files.fields import Bfd
from baubau_ops.network.model.router import BfdProfile, Interface, Ospf, OspfPort, PortKind

HELLO = 1
"""Seconds between OSPF hellos: BFD notices failures, but short hellos bring a repaired link back quickly."""
DEAD = 5
"""Seconds without a hello until OSPF drops the neighbour; only the last resort behind BFD."""
ON_STARTUP = 30
"""Seconds for BGP to converge after a start, with a margin; meanwhile the router attracts no transit."""
OSPF_SECRET = "ospf"

_PIECE = re.compile(r"([^0-9]*)([0-9]*)")

_KINDS = {
    LinkKind.SPAN: PortKind.BACKBONE,
    LinkKind.DATACENTER: PortKind.BACKBONE,
    LinkKind.ISP: PortKind.ISP,
    LinkKind.PROVINCE: PortKind.PROVINCE,
    LinkKind.BASTION: PortKind.BASTION,
}


def interfaces(inventory: Inventory, node: Node) -> tuple[Interface, ...]:
    """All ports of a router, in the natural order of their names: numbers are compared by value."""
    topology = inventory.topology
    assert node.loopback is not None, "routers of ours have a loopback"
    loopback = IPv4Interface((int(node.loopback), 32))
    found = [Interface("lo", PortKind.LOOPBACK, "", loopback)]
    found += [_link_interface(inventory, node, link) for link in topology.links_of(node.name)]
    found += [_lan_interface(lan) for lan in topology.lans_of(node.name)]
    order = _order(tuple(interface.name for interface in found))
    return tuple(found[index] for index in order)


@lru_cache(maxsize=4096)
def _order(names: tuple[str, ...]) -> tuple[int, ...]:
    """The indices of the ports in sorted order; cached, because many sites have the same port names."""
    return tuple(sorted(range(len(names)), key=lambda index: _pieces(names[index])))


def _pieces(name: str) -> tuple[tuple[str, int], ...]:
    return tuple((text, int(number or 0)) for text, number in _PIECE.findall(name))


def _link_interface(inventory: Inventory, node: Node, link: Link) -> Interface:
    here, there = link.end(node.name), link.far(node.name)
    kind = port_kind(node, link)
    return Interface(
        name=here.name,
        kind=kind,
        description=link.id,
        address=here.address,
        neighbour=there.node,
        peer=there.address.ip,
        ospf=_ospf_port(inventory, link) if kind is PortKind.BACKBONE else None,
    )


def _lan_interface(lan: Lan) -> Interface:
    return Interface(lan.port, PortKind.LAN, f"{lan.owner} {lan.zone}", lan.gateway, zone=lan.zone)


def port_kind(node: Node, link: Link) -> PortKind:
    """Kind of a link, as seen from one of its ends."""
    if link.kind is LinkKind.ACCESS:
        return PortKind.UPLINK if node.role is Role.SITE else PortKind.SITE
    return _KINDS[link.kind]


def _ospf_port(inventory: Inventory, link: Link) -> OspfPort:
    assert link.cost is not None, "links between infrastructure routers have a cost"
    return OspfPort(
        cost=link.cost,
        bfd_profile=bfd_profile_name(link) if bfd_of(inventory, link) else None,
        hello=HELLO,
        dead=DEAD,
        secret=OSPF_SECRET,
    )


def bfd_of(inventory: Inventory, link: Link) -> Bfd | None:
    """BFD timers of a link: those of its medium, but on an ISP's link only if the ISP offers BFD."""
    if link.kind is LinkKind.ISP:
        return inventory.backbone.isps[link.b.node].bfd
    if link.kind is LinkKind.BASTION:
        return None
    return inventory.city.link_classes[link.media].bfd


def bfd_profile_name(link: Link) -> str:
    """Profiles are named after the medium; the profile of an ISP's link is named after the ISP."""
    return link.b.node if link.kind is LinkKind.ISP else link.media


def bfd_profiles(inventory: Inventory, node: Node) -> tuple[BfdProfile, ...]:
    """The profiles that a router's ports use, sorted by name."""
    found = {}
    for link in inventory.topology.links_of(node.name):
        bfd = bfd_of(inventory, link)
        if bfd is not None:
            name = bfd_profile_name(link)
            found[name] = BfdProfile(name, round(bfd.interval * 1000), bfd.multiplier)
    return tuple(profile for _, profile in sorted(found.items()))


def ospf(node: Node, ports: tuple[Interface, ...]) -> Ospf | None:
    """OSPF of an infrastructure router.

    A firewall keeps state and so must never become a path between the cores: it is always a stub router.
    """
    if node.role not in INFRASTRUCTURE:
        return None
    assert node.loopback is not None, "routers of ours have a loopback"
    stub = node.role is Role.FIREWALL
    redistribute = "bastion" if node.role is Role.CORE else None
    runs_on = [port for port in ports if port.ospf or port.kind is PortKind.LOOPBACK]
    return Ospf(
        router_id=node.loopback,
        on_startup=None if stub else ON_STARTUP,
        stub=stub,
        networks=tuple(sorted((port.address.network for port in runs_on), key=prefix_order)),
        redistribute=redistribute,
    )


def lan_prefixes(inventory: Inventory, node: Node) -> tuple[IPv4Network, ...]:
    """Networks behind a router's LAN ports, sorted."""
    return tuple(sorted((lan.prefix for lan in inventory.topology.lans_of(node.name)), key=prefix_order))
