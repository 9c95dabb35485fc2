"""Checks pools, pins and the lock: every number is in its range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.assigned import Holding
from baubau_ops.inventory.numbers.kinds import Key
from baubau_ops.inventory.numbers.pool import Range, range_of


def pools(files: Files) -> Iterator[Finding]:
    """Check that pools are disjoint, NAT pools are disjoint parts of the public prefix, and ISP links are valid."""
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


def pins(files: Files, holdings: Iterable[Holding]) -> Iterator[Finding]:
    """Check that every pinned number is in its pool and has the right form."""
    for holding in holdings:
        slot = holding.slot
        for need in holding.needs if slot.kind.pin else ():
            if need.pin is None:
                continue
            pool = holding.pool(need.key[1])
            if pool is not None and not _is_within(range_of(need.pin), pool.range):
                path = (*holding.place(need.key), slot.kind.pin)
                yield Finding(holding.file(need.key), path, pool.pinned_outside(need.pin))
    for name, site in files.sites.items():
        yield from _pinned_prefixes(f"sites/{name}.yml", site)


def _is_within(inner: Range, outer: Range) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _pinned_prefixes(file: str, site: Site) -> Iterator[Finding]:
    for zone, segment in site.segments.items():
        path = ("segments", zone)
        if segment.prefix is None:
            continue
        if segment.size not in (None, segment.prefix.prefixlen):
            message = f"/{segment.size} is not the length of the pinned {segment.prefix}. Leave the size out."
            yield Finding(file, (*path, "size"), message)
        if segment.prefix.prefixlen > 29:
            message = f"{segment.prefix} is too small for a segment. The smallest is a /29."
            yield Finding(file, (*path, "prefix"), message)
    for link in site.links:
        if link.prefix is not None and link.prefix.prefixlen != 31:
            yield Finding(file, (*site.link_path(link.pop), "prefix"), f"{link.prefix} is not a /31.")


def locked_outside(locked: Allocations, holdings: Iterable[Holding]) -> Iterator[Finding]:
    """Find locked numbers in use that are outside their pool after it was changed. Reservations may be anywhere."""
    for holding in holdings:
        slot = holding.slot
        entries = locked.entries(slot.section.name)
        outside = list(_outside(holding))
        used = {need.key for need in holding.needs if need.key[0] in holding.owners} if outside else ()
        for key in outside:
            owner, name = key
            pool, number = holding.pool(name), holding.numbers[key]
            if pool is not None and key in used and key not in holding.pins and owner in entries:
                path = (slot.section.name, owner, *slot.path_of(name))
                what = slot.kind.label.format(number=number, name=name)
                yield Finding(lockfile.NAME, path, pool.locked_outside(number, what))


def _outside(holding: Holding) -> Iterator[Key]:
    """Yield the numbers outside their pool, compared as integers: `subnet_of` takes seconds for 10,000 sites."""
    pools = {name: holding.pool(name) for _, name in holding.numbers}
    bounds = {name: pool.range for name, pool in pools.items() if pool is not None}
    for key, (start, end) in holding.ranges.items():
        first, after = bounds.get(key[1], (start, end))
        if start < first or after < end:
            yield key
