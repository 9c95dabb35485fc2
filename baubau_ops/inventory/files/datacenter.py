"""datacenter.yml: the firewall pair and the networks behind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from baubau_ops.inventory.files.fields import (
    DatacenterPart,
    FirewallName,
    Integer,
    Model,
    Name,
    Oversubscription,
    Rate,
    RiskGroups,
    Text,
)


class Segment(Model):
    """A network of the data center; its hosts stand on a LAN behind each firewall."""

    name: Text
    """Name as people read it."""
    size: Annotated[Integer, Field(ge=22, le=29)] = 27
    """Prefix length of each of its two LANs."""


class Datacenter(Model):
    """datacenter.yml: the firewall pair and the networks behind it."""

    firewalls: Annotated[tuple[FirewallName, ...], Field(min_length=2, max_length=2)]
    """Active, then standby."""
    capacity: Rate
    """Capacity of each link from a firewall to a core, in each direction."""
    oversubscription: Oversubscription = 1.0
    """How many times the capacity may be committed; by default, the committed rates must fit."""
    srlg: dict[DatacenterPart, RiskGroups] = Field(default={})
    """Shared-risk groups of each firewall, and of the hosts taken together."""
    segments: dict[Name, Segment]
    """Its networks; services.yml places each service in one."""
