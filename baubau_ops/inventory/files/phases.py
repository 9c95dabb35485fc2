"""What city.yml says of the city's plan: its phases, what they aim at, and what connecting a site costs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from baubau_ops.inventory.files.fields import Flag, Integer, Model, Name, Number, Text


class LinkCost(Model):
    """What connecting a site costs once, in rupiah."""

    site: Annotated[Integer, Field(ge=0)]
    """Of the site itself: its router, the ends of the line, the work."""
    km: Annotated[Integer, Field(ge=0)] = 0
    """Of each kilometre of the line."""
    assumed: Flag = False
    """True while these are guesses."""


class CoverageTarget(Model):
    """A share of some kinds of site that is to be connected."""

    kinds: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Kinds of site, taken together."""
    media: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Only links of these media count."""
    share: Annotated[Number, Field(gt=0, le=100)]
    """Per cent of all the city's sites of these kinds, at least."""


class Phase(Model):
    """A phase of the city's plan."""

    name: Text
    """As the plan calls it."""
    first: Annotated[Integer, Field(ge=2000, le=2100)]
    """Its first year."""
    last: Annotated[Integer, Field(ge=2000, le=2100)]
    """Its last year, included."""
    goal: Text
    """What it is to bring, in words."""
    coverage: tuple[CoverageTarget, ...] = ()
    """What `inventory coverage` measures."""
