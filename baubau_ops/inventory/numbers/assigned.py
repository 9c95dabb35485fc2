"""What is assigned before anything new is: the lock, overruled by the pins of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.files.allocations import AccessNumbers, Allocations, Quarantined, SiteNumbers
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.files.yaml import DocumentPath


@dataclass(slots=True)
class Access:
    """A link's numbers as far as they are known."""

    port: int | None = None
    prefix: IPv4Network | None = None
    port_pin: DocumentPath = ()
    """Where the site's file pins the port; empty where it does not."""
    prefix_pin: DocumentPath = ()


@dataclass(slots=True)
class Assigned:
    """A site's numbers as far as they are known, and which of them its file pins."""

    asn: int | None = None
    loopback: IPv4Address | None = None
    segments: dict[str, IPv4Network] = field(default_factory=dict)
    links: dict[str, Access] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    """`asn`, `loopback`, and the zones of pinned segments; a link's own pins are with the link."""

    def complete(self) -> SiteNumbers:
        """The finished numbers; everything must be assigned."""
        assert self.asn is not None
        assert self.loopback is not None
        links: dict[str, AccessNumbers] = {}
        for pop, access in self.links.items():
            assert access.port is not None
            assert access.prefix is not None
            links[pop] = AccessNumbers(access.port, access.prefix)
        return SiteNumbers(self.asn, self.loopback, self.segments, links)


def assigned(sites: Mapping[str, Site], locked: Allocations) -> dict[str, Assigned]:
    """The known numbers of every site with a link, and of every reservation, by site id."""
    found: dict[str, Assigned] = {}
    for name, numbers in locked.sites.items():
        found[name] = _from_lock(numbers)
    for name, site in sites.items():
        if not site.links:
            continue
        if name not in found:
            entry = locked.quarantine.get(name)
            found[name] = _from_lock(entry.numbers) if entry else Assigned()
        _pin(found[name], site)
    return found


def in_quarantine(
    sites: Mapping[str, Site], locked: Allocations, today: date | None = None
) -> dict[str, Quarantined]:
    """The entries still kept from reuse (all of them without `today`); who comes back gets its own again."""
    return {
        name: entry
        for name, entry in locked.quarantine.items()
        if (today is None or entry.until > today) and not (name in sites and sites[name].links)
    }


def _from_lock(numbers: SiteNumbers) -> Assigned:
    links = {pop: Access(access.port, access.prefix) for pop, access in numbers.links.items()}
    return Assigned(numbers.asn, numbers.loopback, dict(numbers.segments), links)


def _pin(numbers: Assigned, site: Site) -> None:
    if site.asn is not None:
        numbers.asn = site.asn
        numbers.pinned.add("asn")
    if site.loopback is not None:
        numbers.loopback = site.loopback
        numbers.pinned.add("loopback")
    for zone, segment in site.segments.items():
        if segment.prefix is not None:
            numbers.segments[zone] = segment.prefix
            numbers.pinned.add(zone)
    for link in site.links:
        access = numbers.links.setdefault(link.pop, Access())
        if link.port is not None:
            access.port = link.port
            access.port_pin = (*site.link_path(link.pop), "port")
        if link.prefix is not None:
            access.prefix = link.prefix
            access.prefix_pin = (*site.link_path(link.pop), "prefix")
