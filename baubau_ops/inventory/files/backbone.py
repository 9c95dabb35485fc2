"""backbone.yml: cores, POPs, the fibres between them, and the external neighbours."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from baubau_ops.inventory.files.fields import (
    Address,
    Bfd,
    CoreName,
    Flag,
    Integer,
    Interface,
    IspName,
    Model,
    Name,
    Number,
    Oversubscription,
    Prefix,
    Rate,
    RiskGroups,
    Text,
)


class RiskGroup(Model):
    """Something that several parts of the network share, and that takes all of them down when it fails."""

    name: Text
    """What it is, in words."""
    kind: Literal["duct", "pole", "building", "power", "upstream", "submarine"]
    """`duct` and `pole` are routes of fibre, `power` is a feed, `upstream` a provider behind the ISPs."""
    assumed: Flag = False
    """True until a survey confirms it."""


class Core(Model):
    """A core router."""

    nat: Prefix
    """Its own part of the city's public prefix, for address translation."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""


class Pop(Model):
    """A point of presence, where sites are connected."""

    kecamatan: Name
    """The district it is in; one of the city's."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    assumed: Flag = False
    """True until a survey confirms it."""


class Span(Model):
    """A fibre between two routers of the backbone."""

    a: Name
    """One end: a core (`core-1`) or a POP (`wolio`)."""
    b: Name
    """The other end."""
    km: Annotated[Number, Field(gt=0, le=500)]
    """Length in kilometres."""
    capacity: Rate
    """Capacity in each direction."""
    role: Literal["core", "ring", "cross"] = "ring"
    """`core` joins the two cores, `ring` spans close the ring through them, `cross` spans shorten it."""
    cost: Annotated[Integer, Field(ge=1, le=65535)] | None = None
    """OSPF cost in both directions; computed from capacity and length when absent."""
    oversubscription: Oversubscription = 1.0
    """How many times the capacity may be committed; by default, the committed rates must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    assumed: Flag = False
    """True until a survey confirms it."""


class Isp(Model):
    """An uplink to the internet."""

    name: Text
    """Name of the provider."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The provider's AS number."""
    core: Name
    """The core it is connected to."""
    address: Interface
    """Our end, as given by the ISP."""
    peer: Address
    """The ISP's end."""
    capacity: Rate
    """Rate bought, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times the capacity may be committed; by default, the committed rates must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""
    bfd: Bfd | None = None
    """BFD, where the ISP offers it; otherwise BGP timers of 1 s and 3 s."""
    preference: Annotated[Integer, Field(ge=11, le=999)] = 100
    """Preference of its default route: the highest working ISP is used; among equals every core uses its own."""
    probe: Annotated[tuple[Address, ...], Field(max_length=8)] = ()
    """Two to eight hosts on the internet, in different networks, pinged every second through this ISP."""


class Province(Model):
    """The connection to the Province's data center."""

    name: Text
    """Name as people read it."""
    asn: Annotated[Integer, Field(ge=1, le=4294967294)]
    """The Province's AS number."""
    core: Name
    """The core it is connected to."""
    prefixes: tuple[Prefix, ...]
    """Prefixes that the Province may announce."""
    capacity: Rate
    """Capacity of the connection, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times the capacity may be committed; by default, the committed rates must fit."""
    srlg: RiskGroups = ()
    """Shared-risk groups it belongs to."""


class Backbone(Model):
    """backbone.yml: cores, POPs, the fibres between them, and the external neighbours."""

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
    """Shared-risk groups, by the name used in `srlg` lists."""
