"""The lock file as values: each number with its holder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Any


@dataclass(frozen=True, slots=True)
class AccessNumbers:
    """A site's link to one POP: the POP's port number and the /31 between POP (even) and site (odd)."""

    port: int
    prefix: IPv4Network


@dataclass(frozen=True, slots=True)
class SiteNumbers:
    """All numbers assigned to one site."""

    asn: int
    loopback: IPv4Address
    segments: Mapping[str, IPv4Network]
    """Prefixes by zone. The block of twice the size is kept free from the same start, so that a segment can double."""
    links: Mapping[str, AccessNumbers]
    """Numbers of the links, by POP id."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The numbers of a removed object, which are not reused until `until` (UTC)."""

    numbers: Any
    """An entry of its section, such as SiteNumbers."""
    until: date


@dataclass(frozen=True, slots=True)
class Allocations:
    """All numbers ever assigned, by section of the lock. An entry that no file uses is a reservation.

    `numbers.sections` lists the sections; those without an entry are absent here.
    """

    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Entries in the form of their section, by section, then id."""
    quarantine: Mapping[str, Quarantined] = field(default_factory=dict)
    """Entries in quarantine, by a site's id or by `<section>/<id>` for others."""

    def __post_init__(self) -> None:
        held = {section: entries for section, entries in self.sections.items() if entries}
        object.__setattr__(self, "sections", held)

    def entries(self, section: str) -> Mapping[str, Any]:
        """All entries of a section, by id."""
        return self.sections.get(section, {})

    def with_entries(self, section: str, entries: Mapping[str, Any]) -> Allocations:
        """A copy with other entries in one section."""
        return Allocations({**self.sections, section: entries}, self.quarantine)

    @property
    def loopbacks(self) -> Mapping[str, IPv4Address]:
        """Loopbacks of cores, POPs, firewalls and the bastion, by device (a site's numbers include its own)."""
        return self.entries("loopbacks")

    @property
    def links(self) -> Mapping[str, IPv4Network]:
        """The /31 of every link except those of sites and ISPs, by link id (`core-1--pop-wolio`)."""
        return self.entries("links")

    @property
    def services(self) -> Mapping[str, IPv4Address]:
        """The /32 of each service, by service id."""
        return self.entries("services")

    @property
    def lans(self) -> Mapping[str, Mapping[str, IPv4Network]]:
        """Prefixes of the data center's LANs, by segment, then firewall."""
        return self.entries("lans")

    @property
    def sites(self) -> Mapping[str, SiteNumbers]:
        """Numbers of the sites, by site id."""
        return self.entries("sites")
