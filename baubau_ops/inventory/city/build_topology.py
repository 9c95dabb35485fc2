"""Builds the topology from files and numbers: only here do ports and links get their addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv4Network

from baubau_ops.core.addresses import interface
from baubau_ops.inventory.city.costs import DATACENTER_COST, span_cost
from baubau_ops.inventory.city.topology import (
    BASTION,
    PROVINCE,
    Lan,
    Link,
    LinkKind,
    Node,
    Port,
    Role,
    Topology,
    link_id,
    pop_device,
    port_towards,
    site_device,
    span_ends,
    span_ids,
)
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.backbone import Backbone, Isp
from baubau_ops.inventory.files.city import Platforms
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.site import Site, SiteLink


def build_topology(
    *,
    asn: int,
    backbone: Backbone,
    datacenter: Datacenter,
    sites: Mapping[str, Site],
    platforms: Platforms,
    allocations: Allocations,
) -> Topology:
    """Build the topology. `allocations` must be complete for the files (see `allocate.complete`)."""
    connected = {name: site for name, site in sorted(sites.items()) if site.links}
    links = sorted(
        [
            *_spans(backbone, allocations),
            *_datacenter_links(backbone, datacenter, allocations),
            *_outside_links(backbone, allocations),
            *(link for name, site in connected.items() for link in _access_links(name, site, allocations)),
        ],
        key=lambda link: link.id,
    )
    lans = [
        *_datacenter_lans(datacenter, allocations),
        *(lan for name, site in connected.items() for lan in _site_lans(name, site, allocations)),
    ]
    nodes = _nodes(asn, backbone, datacenter, connected, platforms, allocations)
    return Topology({node.name: node for node in nodes}, {link.id: link for link in links}, tuple(lans))


def _nodes(
    asn: int,
    backbone: Backbone,
    datacenter: Datacenter,
    sites: Mapping[str, Site],
    platforms: Platforms,
    allocations: Allocations,
) -> Iterator[Node]:
    loopbacks = allocations.loopbacks
    for core in sorted(backbone.cores):
        yield Node(core, Role.CORE, asn, loopbacks[core], core, platforms.core)
    for firewall in datacenter.firewalls:
        yield Node(firewall, Role.FIREWALL, asn, loopbacks[firewall], firewall, platforms.firewall)
    for pop in sorted(backbone.pops):
        yield Node(pop_device(pop), Role.POP, asn, loopbacks[pop_device(pop)], pop, platforms.pop)
    for site, data in sites.items():
        numbers = allocations.sites[site]
        platform = data.platform or platforms.site
        yield Node(site_device(site), Role.SITE, numbers.asn, numbers.loopback, site, platform)
    for name, isp in sorted(backbone.isps.items()):
        yield Node(name, Role.ISP, isp.asn, None, name)
    yield Node(PROVINCE, Role.PROVINCE, backbone.province.asn, None, PROVINCE)
    yield Node(BASTION, Role.BASTION, asn, loopbacks[BASTION], BASTION)


def _ports(a: str, b: str, prefix: IPv4Network, parallel: int = 0) -> tuple[Port, Port]:
    return (
        Port(a, port_towards(b, parallel), interface(prefix, 0)),
        Port(b, port_towards(a, parallel), interface(prefix, 1)),
    )


def _spans(backbone: Backbone, allocations: Allocations) -> Iterator[Link]:
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    for span, name in zip(backbone.spans, span_ids(backbone), strict=True):
        ends = span_ends(span, backbone)
        a, b = _ports(*ends, allocations.links[name], seen[ends])
        seen[ends] += 1
        yield Link(name, LinkKind.SPAN, "span", a, b, span.capacity, cost=span_cost(span), km=span.km)


def _datacenter_links(backbone: Backbone, datacenter: Datacenter, allocations: Allocations) -> Iterator[Link]:
    for firewall in datacenter.firewalls:
        for core in sorted(backbone.cores):
            name = link_id(core, firewall)
            a, b = _ports(core, firewall, allocations.links[name])
            yield Link(name, LinkKind.DATACENTER, "span", a, b, datacenter.capacity, cost=DATACENTER_COST)


def _outside_links(backbone: Backbone, allocations: Allocations) -> Iterator[Link]:
    for core in sorted(backbone.cores):
        name = link_id(core, BASTION)
        a, b = _ports(core, BASTION, allocations.links[name])
        yield Link(name, LinkKind.BASTION, "span", a, b, 1_000_000_000)
    for isp, uplink in sorted(backbone.isps.items()):
        yield _isp_link(isp, uplink)
    province = backbone.province
    name = link_id(province.core, PROVINCE)
    a, b = _ports(province.core, PROVINCE, allocations.links[name])
    yield Link(name, LinkKind.PROVINCE, "leased", a, b, province.capacity)


def _isp_link(name: str, isp: Isp) -> Link:
    return Link(
        link_id(isp.core, name),
        LinkKind.ISP,
        "leased",
        Port(isp.core, port_towards(name), isp.address),
        Port(name, port_towards(isp.core), IPv4Interface((isp.peer, isp.address.network.prefixlen))),
        isp.capacity,
    )


def _access_links(site: str, data: Site, allocations: Allocations) -> Iterator[Link]:
    for link in data.links:
        yield _access_link(site, link, allocations)


def _access_link(site: str, link: SiteLink, allocations: Allocations) -> Link:
    numbers = allocations.sites[site].links[link.pop]
    pop, router = pop_device(link.pop), site_device(site)
    return Link(
        link_id(pop, router),
        LinkKind.ACCESS,
        link.media,
        Port(pop, f"ce{numbers.port}", interface(numbers.prefix, 0)),
        Port(router, port_towards(pop), interface(numbers.prefix, 1)),
        max(link.peak.down, link.peak.up),
        committed=link.committed,
        peak=link.peak,
        role=link.role,
    )


def _datacenter_lans(datacenter: Datacenter, allocations: Allocations) -> Iterator[Lan]:
    for segment in sorted(datacenter.segments):
        for firewall in datacenter.firewalls:
            prefix = allocations.lans[segment][firewall]
            yield Lan(firewall, f"lan-{segment}", segment, segment, interface(prefix, 1))


def _site_lans(site: str, data: Site, allocations: Allocations) -> Iterator[Lan]:
    for zone in sorted(data.segments):
        prefix = allocations.sites[site].segments[zone]
        yield Lan(site_device(site), f"lan-{zone}", zone, site, interface(prefix, 1))
