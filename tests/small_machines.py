"""The small city and the machines that its twin has."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address

from baubau_ops.core import settings
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, PROVINCE, Role
from baubau_ops.inventory.environment import Machine
from baubau_ops.inventory.load import load


@cache
def city() -> Inventory:
    return load(settings.root() / "examples/small")


@cache
def machines() -> tuple[Machine, ...]:
    """One in every LAN of a site, a host in each segment, and who is outside."""
    found = []
    for lan in city().topology.lans:
        if city().topology.nodes[lan.router].role is Role.SITE:
            found.append(Machine(f"{lan.owner}-{lan.zone}", lan.zone, lan.owner, lan.host))
        elif lan.router == city().datacenter.firewalls[0]:
            found.append(Machine(f"host-{lan.owner}", lan.owner, lan.owner, lan.host))
    outside = city().backbone.province.prefixes[0]
    found.append(Machine("prov-host", "province", PROVINCE, outside[10]))
    for number, isp in enumerate(city().backbone.isps):
        found.append(Machine(f"inet-{isp}", "internet", isp, IPv4Address(f"203.0.113.{2 + 16 * number}")))
    bastion = city().topology.nodes[BASTION].loopback
    assert bastion is not None
    return (*found, Machine(BASTION, BASTION, BASTION, bastion))
