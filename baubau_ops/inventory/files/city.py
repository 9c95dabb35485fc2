"""city.yml: settings of the whole city.

In all models of files, the description of every field is exported to the JSON Schemas and to docs/reference. In
Python, rates are in bit/s, durations in seconds and lengths in km. `checks`, not the models, checks references
between files (a site's POP, a rule's zone).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from baubau_ops.inventory.files.fields import (
    Bfd,
    Duration,
    Flag,
    Integer,
    Model,
    Name,
    Number,
    PlatformName,
    Prefix,
    Rate,
    Text,
)
from baubau_ops.inventory.files.phases import LinkCost, Phase


class Pools(Model):
    """Pools of addresses. They are disjoint."""

    loopback: Prefix
    """One /32 for every router and the bastion."""
    link: Prefix
    """One /31 for every link between two routers."""
    service: Prefix
    """One /32 for every service of the data center."""
    datacenter: Prefix
    """The LANs behind the data center's firewalls."""


class Zone(Model):
    """A kind of segment: one security zone, with its own address pool."""

    pool: Prefix
    """The prefixes of all segments of this zone, in all sites."""
    queue: Literal["data", "voice"] = "data"
    """Queue of its packets at full ports: `voice` goes before data, at a guaranteed rate and in a short queue."""


class Kind(Model):
    """A kind of site: how many there are in the city, and the usual size of each of its segments."""

    total: Annotated[Integer, Field(gt=0)]
    """How many sites of this kind the city has, connected or not."""
    sizes: dict[Name, Annotated[Integer, Field(ge=16, le=29)]]
    """Prefix length of each zone's segment in a site of this kind."""
    voice: Rate | None = None
    """Rate guaranteed for the calls of such a site, taken out of its committed rate; calls never get more."""
    km: Annotated[Number, Field(gt=0, le=500)] | None = None
    """Usual length of a link to a site of this kind, where the site's file does not say."""
    assumed: Flag = False
    """True until a survey confirms the total."""


class LinkClass(Model):
    """Failure detection and cost of links of one medium."""

    bfd: Bfd | None = None
    """How fast the loss of such a link is detected; absent: no BFD."""
    cost: LinkCost | None = None
    """Cost of connecting a site; without it `inventory coverage` ranks no site of this medium."""


class AsnRange(Model):
    """Private AS numbers for the sites' routers, both ends included (RFC 6996)."""

    first: Annotated[Integer, Field(ge=4200000000, le=4294967294)]
    """The lowest number."""
    last: Annotated[Integer, Field(ge=4200000000, le=4294967294)]
    """The highest number."""


class Platforms(Model):
    """Platform of the routers of each role; a site's file may name another one for its router."""

    core: PlatformName = "frr"
    """Platform of the cores."""
    firewall: PlatformName = "frr"
    """Platform of the data center's firewalls."""
    pop: PlatformName = "frr"
    """Platform of the POPs' routers."""
    site: PlatformName = "frr"
    """Platform of the sites' routers."""


class City(Model):
    """city.yml: settings of the whole city."""

    name: Text
    """Name as people read it."""
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    """BPS code of the city: four digits, in quotes."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The city's public AS number."""
    site_asns: AsnRange
    """Range of the sites' AS numbers."""
    public: Prefix
    """The city's public prefix, announced to every ISP."""
    pools: Pools
    """Address pools other than the zones'."""
    zones: dict[Name, Zone]
    """Kinds of segment, such as `office` or `cctv`; policy.yml says what each may reach."""
    kinds: dict[Name, Kind]
    """Kinds of site, such as `agency` or `school`."""
    link_classes: dict[Name, LinkClass]
    """Link classes by medium: `span` for the backbone, and one for every medium a site's link may have."""
    kecamatan: tuple[Name, ...]
    """The city's districts."""
    phases: tuple[Phase, ...] = ()
    """Phases of the city's plan, in order of time."""
    control: Rate
    """Rate guaranteed on every shaped port for routing and management; nothing else borrows it."""
    quarantine: Duration
    """How long the numbers of a removed site are not given to another site."""
    platforms: Platforms = Platforms()
    """Platforms of the routers by role; default: `frr` for each."""
    translations: Annotated[Duration, Field(ge=86400)] | None = None
    """How long the translation log is kept (who used which public address and port); absent: nothing is logged."""
