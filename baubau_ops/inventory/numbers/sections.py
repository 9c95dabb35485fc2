"""The table of all sections of the lock: to number a new type of object, add a section here.

Allocation, the lock file, checks, duplicates, quarantine and blame all use this table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import (
    BASTION,
    PROVINCE,
    infrastructure,
    link_ends,
    numbered_links,
    pop_device,
    site_device,
)
from baubau_ops.inventory.files.allocations import AccessNumbers, SiteNumbers
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers.forms import ADDRESS, PREFIX, Each, Integer, Record
from baubau_ops.inventory.numbers.kinds import Applied, Kind, Need, Section
from baubau_ops.inventory.numbers.pool import AddressPool, NumberPool

MAX_PORT = 9999
"""Highest number of a site port, because its last name is `ce9999`."""


def find(name: str) -> Section:
    """Return the section with this name."""
    return next(section for section in SECTIONS if section.name == name)


# The pools that numbers are taken from.


def _loopback(files: Files, _name: str) -> AddressPool:
    return AddressPool("loopback", ("pools", "loopback"), files.city.pools.loopback, has_ends=False)


def _link(files: Files, _name: str) -> AddressPool:
    return AddressPool("link", ("pools", "link"), files.city.pools.link)


def _service(files: Files, _name: str) -> AddressPool:
    return AddressPool("service", ("pools", "service"), files.city.pools.service, has_ends=False)


def _datacenter(files: Files, _name: str) -> AddressPool:
    return AddressPool("datacenter", ("pools", "datacenter"), files.city.pools.datacenter)


def _zone(files: Files, zone: str) -> AddressPool | None:
    found = files.city.zones.get(zone)
    return None if found is None else AddressPool(f"of zone {zone}", ("zones", zone, "pool"), found.pool)


def _site_asns(files: Files, _name: str) -> NumberPool:
    first, last = files.city.site_asns.first, files.city.site_asns.last
    message = f"the AS numbers from {first} to {last} ({last - first + 1}) are all taken. Widen the range."
    return NumberPool(first, last, message, path=("site_asns",))


def _ports(_files: Files, pop: str) -> NumberPool:
    message = f"all {MAX_PORT} site ports of POP {pop} are taken. Choose another POP."
    return NumberPool(1, MAX_PORT, message, choice="pop")


# The numbers that the files ask for.


def _infrastructure(files: Files) -> list[str]:
    return infrastructure(files.backbone, files.datacenter)


def _links(files: Files) -> dict[str, tuple[str, str]]:
    return numbered_links(files.backbone, files.datacenter)


def _loopbacks(files: Files) -> Iterator[Need]:
    for device in _infrastructure(files):
        yield Need((device, ""))


def _link_prefixes(files: Files) -> Iterator[Need]:
    for link in _links(files):
        yield Need((link, ""), 31)


def _services(files: Files) -> Iterator[Need]:
    for service in sorted(files.services):
        yield Need((service, ""))


def _lans(files: Files) -> Iterator[Need]:
    for name, segment in sorted(files.datacenter.segments.items()):
        for firewall in files.datacenter.firewalls:
            yield Need((name, firewall), segment.size)


def _connected_sites(files: Files) -> Collection[str]:
    return {name for name, site in files.sites.items() if site.links}


def _asns(files: Files) -> Iterator[Need]:
    for name, site in sorted(files.sites.items()):
        yield Need((name, ""), 32, site.asn)


def _site_loopbacks(files: Files) -> Iterator[Need]:
    for name, site in sorted(files.sites.items()):
        yield Need((name, ""), 32, site.loopback)


def _segments(files: Files) -> Iterator[Need]:
    for name, site in sorted(files.sites.items()):
        kind = files.city.kinds.get(site.kind)
        for zone, segment in sorted(site.segments.items()):
            size = segment.size or (kind.sizes.get(zone) if kind else None)
            if segment.prefix is not None:
                size = segment.prefix.prefixlen
            if size is not None:  # otherwise the checks report it
                yield Need((name, zone), size, segment.prefix)


def _site_ports(files: Files) -> Iterator[Need]:
    for name, site in sorted(files.sites.items()):
        for link in site.links:
            yield Need((name, link.pop), 32, link.port)


def _site_links(files: Files) -> Iterator[Need]:
    for name, site in sorted(files.sites.items()):
        for link in site.links:
            yield Need((name, link.pop), 31, link.prefix)


# The places in the files that ask for numbers.


def _lan_size(_files: Files, segment: str, _firewall: str) -> DocumentPath:
    return ("segments", segment, "size")


def _site_segment(_files: Files, _site: str, zone: str) -> DocumentPath:
    return ("segments", zone)


def _site_link(files: Files, site: str, pop: str) -> DocumentPath:
    return files.sites[site].link_path(pop)


# The devices whose configuration contains the numbers.


def _themselves(_files: Files, owners: Collection[str]) -> Collection[str]:
    return owners


def _ends_of_links(files: Files, owners: Collection[str]) -> Iterator[str]:
    links = _links(files)
    for owner in owners:
        yield from links[owner]


def _firewalls(files: Files, owners: Collection[str]) -> Collection[str]:
    return files.datacenter.firewalls if owners else ()


def _routers_and_pops(files: Files, owners: Collection[str]) -> Iterator[str]:
    for owner in owners:
        yield site_device(owner)
        for link in files.sites[owner].links:
            yield pop_device(link.pop)


def _is_link_applied(_files: Files, link: str, applied: Applied) -> bool:
    """Whether a link's numbers are in use: they are once each of our ends is configured."""
    return all(applied(end) for end in link_ends(link) if end not in (BASTION, PROVINCE))


