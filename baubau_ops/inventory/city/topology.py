"""The city as nodes, ports, links and LANs, with their names.

Derive, the twin's cabling, checks and maps all use it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Literal

from baubau_ops.inventory.files.backbone import Backbone, Span
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.site import Rates

BASTION = "bastion"
PROVINCE = "prov"
MAX_PORT_NAME = 15
"""Largest length of a Linux interface name in bytes (IFNAMSIZ without the NUL)."""


class Role(StrEnum):
    CORE = "core"
    POP = "pop"
    FIREWALL = "firewall"
    SITE = "site"
    ISP = "isp"
    PROVINCE = "province"
    BASTION = "bastion"


OURS = frozenset({Role.CORE, Role.POP, Role.FIREWALL, Role.SITE})
"""Roles that `net` configures; their owners configure external nodes, and on the twin the twin does."""
INFRASTRUCTURE = frozenset({Role.CORE, Role.POP, Role.FIREWALL})
"""Roles that run OSPF and iBGP."""


class LinkKind(StrEnum):
    SPAN = "span"
    DATACENTER = "datacenter"
    ACCESS = "access"
    ISP = "isp"
    PROVINCE = "province"
    BASTION = "bastion"


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that forwards packets, or the bastion."""

    name: str
    role: Role
    asn: int
    loopback: IPv4Address | None
    """Loopback address; None for nodes that are not ours."""
    id: str
    """Label on screens: the id of a POP or site, otherwise the name."""
    platform: str = ""
    """Platform of the router; empty for nodes that are not ours."""


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a link."""

    node: str
    name: str
    address: IPv4Interface


@dataclass(frozen=True, slots=True)
class Link:
    """A wire between two nodes; `a` is the end nearer to the cores."""

    id: str
    kind: LinkKind
    media: str
    """Link class of the city, such as `fibre`."""
    a: Port
    b: Port
    capacity: int
    """Capacity in bit/s, in each direction."""
    cost: int | None = None
    """OSPF cost in each direction; None where OSPF does not run."""
    km: float | None = None
    committed: Rates | None = None
    """Committed rates of a site's link, as `peak` holds its peak rates; None for other links."""
    peak: Rates | None = None
    role: Literal["primary", "backup"] = "primary"
    """Role of a site's link: primary or backup."""

    def end(self, node: str) -> Port:
        """The port of `node` on this link."""
        return self.a if self.a.node == node else self.b

    def far(self, node: str) -> Port:
        """The port at the other end."""
        return self.b if self.a.node == node else self.a


@dataclass(frozen=True, slots=True)
class Lan:
    """A segment behind one router, with the machines of people and services."""

    router: str
    port: str
    zone: str
    """Name of a zone of the city, or of a segment of the data center."""
    owner: str
    """Id of the site or of the data-center segment."""
    gateway: IPv4Interface
    """Address of the router in the segment."""

    @property
    def prefix(self) -> IPv4Network:
        return self.gateway.network

    @property
    def host(self) -> IPv4Address:
        """The first address after the gateway: that of the twin's client or the data center's host."""
        return self.gateway.ip + 1


