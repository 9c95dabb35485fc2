"""The files of an inventory as typed, frozen models: what a person writes, nothing derived.

Every field's description ends up in the exported JSON Schemas and in docs/reference. In Python rates are bit/s,
durations seconds, lengths km.
References between files (a site's POP, a rule's zone) are checked in `check`, not here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from baubau_ops.inventory.files.fields import (
    RATE_SCHEMA,
    Address,
    CoreName,
    DatacenterPart,
    Duration,
    FirewallName,
    Flag,
    Integer,
    Interface,
    IspName,
    Model,
    Name,
    Number,
    Prefix,
    Rate,
    Text,
    parsed_rate,
)
from baubau_ops.inventory.files.phases import LinkCost, Phase


class Rates(Model):
    """A rate in each direction, seen from the site."""

    down: Rate
    """Towards the site."""
    up: Rate
    """From the site."""


def _both_directions(value: object) -> object:
    if isinstance(value, dict):
        return value
    rate = parsed_rate(value)
    return Rates.model_construct(down=rate, up=rate)


DirectedRates = Annotated[
    Rates,
    BeforeValidator(_both_directions),
    WithJsonSchema(
        {
            "anyOf": [
                RATE_SCHEMA,
                {
                    "type": "object",
                    "properties": {"down": RATE_SCHEMA, "up": RATE_SCHEMA},
                    "required": ["down", "up"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Pools(Model):
    """Where numbers are taken from. The pools are disjoint."""

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
    """How its packets wait at full ports: `voice` before data, at a guaranteed rate and in a short queue."""


class Kind(Model):
    """A kind of site: how many there are in the city, and the usual size of each of its segments."""

    total: Annotated[Integer, Field(gt=0)]
    """How many sites of this kind the city has, connected or not."""
    sizes: dict[Name, Annotated[Integer, Field(ge=16, le=29)]]
    """Prefix length of each zone's segment in a site of this kind."""
    voice: Rate | None = None
    """Guaranteed for the calls of such a site, of what its links have at any time; calls never have more."""
    km: Annotated[Number, Field(gt=0, le=500)] | None = None
    """Usual length of a link to a site of this kind, where the site's file does not say."""
    assumed: Flag = False
    """True while the total is not a fact of a survey."""


class Bfd(Model):
    """How fast a dead link is noticed: `interval` × `multiplier`."""

    interval: Duration
    """Between two packets, in both directions."""
    multiplier: Annotated[Integer, Field(ge=2, le=50)]
    """Packets missed before the link counts as dead."""


class LinkClass(Model):
    """What a link of one medium can do, and what it costs."""

    bfd: Bfd | None = None
    """How fast a loss of such a link is noticed; absent: no BFD on it."""
    cost: LinkCost | None = None
    """What connecting a site by it costs; without it `inventory coverage` ranks no site of this medium."""


class AsnRange(Model):
    """Private AS numbers for the sites' routers, both ends included (RFC 6996)."""

    first: Annotated[Integer, Field(ge=4200000000, le=4294967294)]
    """The lowest."""
    last: Annotated[Integer, Field(ge=4200000000, le=4294967294)]
    """The highest."""


class City(Model):
    """city.yml: what holds for the whole city."""

    name: Text
    """As people read it."""
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    """BPS code of the city: four digits, in quotes."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The city's public AS number."""
    site_asns: AsnRange
    """Where the sites' AS numbers are taken from."""
    public: Prefix
    """The city's public prefix, announced to every ISP."""
    pools: Pools
    """Where addresses other than the zones' are taken from."""
    zones: dict[Name, Zone]
    """Kinds of segment, such as `office` or `cctv`; policy.yml says what each may reach."""
    kinds: dict[Name, Kind]
    """Kinds of site, such as `agency` or `school`."""
    link_classes: dict[Name, LinkClass]
    """By medium: `span` for the backbone, and one for every medium a site's link may have."""
    kecamatan: tuple[Name, ...]
    """The city's districts."""
    phases: tuple[Phase, ...] = ()
    """Phases of the city's plan, in order of time."""
    control: Rate
    """Guaranteed on every shaped port for routing and management; nothing else borrows it."""
    quarantine: Duration
    """How long the numbers of a removed site are kept from being given to another."""
    translations: Annotated[Duration, Field(ge=86400)] | None = None
    """How long it is kept who had which public address and port; absent: it is not written down."""


