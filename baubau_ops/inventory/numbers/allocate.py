"""Assigns a number to everything that has none: deterministic, lowest first, and never a second time.

Pins win over the lock, the lock over the pools. A segment takes an aligned block of twice its size and uses
the lower half, so that it can double where it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import infrastructure, numbered_links
from baubau_ops.inventory.files.allocations import Allocations, SiteNumbers
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.numbers.assigned import Assigned, assigned, in_quarantine
from baubau_ops.inventory.numbers.pool import Pool, range_of
from baubau_ops.inventory.numbers.space import NumberSpace

MAX_PORT = 9999
"""`ce9999` is the last name of a site port."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The lock completed for the files."""

    numbers: Allocations
    proposed: frozenset[str]
    """`<section>/<id>` of everything that the lock does not hold, or holds otherwise."""
    findings: tuple[Finding, ...]
    """Exhausted pools and prefixes that cannot grow; `numbers` is complete only without any."""


def complete(files: Files, locked: Allocations, today: date) -> Completion:
    """Give every device, link, service, LAN and site its numbers. Pure; `today` (UTC) ends quarantines."""
    return _Allocator(files, locked, today).run()


def segment_size(files: Files, site: str, zone: str) -> int | None:
    """Prefix length of a site's segment; None when neither the file nor its kind says it."""
    data = files.sites[site]
    segment = data.segments[zone]
    if segment.prefix is not None:
        return segment.prefix.prefixlen
    kind = files.city.kinds.get(data.kind)
    return segment.size or (kind.sizes.get(zone) if kind else None)


