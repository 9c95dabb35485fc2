"""sites/<id>.yml: a site, its links and its segments."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from baubau_ops.inventory.files.fields import (
    RATE_SCHEMA,
    Address,
    Integer,
    Model,
    Name,
    Number,
    PlatformName,
    Prefix,
    Rate,
    RiskGroups,
    Text,
    parsed_rate,
)


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


class Provider(Model):
    """The survey's findings at a site: its commercial line, not the city's fibre."""

    provider: Text
    """Provider of the line."""
    quality: Literal["good", "poor", "none"]
    """Quality according to its users; `none`: no line."""


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
    """Committed rate (CIR): available at any time; directions are seen from the site."""
    peak: DirectedRates
    """Peak rate: usable when capacity is free."""
    status: LinkStatus
    """`built` exists already. The routers are configured for both."""
    role: Literal["primary", "backup"] = "primary"
    """`primary` carries the traffic; `backup` takes over when the primary is lost."""
    port: Annotated[Integer, Field(ge=1, le=9999)] | None = None
    """Pinned port number on the POP."""
    prefix: Prefix | None = None
    """Pinned /31 between POP and site."""
    km: Annotated[Number, Field(gt=0, le=500)] | None = None
    """Length of the line in kilometres; default: the kind's usual length."""
    srlg: RiskGroups = ()
    """Shared-risk groups the line belongs to."""


class SiteSegment(Model):
    """Differences from the kind's usual segment."""

    size: Annotated[Integer, Field(ge=16, le=29)] | None = None
    """Prefix length; default: the kind's."""
    prefix: Prefix | None = None
    """Pinned prefix, from the zone's pool."""


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
    """Name as people read it."""
    kind: Name
    """One of the city's kinds of site; it says how large the segments are."""
    kecamatan: Name
    """The district it is in; one of the city's."""
    today: Provider | None = None
    """What a survey found there: facts, not the intent."""
    link: SiteLink | None = None
    """The only link of a site. A site with neither `link` nor `links` is not connected yet."""
    multi: Annotated[tuple[SiteLink, ...], Field(alias="links", min_length=1, max_length=2)] = ()
    """A primary and a backup link, at different POPs, instead of `link`."""
    segments: Annotated[dict[Name, SiteSegment], BeforeValidator(_segments)] = Field(default={})
    """A list of zones, or a mapping where a size or prefix differs."""
    asn: Annotated[Integer, Field(ge=4200000000, le=4294967294)] | None = None
    """Pinned AS number of its router."""
    loopback: Address | None = None
    """Pinned loopback address of its router."""
    platform: PlatformName | None = None
    """Platform of its router; default: the city's platform for sites."""
    srlg: RiskGroups = ()
    """Shared-risk groups the site's router belongs to."""
    assumed: tuple[Text, ...] = ()
    """Paths of the values that a survey must still confirm, such as `link.peak`."""

    @property
    def links(self) -> tuple[SiteLink, ...]:
        """All links of the site, the primary first."""
        if self.link is not None:
            return (self.link,)
        return tuple(sorted(self.multi, key=lambda link: link.role == "backup"))

    def link_path(self, pop: str) -> tuple[str | int, ...]:
        """The path in the file of the link to a POP."""
        if self.link is not None:
            return ("link",)
        return ("links", next(index for index, link in enumerate(self.multi) if link.pop == pop))