def _is_any_firewall_applied(files: Files, _owner: str, applied: Applied) -> bool:
    return any(map(applied, files.datacenter.firewalls))


LOOPBACKS = Section(
    "loopbacks",
    Kind(value=ADDRESS, label="loopback {number}", pool=_loopback, needs=_loopbacks),
    owners=_infrastructure,
    file="backbone.yml",
    devices=_themselves,
    is_applied=lambda _files, device, applied: applied(device),
)
LINKS = Section(
    "links",
    Kind(value=PREFIX, label="link {number}", pool=_link, needs=_link_prefixes),
    owners=_links,
    file="backbone.yml",
    devices=_ends_of_links,
    is_applied=_is_link_applied,
)
SERVICES = Section(
    "services",
    Kind(value=ADDRESS, label="service {number}", pool=_service, needs=_services),
    owners=lambda files: files.services,
    file="services.yml",
    devices=_firewalls,
    is_applied=_is_any_firewall_applied,
)
LANS = Section(
    "lans",
    Each(
        Kind(
            value=PREFIX,
            label="LAN of {name} {number}",
            pool=_datacenter,
            needs=_lans,
            place=_lan_size,
            asked_by="{owner} at {name}",
            doubles=True,
        )
    ),
    owners=lambda files: files.datacenter.segments,
    file="datacenter.yml",
    devices=_firewalls,
    is_applied=_is_any_firewall_applied,
)
_ACCESS = Record(
    AccessNumbers,
    {
        "port": Kind(
            value=Integer(MAX_PORT),
            label="port {number} of POP {name}",
            pool=_ports,
            needs=_site_ports,
            place=_site_link,
            pin="port",
        ),
        "prefix": Kind(
            value=PREFIX, label="link {number}", pool=_link, needs=_site_links, place=_site_link, pin="prefix"
        ),
    },
)
SITES = Section(
    "sites",
    Record(
        SiteNumbers,
        {
            "asn": Kind(
                value=Integer(4294967294), label="AS {number}", pool=_site_asns, needs=_asns, pin="asn"
            ),
            "loopback": Kind(
                value=ADDRESS,
                label="loopback {number}",
                pool=_loopback,
                needs=_site_loopbacks,
                pin="loopback",
            ),
            "segments": Each(
                Kind(
                    value=PREFIX,
                    label="{name} {number}",
                    pool=_zone,
                    needs=_segments,
                    place=_site_segment,
                    pin="prefix",
                    doubles=True,
                )
            ),
            "links": Each(_ACCESS),
        },
    ),
    owners=_connected_sites,
    file="sites/{}.yml",
    devices=_routers_and_pops,
    is_applied=lambda _files, site, applied: applied(site_device(site)),
)

SECTIONS: tuple[Section, ...] = (LOOPBACKS, LINKS, SERVICES, LANS, SITES)
"""All sections in the order of the lock, which is also the order of allocation."""