class _Allocator:
    def __init__(self, files: Files, locked: Allocations, today: date) -> None:
        self.files = files
        self.locked = locked
        self.sites = assigned(files.sites, locked)
        self.lans = {name: dict(lans) for name, lans in locked.lans.items()}
        self.quarantine = in_quarantine(files.sites, locked, today)
        pools = files.city.pools
        self.loopback = Pool("loopback", ("pools", "loopback"), pools.loopback)
        self.link = Pool("link", ("pools", "link"), pools.link, has_ends=True)
        self.service = Pool("service", ("pools", "service"), pools.service)
        self.datacenter = Pool("datacenter", ("pools", "datacenter"), pools.datacenter, has_ends=True)
        self.zones = {
            name: Pool(f"of zone {name}", ("zones", name, "pool"), zone.pool, has_ends=True)
            for name, zone in files.city.zones.items()
        }
        self.ports: defaultdict[str, set[int]] = defaultdict(set)
        self.asns: set[int] = set()
        self.proposed: set[str] = set()
        self.findings: list[Finding] = []

    def run(self) -> Completion:
        self._resize()  # before anything is given away
        self._occupy()
        loopbacks = self._loopbacks()
        links = self._links()
        services = self._services()
        lans = self._lans()
        sites = self._sites()
        pools = [self.loopback, self.link, self.service, self.datacenter, *self.zones.values()]
        self.findings += [pool.finding() for pool in pools if pool.lacking]
        numbers = Allocations(loopbacks, links, services, lans, sites, self.quarantine)
        return Completion(numbers, frozenset(self.proposed), tuple(self.findings))

    def _occupy(self) -> None:
        for address in self.locked.loopbacks.values():
            self.loopback.occupy(address)
        for prefix in self.locked.links.values():
            self.link.occupy(prefix)
        for address in self.locked.services.values():
            self.service.occupy(address)
        for lans in self.lans.values():
            for prefix in lans.values():
                self.datacenter.occupy_block(prefix)
        for numbers in self.sites.values():
            self._occupy_site(numbers)
        for entry in self.quarantine.values():
            self._occupy_quarantined(entry.numbers)

    def _occupy_site(self, numbers: Assigned) -> None:
        if numbers.asn is not None:
            self.asns.add(numbers.asn)
        if numbers.loopback is not None:
            self.loopback.occupy(numbers.loopback)
        for zone, prefix in numbers.segments.items():
            if zone in self.zones and zone in numbers.pinned:
                self.zones[zone].occupy(prefix)
            elif zone in self.zones:
                self.zones[zone].occupy_block(prefix)
        for pop, access in numbers.links.items():
            if access.port is not None:
                self.ports[pop].add(access.port)
            if access.prefix is not None:
                self.link.occupy(access.prefix)

    def _occupy_quarantined(self, numbers: SiteNumbers) -> None:
        self.asns.add(numbers.asn)
        self.loopback.occupy(numbers.loopback)
        self.loopback.quarantined += 1
        for zone, prefix in numbers.segments.items():
            if zone in self.zones:
                self.zones[zone].quarantined += self.zones[zone].occupy_block(prefix)
        for pop, access in numbers.links.items():
            self.ports[pop].add(access.port)
            self.link.occupy(access.prefix)
            self.link.quarantined += access.prefix.num_addresses

    def _loopbacks(self) -> dict[str, IPv4Address]:
        found = dict(self.locked.loopbacks)
        for device in infrastructure(self.files.backbone, self.files.datacenter):
            if device not in found:
                self._address(found, device, "loopbacks", self.loopback)
        return found

    def _services(self) -> dict[str, IPv4Address]:
        found = dict(self.locked.services)
        for name in sorted(self.files.services):
            if name not in found:
                self._address(found, name, "services", self.service)
        return found

    def _address(self, found: dict[str, IPv4Address], name: str, section: str, pool: Pool) -> None:
        start = pool.take(32, name)
        if start is not None:
            found[name] = IPv4Address(start)
            self.proposed.add(f"{section}/{name}")

    def _links(self) -> dict[str, IPv4Network]:
        found = dict(self.locked.links)
        for name in numbered_links(self.files.backbone, self.files.datacenter):
            if name not in found and (start := self.link.take(31, name)) is not None:
                found[name] = IPv4Network((start, 31))
                self.proposed.add(f"links/{name}")
        return found

    def _lans(self) -> dict[str, Mapping[str, IPv4Network]]:
        for name, segment in sorted(self.files.datacenter.segments.items()):
            lans = self.lans.setdefault(name, {})
            for firewall in self.files.datacenter.firewalls:
                if firewall not in lans:
                    prefix = self._newblock_of(self.datacenter, segment.size, f"{name} at {firewall}")
                    if prefix is not None:
                        lans[firewall] = prefix
            if lans != self.locked.lans.get(name):
                self.proposed.add(f"lans/{name}")
        return dict(self.lans)

    def _sites(self) -> dict[str, SiteNumbers]:
        found = dict(self.locked.sites)
        asns = NumberSpace(self.files.city.site_asns.first, self.files.city.site_asns.last, self.asns)
        ports: dict[str, NumberSpace] = {}
        for name, site in sorted(self.files.sites.items()):
            if not site.links:
                continue
            numbers = self.sites[name]
            if numbers.asn is None and (asn := self._asn(asns)) is not None:
                numbers.asn = asn
            if numbers.loopback is None and (start := self.loopback.take(32, name)) is not None:
                numbers.loopback = IPv4Address(start)
            for zone in sorted(site.segments):
                self._segment(name, zone, numbers)
            for link in site.links:
                space = ports.get(link.pop) or NumberSpace(1, MAX_PORT, self.ports[link.pop])
                ports[link.pop] = space
                self._access(name, link.pop, numbers, space)
            self._finish(name, numbers, found)
        return found

    def _finish(self, name: str, numbers: Assigned, found: dict[str, SiteNumbers]) -> None:
        links = numbers.links.values()
        if numbers.asn is None or numbers.loopback is None:
            return
        if any(access.port is None or access.prefix is None for access in links):
            return
        done = numbers.complete()
        if done != self.locked.sites.get(name):
            self.proposed.add(f"sites/{name}")
        found[name] = done

    def _asn(self, space: NumberSpace) -> int | None:
        found = space.take()
        if found is None and not any(finding.path == ("site_asns",) for finding in self.findings):
            given = self.files.city.site_asns
            count = given.last - given.first + 1
            message = (
                f"the AS numbers from {given.first} to {given.last} ({count}) are all taken. Widen the range."
            )
            self.findings.append(Finding("city.yml", ("site_asns",), message))
        return found

    def _access(self, site: str, pop: str, numbers: Assigned, ports: NumberSpace) -> None:
        access = numbers.links[pop]
        if access.port is None:
            access.port = ports.take()
            if access.port is None:
                message = f"all {MAX_PORT} site ports of POP {pop} are taken. Choose another POP."
                path = (*self.files.sites[site].link_path(pop), "pop")
                self.findings.append(Finding(f"sites/{site}.yml", path, message))
        if access.prefix is None and (start := self.link.take(31, site)) is not None:
            access.prefix = IPv4Network((start, 31))

    def _segment(self, site: str, zone: str, numbers: Assigned) -> None:
        size = segment_size(self.files, site, zone)
        if zone in numbers.segments or zone not in self.zones or size is None:
            return  # there already, or found wrong by `check`
        prefix = self._newblock_of(self.zones[zone], size, site)
        if prefix is not None:
            numbers.segments[zone] = prefix

    def _resize(self) -> None:
        """Change the length of what was assigned when the files ask for another size."""
        starts = self._segment_starts()
        for name, site in self.files.sites.items():
            known = self.sites[name].segments if site.links else {}
            for zone in site.segments:
                size = segment_size(self.files, name, zone)
                if zone in known and zone in self.zones and size not in (None, known[zone].prefixlen):
                    assert size is not None
                    file, path = f"sites/{name}.yml", ("segments", zone)
                    known[zone] = self._resized(known[zone], size, starts[zone], self.zones[zone], file, path)
        lan_starts = sorted(int(lan.network_address) for lans in self.lans.values() for lan in lans.values())
        for name, segment in self.files.datacenter.segments.items():
            for firewall, prefix in self.lans.get(name, {}).items():
                if prefix.prefixlen != segment.size:
                    size_path = ("segments", name, "size")
                    self.lans[name][firewall] = self._resized(
                        prefix, segment.size, lan_starts, self.datacenter, "datacenter.yml", size_path
                    )

    def _segment_starts(self) -> dict[str, list[int]]:
        """Where the known prefixes of each zone begin, sorted."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        quarantined = (entry.numbers.segments for entry in self.quarantine.values())
        for segments in [*(numbers.segments for numbers in self.sites.values()), *quarantined]:
            for zone, prefix in segments.items():
                found[zone].append(int(prefix.network_address))
        return {zone: sorted(starts) for zone, starts in found.items()}

    def _newblock_of(self, pool: Pool, size: int, owner: str) -> IPv4Network | None:
        start = pool.take(max(size - 1, pool.prefix.prefixlen), owner)
        return None if start is None else IPv4Network((start, size))

    def _resized(
        self, prefix: IPv4Network, size: int, starts: list[int], pool: Pool, file: str, path: tuple[str, ...]
    ) -> IPv4Network:
        """The prefix at its new length where it stands, if nothing stands in its way."""
        start = int(prefix.network_address)
        end = start + (1 << (32 - size))
        following = bisect_right(starts, start)
        is_free = following == len(starts) or starts[following] >= end
        if start % (1 << (32 - size)) == 0 and is_free and end <= range_of(pool.prefix)[1]:
            return IPv4Network((start, size))
        message = (
            f"a /{size} is wanted, but {prefix} (allocations.yml) cannot grow to it where it stands."
            f" Keep /{prefix.prefixlen}, or take it out of allocations.yml to be given a new one."
        )
        self.findings.append(Finding(file, path, message))
        return prefix
