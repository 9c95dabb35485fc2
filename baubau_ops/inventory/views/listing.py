"""Sites, POPs, devices, links, services and zones as rows of plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import OURS

Row = Mapping[str, object]
"""Rates are bit/s, lengths km; what does not apply is None."""


def rows(inventory: Inventory, what: str, where: Mapping[str, str] | None = None) -> list[Row]:
    """Return all rows of one kind whose columns have the values of `where`.

    InputError when there is no such kind or column.
    """
    if what not in LISTS:
        raise InputError(f'There is no list "{what}".{did_you_mean(what, LISTS)} Lists: {", ".join(LISTS)}.')
    found = LISTS[what](inventory)
    columns = list(found[0] if found else where or {})
    for column, value in (where or {}).items():
        if column not in columns:
            guess = did_you_mean(column, columns)
            raise InputError(f'{what} have no column "{column}".{guess} Columns: {", ".join(columns)}.')
        found = [row for row in found if _matches(row[column], value)]
    return found


def _matches(cell: object, value: str) -> bool:
    if isinstance(cell, list | tuple):
        return value in map(str, cell)
    if isinstance(cell, bool):
        return value.lower() == str(cell).lower()
    return value == str(cell) or (isinstance(cell, int) and value == format_rate(cell))


def _sites(inventory: Inventory) -> list[Row]:
    found: list[Row] = []
    for name, site in inventory.sites.items():
        link, backup = (*site.links, None, None)[:2]
        numbers = inventory.numbers.sites.get(name)
        found.append(
            {
                "id": name,
                "name": site.name,
                "kind": site.kind,
                "kecamatan": site.kecamatan,
                "pop": link.pop if link else None,
                "backup_pop": backup.pop if backup else None,
                "media": link.media if link else None,
                "status": str(link.status) if link else "none",
                "committed_down": link.committed.down if link else None,
                "peak_down": link.peak.down if link else None,
                "segments": sorted(site.segments),
                "asn": numbers.asn if link and numbers else None,
                "proposed": f"sites/{name}" in inventory.proposed,
            }
        )
    return found


def _pops(inventory: Inventory) -> list[Row]:
    sites = Counter(link.pop for site in inventory.sites.values() for link in site.links)
    found: list[Row] = []
    for name, pop in sorted(inventory.backbone.pops.items()):
        spans = [span for span in inventory.backbone.spans if name in (span.a, span.b)]
        neighbours = sorted(span.b if span.a == name else span.a for span in spans)
        node = inventory.topology.find(name)
        found.append(
            {
                "id": name,
                "kecamatan": pop.kecamatan,
                "loopback": str(node.loopback) if node else None,
                "neighbours": neighbours,
                "sites": sites[name],
                "assumed": pop.assumed,
            }
        )
    return found


def _devices(inventory: Inventory) -> list[Row]:
    topology = inventory.topology
    return [
        {
            "name": node.name,
            "role": str(node.role),
            "asn": node.asn,
            "loopback": str(node.loopback) if node.loopback else None,
            "links": len(topology.links_of(node.name)),
            "lans": len(topology.lans_of(node.name)),
            "ours": node.role in OURS,
            "proposed": node.name in inventory.proposed_devices,
        }
        for node in topology.nodes.values()
    ]


def _links(inventory: Inventory) -> list[Row]:
    return [
        {
            "id": link.id,
            "kind": str(link.kind),
            "media": link.media,
            "a": link.a.node,
            "a_port": link.a.name,
            "b": link.b.node,
            "b_port": link.b.name,
            "prefix": str(link.a.address.network),
            "capacity": link.capacity,
            "cost": link.cost,
            "km": link.km,
        }
        for link in inventory.topology.links.values()
    ]


def _services(inventory: Inventory) -> list[Row]:
    return [
        {
            "id": name,
            "name": service.name,
            "owner": service.owner,
            "tier": service.tier,
            "segment": service.segment,
            "address": str(inventory.numbers.services[name]),
            "ports": [str(port) for port in service.ports],
            "depends": list(service.depends),
            "sites": list(service.sites),
        }
        for name, service in sorted(inventory.services.items())
    ]


def _zones(inventory: Inventory) -> list[Row]:
    connected = [site for site in inventory.sites.values() if site.links]
    reach = inventory.policy.reach
    return [
        {
            "id": name,
            "pool": str(zone.pool),
            "sites": sum(name in site.segments for site in connected),
            "may_reach": [line.to for line in reach if line.source == name],
            "reached_from": [line.source for line in reach if line.to == name],
        }
        for name, zone in sorted(inventory.city.zones.items())
    ]


LISTS: Mapping[str, Callable[[Inventory], list[Row]]] = {
    "sites": _sites,
    "pops": _pops,
    "devices": _devices,
    "links": _links,
    "services": _services,
    "zones": _zones,
}
"""What can be listed."""
