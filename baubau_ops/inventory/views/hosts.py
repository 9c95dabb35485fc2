"""The city as hosts and groups, for what manages machines: plain values that JSON can write, tied to no tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Node, Role, pop_device, site_device

Value: TypeAlias = "str | int | bool | Sequence[str]"
"""What a variable holds: JSON writes it as it is."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of ours by its device name, which is also its name in the ssh_config."""

    name: str
    groups: tuple[str, ...]
    """By name; the group of its role first."""
    variables: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that have something in common."""

    name: str
    hosts: tuple[str, ...]
    variables: Mapping[str, Value]
    """Those that every member has."""


@dataclass(frozen=True, slots=True)
class HostsAndGroups:
    """All hosts, in the order of the topology, and the groups that they name."""

    hosts: tuple[Host, ...]
    groups: tuple[Group, ...]


def hosts_and_groups(inventory: Inventory) -> HostsAndGroups:
    """Every router of ours, grouped by role (`core`, `pop`, …) and by POP with its sites (`pop-wolio`)."""
    hosts = tuple(_host(inventory, node) for node in inventory.topology.ours)
    members: dict[str, list[str]] = {}
    for host in hosts:
        for name in host.groups:
            members.setdefault(name, []).append(host.name)
    roles = {str(role) for role in Role}
    groups = (
        Group(name, tuple(names), {"role": name} if name in roles else {}) for name, names in members.items()
    )
    return HostsAndGroups(hosts, tuple(groups))


def _host(inventory: Inventory, node: Node) -> Host:
    return Host(node.name, tuple(_groups(inventory, node)), _variables(inventory, node))


def _groups(inventory: Inventory, node: Node) -> Iterator[str]:
    yield str(node.role)
    if node.role is Role.POP:
        yield node.name
    if node.role is Role.SITE:
        yield from (pop_device(link.pop) for link in inventory.sites[node.id].links)


def _variables(inventory: Inventory, node: Node) -> dict[str, Value]:
    found: dict[str, Value] = {
        "id": node.id,
        "asn": node.asn,
        "loopback": str(node.loopback),
        "platform": node.platform,
        "proposed": node.name in inventory.proposed_devices,
    }
    if node.role is Role.SITE:
        site = inventory.sites[node.id]
        found |= {"name": site.name, "kind": site.kind, "kecamatan": site.kecamatan}
    elif node.role is Role.POP:
        found["kecamatan"] = inventory.backbone.pops[node.id].kecamatan
        found["sites"] = sorted(
            site_device(name)
            for name, site in inventory.sites.items()
            if any(link.pop == node.id for link in site.links)
        )
    return found