class RiskGroup(Model):
    """Something that several parts of the network share, and that takes all of them down when it fails."""

    name: Text
    """What it is, as people know it."""
    kind: Literal["duct", "pole", "building", "power", "upstream", "submarine"]
    """`duct` and `pole` are routes of fibre, `power` is a feed, `upstream` a provider behind the ISPs."""
    assumed: Flag = False
    """True while a survey has still to confirm it."""


RiskGroups = tuple[Name, ...]
"""Names of shared-risk groups (`risks:` in backbone.yml)."""
Oversubscription = Annotated[Number, Field(ge=1)]
"""How many times over the capacity may be promised."""


class Core(Model):
    """A core router."""

    nat: Prefix
    """Its own part of the city's public prefix: what it translates the city's traffic to."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""


class Pop(Model):
    """A point of presence, where sites are connected."""

    kecamatan: Name
    """The district it stands in; one of the city's."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    assumed: Flag = False
    """True while a survey has still to confirm it."""


class Span(Model):
    """A fibre between two routers of the backbone."""

    a: Name
    """One end: a core (`core-1`) or a POP (`wolio`)."""
    b: Name
    """The other end."""
    km: Annotated[Number, Field(gt=0, le=500)]
    """Length in kilometres."""
    capacity: Rate
    """What it carries in each direction."""
    role: Literal["core", "ring", "cross"] = "ring"
    """`core` joins the two cores, `ring` spans close the ring through them, `cross` spans shorten it."""
    cost: Annotated[Integer, Field(ge=1, le=65535)] | None = None
    """OSPF cost in both directions; computed from capacity and length when absent."""
    oversubscription: Oversubscription = 1.0
    """How many times over the capacity may be promised; without it, what is promised must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    assumed: Flag = False
    """True while a survey has still to confirm it."""


class Isp(Model):
    """An uplink to the internet."""

    name: Text
    """Of the provider."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The provider's AS number."""
    core: Name
    """The core it is connected to."""
    address: Interface
    """Our end, as given by the ISP."""
    peer: Address
    """The ISP's end."""
    capacity: Rate
    """What is bought, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times over the capacity may be promised; without it, what is promised must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    bfd: Bfd | None = None
    """Where the ISP offers it; BGP timers of 1 s and 3 s otherwise."""
    preference: Annotated[Integer, Field(ge=11, le=999)] = 100
    """Of its default route: the highest of the living ISPs is used; among equals every core uses its own."""
    probe: Annotated[tuple[Address, ...], Field(max_length=8)] = ()
    """Two to eight machines of the internet, in different networks, asked every second through this ISP."""


class Province(Model):
    """The connection to the Province's data center."""

    name: Text
    """As people read it."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The Province's AS number."""
    core: Name
    """The core it is connected to."""
    prefixes: tuple[Prefix, ...]
    """What the Province may announce."""
    capacity: Rate
    """Of the connection, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times over the capacity may be promised; without it, what is promised must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""


class Backbone(Model):
    """backbone.yml: cores, POPs, the fibres between them and what lies outside."""

    cores: Annotated[dict[CoreName, Core], Field(min_length=2, max_length=2)]
    """The two core routers: `core-1` and `core-2`."""
    pops: dict[Name, Pop]
    """Points of presence; the router of POP `wolio` is `pop-wolio`."""
    spans: tuple[Span, ...]
    """Every fibre of the backbone; every POP needs two ring neighbours."""
    isps: dict[IspName, Isp]
    """Uplinks to the internet."""
    province: Province
    """The Province's data center."""
    risks: dict[Name, RiskGroup] = Field(default={})
    """Shared-risk groups, by the name that `srlg` lists give them."""


class Segment(Model):
    """A network of the data center; its hosts stand on a LAN behind each firewall."""

    name: Text
    """As people read it."""
    size: Annotated[Integer, Field(ge=22, le=29)] = 27
    """Prefix length of each of its two LANs."""


