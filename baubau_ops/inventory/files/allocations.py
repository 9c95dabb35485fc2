"""The lock file as values: every number with its holder."""

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
    """By zone. The block of twice the size that starts here is kept free, so that a segment can double."""
    links: Mapping[str, AccessNumbers]
    """By POP id."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The numbers of something removed, kept from reuse until `until` (UTC)."""

    numbers: Any
    """An entry of its section, such as SiteNumbers."""
    until: date


@dataclass(frozen=True, slots=True)
class Allocations:
    """Every number once assigned, by section of the lock. An entry that no file uses is a reservation.

    `numbers.sections` says which sections there are; those without an entry are not held.
    """

    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By section, then id: the entry, in the form of the section."""
    quarantine: Mapping[str, Quarantined] = field(default_factory=dict)
    """By a site's id, else `<section>/<id>`."""

    def __post_init__(self) -> None:
        held = {section: entries for section, entries in self.sections.items() if entries}
        object.__setattr__(self, "sections", held)

    def entries(self, section: str) -> Mapping[str, Any]:
        """All entries of a section, by id."""
        return self.sections.get(section, {})

    def with_entries(self, section: str, entries: Mapping[str, Any]) -> Allocations:
        """The same with other entries in one section."""
        return Allocations({**self.sections, section: entries}, self.quarantine)

    @property
    def loopbacks(self) -> Mapping[str, IPv4Address]:
        """By device: cores, POPs, firewalls and the bastion (a site's is with the site)."""
        return self.entries("loopbacks")

    @property
    def links(self) -> Mapping[str, IPv4Network]:
        """By link id (`core-1--pop-wolio`): the /31 of every link but the sites' and the ISPs'."""
        return self.entries("links")

    @property
    def services(self) -> Mapping[str, IPv4Address]:
        """By service id: its /32."""
        return self.entries("services")

    @property
    def lans(self) -> Mapping[str, Mapping[str, IPv4Network]]:
        """By data-center segment, then firewall."""
        return self.entries("lans")

    @property
    def sites(self) -> Mapping[str, SiteNumbers]:
        """By site id."""
        return self.entries("sites")
