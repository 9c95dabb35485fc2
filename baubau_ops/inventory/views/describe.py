"""Everything about one object of the city: facts, numbers, ports, neighbours, and where it is defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link, Node, Role, pop_device, site_device
from baubau_ops.inventory.files.problems import shown
from baubau_ops.inventory.files.site import SiteLink
from baubau_ops.inventory.files.yaml import DocumentPath, Places
from baubau_ops.inventory.views.listing import LISTS, Row, rows


@dataclass(frozen=True, slots=True)
class Description:
    """One object; rates are bit/s, durations seconds."""

    kind: str
    """`site`, `pop`, `core`, …"""
    id: str
    defined: str
    """file:line; empty for an object that no file names."""
    facts: Mapping[str, object]
    ports: tuple[Row, ...] = field(default=())
    segments: tuple[Row, ...] = field(default=())


def describe(inventory: Inventory, name: str) -> list[Description]:
    """Return every object of that name: a site and a service may share one.

    InputError when there is none.
    """
    found = list(_matches(inventory, name))
    if not found:
        known = {str(row.get("id") or row.get("name")) for what in LISTS for row in rows(inventory, what)}
        known |= set(inventory.datacenter.segments)
        guess = did_you_mean(name, known)
        raise InputError(f'There is nothing called "{name}".{guess}', remedy="See: baubau inventory list")
    return found


def _matches(inventory: Inventory, name: str) -> Iterator[Description]:
    topology = inventory.topology
    for site in inventory.sites:
        if name in (site, site_device(site)):
            yield _site(inventory, site)
    for pop in inventory.backbone.pops:
        if name in (pop, pop_device(pop)):
            yield _device(inventory, topology.nodes[pop_device(pop)])
    node = topology.nodes.get(name)
    if node is not None and node.role not in (Role.SITE, Role.POP):
        yield _device(inventory, node)
    if name in topology.links:
        yield _link(inventory, topology.links[name])
    if name in inventory.services:
        yield _from_list(inventory, "service", "services", name, ("services", name), "services.yml")
    if name in inventory.city.zones:
        yield _from_list(inventory, "zone", "zones", name, ("zones", name), "city.yml")
    if name in inventory.datacenter.segments:
        yield _segment(inventory, name)


def _defined(inventory: Inventory, file: str, path: DocumentPath) -> str:
    whole = inventory.folder / file
    return f"{shown(whole)}:{Places(whole).find(path, key=True).line}"


def _site(inventory: Inventory, site: str) -> Description:
    data = inventory.sites[site]
    facts: dict[str, Any] = {
        "name": data.name,
        "kind": data.kind,
        "kecamatan": data.kecamatan,
        "today": data.today.model_dump() if data.today else None,
        "router": site_device(site) if data.links else None,
    }
    defined = _defined(inventory, f"sites/{site}.yml", ())
    if not data.links:
        return Description("site", site, defined, {**facts, "link": None, "assumed": list(data.assumed)})
    numbers = inventory.numbers.sites[site]
    for link in data.links:
        facts |= _site_link(link, "backup_" if link.role == "backup" else "")
    facts |= {
        "asn": numbers.asn,
        "loopback": str(numbers.loopback),
        "proposed": f"sites/{site}" in inventory.proposed,
        "assumed": list(data.assumed),
    }
    ports = tuple(_ports(inventory, site_device(site)))
    return Description("site", site, defined, facts, ports, tuple(_lans(inventory, site_device(site))))


def _site_link(link: SiteLink, prefix: str) -> dict[str, object]:
    return {
        f"{prefix}pop": link.pop,
        f"{prefix}media": link.media,
        f"{prefix}status": str(link.status),
        f"{prefix}committed": link.committed.model_dump(),
        f"{prefix}peak": link.peak.model_dump(),
    }


def _device(inventory: Inventory, node: Node) -> Description:
    facts = {
        "role": str(node.role),
        "asn": node.asn,
        "loopback": str(node.loopback) if node.loopback else None,
        "proposed": node.name in inventory.proposed_devices,
    }
    file, path = _definition(node)
    if node.role is Role.POP:
        pop = inventory.backbone.pops[node.id]
        facts |= {"kecamatan": pop.kecamatan, "assumed": pop.assumed}
    elif node.role is Role.CORE:
        facts["nat"] = str(inventory.backbone.cores[node.name].nat)
    elif node.role is Role.ISP:
        facts["name"] = inventory.backbone.isps[node.name].name
    elif node.role is Role.PROVINCE:
        province = inventory.backbone.province
        facts |= {"name": province.name, "prefixes": [str(prefix) for prefix in province.prefixes]}
    ports, lans = tuple(_ports(inventory, node.name)), tuple(_lans(inventory, node.name))
    defined = _defined(inventory, file, path) if file else ""
    return Description(str(node.role), node.name, defined, facts, ports, lans)


def _definition(node: Node) -> tuple[str, DocumentPath]:
    if node.role is Role.FIREWALL:
        return "datacenter.yml", ("firewalls",)
    if node.role is Role.PROVINCE:
        return "backbone.yml", ("province",)
    section = {Role.CORE: "cores", Role.POP: "pops", Role.ISP: "isps"}.get(node.role)
    return ("backbone.yml", (section, node.id)) if section else ("", ())


def _link(inventory: Inventory, link: Link) -> Description:
    row = next(row for row in rows(inventory, "links") if row["id"] == link.id)
    return Description("link", link.id, "", {name: row[name] for name in row if name != "id"})


def _from_list(
    inventory: Inventory, kind: str, what: str, name: str, path: DocumentPath, file: str
) -> Description:
    row = next(row for row in rows(inventory, what) if row["id"] == name)
    facts = {column: row[column] for column in row if column != "id"}
    if kind == "service":
        service = inventory.services[name]
        facts |= {
            "rto": service.rto,
            "rpo": service.rpo,
            "sla": service.sla,
            "assumed": list(service.assumed),
        }
    return Description(kind, name, _defined(inventory, file, path), facts)


def _segment(inventory: Inventory, name: str) -> Description:
    segment = inventory.datacenter.segments[name]
    services = [id for id, service in inventory.services.items() if service.segment == name]
    lans = tuple(
        row
        for firewall in inventory.datacenter.firewalls
        for row in _lans(inventory, firewall)
        if row["zone"] == name
    )
    facts = {"name": segment.name, "services": sorted(services)}
    defined = _defined(inventory, "datacenter.yml", ("segments", name))
    return Description("segment", name, defined, facts, segments=lans)


def _ports(inventory: Inventory, node: str) -> Iterator[Row]:
    for link in inventory.topology.links_of(node):
        near, far = link.end(node), link.far(node)
        yield {
            "port": near.name,
            "address": str(near.address),
            "neighbour": far.node,
            "neighbour_port": far.name,
            "neighbour_address": str(far.address.ip),
            "media": link.media,
            "capacity": link.capacity,
            "cost": link.cost,
            "link": link.id,
        }


def _lans(inventory: Inventory, router: str) -> Iterator[Row]:
    for lan in inventory.topology.lans_of(router):
        yield {
            "port": lan.port,
            "zone": lan.zone,
            "prefix": str(lan.prefix),
            "gateway": str(lan.gateway.ip),
            "router": lan.router,
        }
