"""The city's plan in city.yml: its phases, their targets, and the cost of connecting a site."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from baubau_ops.inventory.files.fields import Flag, Integer, Model, Name, Number, Text


class LinkCost(Model):
    """One-off cost of connecting a site, in rupiah."""

    site: Annotated[Integer, Field(ge=0)]
    """Cost of the site itself: its router, the ends of the line, the work."""
    km: Annotated[Integer, Field(ge=0)] = 0
    """Cost of each kilometre of the line."""
    assumed: Flag = False
    """True while the costs are estimates."""


class CoverageTarget(Model):
    """A share of some kinds of site that is to be connected."""

    kinds: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Kinds of site, taken together."""
    media: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Only links of these media count."""
    share: Annotated[Number, Field(gt=0, le=100)]
    """Smallest share, per cent of all the city's sites of these kinds."""


class Phase(Model):
    """A phase of the city's plan."""

    name: Text
    """Name in the city's plan."""
    first: Annotated[Integer, Field(ge=2000, le=2100)]
    """Its first year."""
    last: Annotated[Integer, Field(ge=2000, le=2100)]
    """Its last year, included."""
    goal: Text
    """Goal in words."""
    coverage: tuple[CoverageTarget, ...] = ()
    """What `inventory coverage` measures."""
