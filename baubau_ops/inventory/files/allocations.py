"""The allocation lock as values: which number belongs to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True)
class AccessNumbers:
    """A site's link to one POP: the POP's port number and the /31 between POP (even) and site (odd)."""

    port: int
    prefix: IPv4Network


@dataclass(frozen=True, slots=True)
class SiteNumbers:
    """All that was assigned to one site."""

    asn: int
    loopback: IPv4Address
    segments: Mapping[str, IPv4Network]
    """By zone. The block of twice the size that starts here is kept free, so that a segment can double."""
    links: Mapping[str, AccessNumbers]
    """By POP id."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The numbers of a removed site, kept from reuse until `until` (UTC)."""

    numbers: SiteNumbers
    until: date


@dataclass(frozen=True, slots=True)
class Allocations:
    """Every number once assigned. An entry that no file uses is a reservation."""

    loopbacks: Mapping[str, IPv4Address] = field(default_factory=dict)
    """By device: cores, POPs, firewalls and the bastion (a site's is with the site)."""
    links: Mapping[str, IPv4Network] = field(default_factory=dict)
    """By link id (`core-1--pop-wolio`): the /31 of every link but the sites' and the ISPs'."""
    services: Mapping[str, IPv4Address] = field(default_factory=dict)
    """By service id: its /32."""
    lans: Mapping[str, Mapping[str, IPv4Network]] = field(default_factory=dict)
    """By data-center segment, then firewall."""
    sites: Mapping[str, SiteNumbers] = field(default_factory=dict)
    quarantine: Mapping[str, Quarantined] = field(default_factory=dict)