@dataclass(frozen=True)
class Topology:
    """Everything that has a name or an address. Links are sorted by id, and the LANs of sites by site."""

    nodes: Mapping[str, Node]
    links: Mapping[str, Link]
    lans: tuple[Lan, ...]

    @cached_property
    def _links_by_node(self) -> Mapping[str, tuple[Link, ...]]:
        found: defaultdict[str, list[Link]] = defaultdict(list)
        for link in self.links.values():
            found[link.a.node].append(link)
            found[link.b.node].append(link)
        return {node: tuple(links) for node, links in found.items()}

    @cached_property
    def _lans_by_router(self) -> Mapping[str, tuple[Lan, ...]]:
        found: defaultdict[str, list[Lan]] = defaultdict(list)
        for lan in self.lans:
            found[lan.router].append(lan)
        return {router: tuple(lans) for router, lans in found.items()}

    def links_of(self, node: str) -> tuple[Link, ...]:
        return self._links_by_node.get(node, ())

    def lans_of(self, router: str) -> tuple[Lan, ...]:
        return self._lans_by_router.get(router, ())

    @cached_property
    def _nodes_by_role(self) -> Mapping[Role, tuple[Node, ...]]:
        found: defaultdict[Role, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            found[node.role].append(node)
        return {role: tuple(nodes) for role, nodes in found.items()}

    def with_role(self, *roles: Role) -> tuple[Node, ...]:
        """The nodes with some roles, role by role, in the order of `nodes`."""
        return tuple(node for role, nodes in self._nodes_by_role.items() if role in roles for node in nodes)

    @cached_property
    def carriers(self) -> frozenset[str]:
        """The nodes that carry transit traffic: cores and POPs."""
        return frozenset(node.name for node in self.with_role(Role.CORE, Role.POP))

    @property
    def ours(self) -> tuple[Node, ...]:
        """The routers that `net` configures."""
        return self.with_role(*OURS)

    def find(self, name: str) -> Node | None:
        """Return a node by its name, or a POP by its id."""
        return self.nodes.get(name) or self.nodes.get(pop_device(name))


def pop_device(pop: str) -> str:
    return f"pop-{pop}"


def pop_id(name: str, pops: Collection[str]) -> str:
    """Return the id of a POP that is given by its id or device name; return any other name unchanged."""
    bare = name.removeprefix("pop-")
    return bare if name not in pops and bare in pops else name


def site_device(site: str) -> str:
    return f"ce-{site}"


def backbone_device(end: str, backbone: Backbone) -> str:
    """Return the device at the end of a span, which is given as a core's name or a POP's id."""
    return end if end in backbone.cores else pop_device(end)


def port_towards(neighbour: str, parallel: int = 0) -> str:
    """Return the name of a port: `to-<neighbour>`, for POPs without the prefix; parallel links end in -b, -c, …"""
    suffix = f"-{chr(ord('a') + parallel)}" if parallel else ""
    return f"to-{neighbour.removeprefix('pop-')}{suffix}"


def link_id(a: str, b: str, parallel: int = 0) -> str:
    suffix = f"-{chr(ord('a') + parallel)}" if parallel else ""
    return f"{a}--{b}{suffix}"


def span_ends(span: Span, backbone: Backbone) -> tuple[str, str]:
    """Return the devices at the ends of a span, sorted, cores first."""
    first, second = sorted(
        (backbone_device(span.a, backbone), backbone_device(span.b, backbone)),
        key=lambda device: (device not in backbone.cores, device),
    )
    return first, second


def span_ids(backbone: Backbone) -> list[str]:
    """Return the id of every span, in the order of the file; the ends in it are sorted, cores first."""
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    ids = []
    for span in backbone.spans:
        ends = span_ends(span, backbone)
        ids.append(link_id(*ends, parallel=seen[ends]))
        seen[ends] += 1
    return ids


def link_ends(link: str) -> tuple[str, str]:
    """Return the two nodes in a link's id; the id of a parallel link ends in an extra letter."""
    first, second = link.split("--")
    stem, _, letter = second.rpartition("-")
    return first, stem if len(letter) == 1 and letter.isalpha() else second


def numbered_links(backbone: Backbone, datacenter: Datacenter) -> dict[str, tuple[str, str]]:
    """Return the ends of the links whose /31 has its own entry in the lock, by id; spans come first."""
    found = {
        name: span_ends(span, backbone) for name, span in zip(span_ids(backbone), backbone.spans, strict=True)
    }
    cores = sorted(backbone.cores)
    others = [(core, firewall) for firewall in datacenter.firewalls for core in cores]
    others += [(core, BASTION) for core in cores]
    others.append((backbone.province.core, PROVINCE))
    return found | {link_id(*ends): ends for ends in others}


def infrastructure(backbone: Backbone, datacenter: Datacenter) -> list[str]:
    """Return the devices whose loopback has its own entry in the lock."""
    return [
        BASTION,
        *sorted(backbone.cores),
        *datacenter.firewalls,
        *(pop_device(pop) for pop in sorted(backbone.pops)),
    ]
