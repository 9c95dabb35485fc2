"""Pools, pins and the lock: everything lies where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import infrastructure, numbered_links
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath

_LOCK = "allocations.yml"


def pools(files: Files) -> Iterator[Finding]:
    """Pools are disjoint; translation pools are disjoint parts of the public prefix; ISP links are links."""
    given = files.city.pools
    named: list[tuple[str, DocumentPath, str, IPv4Network]] = [
        ("city.yml", ("pools", name), f"the pool {name}", getattr(given, name))
        for name in type(given).model_fields
    ]
    named += [
        ("city.yml", ("zones", name, "pool"), f"the pool of zone {name}", zone.pool)
        for name, zone in files.city.zones.items()
    ]
    named.append(("city.yml", ("public",), "the public prefix", files.city.public))
    named += [
        ("backbone.yml", ("isps", name, "address"), f"the link to {name}", isp.address.network)
        for name, isp in files.backbone.isps.items()
    ]
    named += [
        ("backbone.yml", ("province", "prefixes", index), "the Province's prefix", prefix)
        for index, prefix in enumerate(files.backbone.province.prefixes)
    ]
    yield from _overlaps(named)
    yield from _translation(files)
    yield from _isp_links(files)


def _overlaps(named: list[tuple[str, DocumentPath, str, IPv4Network]]) -> Iterator[Finding]:
    for index, (file, path, what, prefix) in enumerate(named):
        for _, _, other, taken in named[:index]:
            if prefix.overlaps(taken):
                message = f"{prefix} ({what}) overlaps {taken} ({other}). Take another prefix."
                yield Finding(file, path, message)


def _translation(files: Files) -> Iterator[Finding]:
    cores = list(files.backbone.cores.items())
    for index, (name, core) in enumerate(cores):
        path = ("cores", name, "nat")
        if not core.nat.subnet_of(files.city.public):
            message = f"{core.nat} lies outside of the city's public prefix {files.city.public}."
            yield Finding("backbone.yml", path, message)
        for other, taken in cores[:index]:
            if core.nat.overlaps(taken.nat):
                message = f"{core.nat} overlaps {other}'s {taken.nat}. Each core translates to its own part."
                yield Finding("backbone.yml", path, message)


def _isp_links(files: Files) -> Iterator[Finding]:
    for name, isp in files.backbone.isps.items():
        path = ("isps", name)
        if isp.peer not in isp.address.network:
            message = f"{isp.peer} lies outside of {isp.address.network}, the link's prefix."
            yield Finding("backbone.yml", (*path, "peer"), message)
        elif isp.peer == isp.address.ip:
            yield Finding("backbone.yml", (*path, "peer"), f"{isp.peer} is our own end of the link.")
    asns: dict[int, str] = {files.city.asn: "the city"}
    outside: list[tuple[DocumentPath, str, int]] = [
        (("isps", name, "asn"), name, isp.asn) for name, isp in files.backbone.isps.items()
    ]
    outside.append((("province", "asn"), "the Province", files.backbone.province.asn))
    for where, name, asn in outside:
        if asn in asns:
            yield Finding("backbone.yml", where, f"AS {asn} is that of {asns[asn]} already.")
        asns.setdefault(asn, name)


def pins(files: Files) -> Iterator[Finding]:
    """What a file pins lies in its pool and has the right form."""
    city = files.city
    for name, site in files.sites.items():
        file = f"sites/{name}.yml"
        if site.asn is not None and not city.site_asns.first <= site.asn <= city.site_asns.last:
            pool = f"{city.site_asns.first}–{city.site_asns.last}"
            message = f"{site.asn} lies outside of {pool} (city.yml, site_asns)."
            yield Finding(file, ("asn",), message)
        if site.loopback is not None:
            yield from _inside(file, ("loopback",), site.loopback, city.pools.loopback, "the pool loopback")
        for zone, segment in site.segments.items():
            path = ("segments", zone)
            if segment.prefix is None:
                continue
            if zone in city.zones:
                where = f"the pool of zone {zone}"
                yield from _inside(file, (*path, "prefix"), segment.prefix, city.zones[zone].pool, where)
            if segment.size not in (None, segment.prefix.prefixlen):
                message = (
                    f"/{segment.size} is not the length of the pinned {segment.prefix}. Leave the size out."
                )
                yield Finding(file, (*path, "size"), message)
            if segment.prefix.prefixlen > 29:
                message = f"{segment.prefix} is too small for a segment. The smallest is a /29."
                yield Finding(file, (*path, "prefix"), message)
        for link in site.links:
            if link.prefix is not None:
                at = (*site.link_path(link.pop), "prefix")
                yield from _inside(file, at, link.prefix, city.pools.link, "the pool link")
                if link.prefix.prefixlen != 31:
                    yield Finding(file, at, f"{link.prefix} is not a /31.")


def _inside(
    file: str, path: DocumentPath, given: IPv4Network | IPv4Address, pool: IPv4Network, name: str
) -> Iterator[Finding]:
    prefix = IPv4Network(given)
    if not prefix.subnet_of(pool):
        yield Finding(file, path, f"{given} lies outside of {name} ({pool}).")


def locked_outside(files: Files, locked: Allocations) -> Iterator[Finding]:
    """Locked numbers in use that a changed pool has left behind. Reservations may lie anywhere."""
    city = files.city
    for name in infrastructure(files.backbone, files.datacenter):
        if name in locked.loopbacks:
            path = ("loopbacks", name)
            yield from _left(path, locked.loopbacks[name], city.pools.loopback, "the pool loopback")
    for name in numbered_links(files.backbone, files.datacenter):
        if name in locked.links:
            yield from _left(("links", name), locked.links[name], city.pools.link, "the pool link")
    for name in files.services:
        if name in locked.services:
            yield from _left(
                ("services", name), locked.services[name], city.pools.service, "the pool service"
            )
    for name in files.datacenter.segments:
        for firewall, prefix in locked.lans.get(name, {}).items():
            yield from _left(("lans", name, firewall), prefix, city.pools.datacenter, "the pool datacenter")
    yield from _sites_outside(files, locked)


def _sites_outside(files: Files, locked: Allocations) -> Iterator[Finding]:
    city = files.city
    loopbacks, links = _Bounds(city.pools.loopback), _Bounds(city.pools.link)
    zones = {name: _Bounds(zone.pool) for name, zone in city.zones.items()}
    for name, site in files.sites.items():
        numbers = locked.sites.get(name)
        if numbers is None or not site.links:
            continue
        path = ("sites", name)
        if site.asn is None and not city.site_asns.first <= numbers.asn <= city.site_asns.last:
            message = (
                f"AS {numbers.asn} lies outside of {city.site_asns.first}–{city.site_asns.last} (city.yml)."
            )
            yield Finding(_LOCK, (*path, "asn"), message)
        if site.loopback is None and not loopbacks.hold(numbers.loopback):
            yield from _left((*path, "loopback"), numbers.loopback, loopbacks.pool, "the pool loopback")
        for zone, segment in site.segments.items():
            prefix = numbers.segments.get(zone)
            if (
                prefix
                and segment.prefix is None
                and zone in zones
                and not zones[zone].hold(prefix.network_address)
            ):
                yield from _left(
                    (*path, "segments", zone), prefix, zones[zone].pool, f"the pool of zone {zone}"
                )
        for link in site.links:
            access = numbers.links.get(link.pop)
            if access and link.prefix is None and not links.hold(access.prefix.network_address):
                yield from _left((*path, "links", link.pop), access.prefix, links.pool, "the pool link")


class _Bounds:
    """A pool's first and last address as numbers: `subnet_of` would take seconds for 10,000 sites."""

    def __init__(self, pool: IPv4Network) -> None:
        self.pool = pool
        self._first, self._last = int(pool.network_address), int(pool.broadcast_address)

    def hold(self, address: IPv4Address) -> bool:
        return self._first <= int(address) <= self._last


def _left(
    path: DocumentPath, given: IPv4Network | IPv4Address, pool: IPv4Network, name: str
) -> Iterator[Finding]:
    if not IPv4Network(given).subnet_of(pool):
        message = f"{given} lies outside of {name} ({pool}, city.yml). Widen the pool, or take the entry out."
        yield Finding(_LOCK, path, message)