class Datacenter(Model):
    """datacenter.yml: the firewall pair and the networks behind it."""

    firewalls: Annotated[tuple[FirewallName, ...], Field(min_length=2, max_length=2)]
    """Active, then standby."""
    capacity: Rate
    """Of each of the links from a firewall to a core, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times over the capacity may be promised; without it, what is promised must fit."""
    srlg: dict[DatacenterPart, RiskGroups] = Field(default={})
    """Shared-risk groups of each firewall, and of the hosts taken together."""
    segments: dict[Name, Segment]
    """Its networks; services.yml says which service stands in which."""


class Provider(Model):
    """What the survey found at a site: its commercial line, not the city's fibre."""

    provider: Text
    """Who sells the line."""
    quality: Literal["good", "poor", "none"]
    """As its users know it; `none`: no line."""


class LinkStatus(StrEnum):
    BUILT = "built"
    PLANNED = "planned"


class SiteLink(Model):
    """A site's connection to a POP."""

    pop: Name
    """The POP it leads to."""
    media: Name
    """One of the city's link classes, such as `fibre`."""
    committed: DirectedRates
    """What the site has at any time; directions are seen from the site."""
    peak: DirectedRates
    """What it may use while nobody else needs it."""
    status: LinkStatus
    """Whether it stands already. The routers are configured for both."""
    role: Literal["primary", "backup"] = "primary"
    """Of two links, which one carries the traffic; the backup takes over when it is lost."""
    port: Annotated[Integer, Field(ge=1, le=9999)] | None = None
    """Pinned port number on the POP."""
    prefix: Prefix | None = None
    """Pinned /31 between POP and site."""
    km: Annotated[Number, Field(gt=0, le=500)] | None = None
    """Length of the line in kilometres; the kind's usual length unless given."""
    srlg: RiskGroups = ()
    """Shared-risk groups the line belongs to."""


class SiteSegment(Model):
    """What differs from the kind's usual segment."""

    size: Annotated[Integer, Field(ge=16, le=29)] | None = None
    """Prefix length; the kind's unless given."""
    prefix: Prefix | None = None
    """Pinned, out of the zone's pool."""


def _segments(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(f'"{value}" is not a list of zones: write [{value}].')
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        if len(set(value)) != len(value):
            raise ValueError("a segment is listed twice.")
        return {zone: {} for zone in value}
    if isinstance(value, dict):
        return {zone: {} if given is None else given for zone, given in value.items()}
    return value


class Site(Model):
    """sites/<id>.yml: an office, a clinic, a school, a park."""

    name: Text
    """As people read it."""
    kind: Name
    """One of the city's kinds of site; it says how large the segments are."""
    kecamatan: Name
    """The district it stands in; one of the city's."""
    today: Provider | None = None
    """What a survey found there: a fact, not the intent."""
    link: SiteLink | None = None
    """The only link of a site. Neither this nor `links`: the site has no link yet."""
    multi: Annotated[tuple[SiteLink, ...], Field(alias="links", min_length=1, max_length=2)] = ()
    """A primary and a backup link, at different POPs, instead of `link`."""
    segments: Annotated[dict[Name, SiteSegment], BeforeValidator(_segments)] = Field(default={})
    """A list of zones, or a mapping where a size or prefix differs."""
    asn: Annotated[Integer, Field(ge=4200000000, le=4294967294)] | None = None
    """Pinned AS number of its router."""
    loopback: Address | None = None
    """Pinned loopback address of its router."""
    srlg: RiskGroups = ()
    """Shared-risk groups the site's router belongs to."""
    assumed: tuple[Text, ...] = ()
    """Paths of the values that a survey has still to confirm, such as `link.peak`."""

    @property
    def links(self) -> tuple[SiteLink, ...]:
        """All links of the site, the primary first."""
        if self.link is not None:
            return (self.link,)
        return tuple(sorted(self.multi, key=lambda link: link.role == "backup"))

    def link_path(self, pop: str) -> tuple[str | int, ...]:
        """Where in the file the link to a POP stands."""
        if self.link is not None:
            return ("link",)
        return ("links", next(index for index, link in enumerate(self.multi) if link.pop == pop))
