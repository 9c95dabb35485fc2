"""Which devices must be changed together: both ends of every session that would stay down if only one end changed.

A session is a link (OSPF, BFD and BGP between its two ports) or a pair of routers (iBGP between their loopbacks). So
a new key for all iBGP sessions makes one group of the whole infrastructure: each session restarts only once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from baubau_ops.inventory.city.topology import LinkKind, Topology
from baubau_ops.network.change.plan import DevicePlan, NetworkPlan
from baubau_ops.network.change.waves import Group, layer
from baubau_ops.network.platforms.diff import DiffLine

RoutingSession = str | frozenset[str]
"""The id of a link, or the two routers that have a session between their loopbacks."""


@dataclass(frozen=True, slots=True)
class Altered:
    """Parts of sessions that a device's change removes or replaces."""

    ports: frozenset[str]
    peers: frozenset[str]
    """Addresses of the peers."""


def groups(topology: Topology, plan: NetworkPlan) -> list[Group]:
    """Put the changes into groups that must change together; each group starts with the device nearest to the cores.

    Two changed devices form a group if both alter the same session (a key, an address, an AS). A new router is
    grouped with its POP, unless the POP itself is being installed.
    """
    together: dict[str, set[str]] = {change.device: {change.device} for change in plan.changes}
    for pair in (*_pairs(topology, plan), *_new_sites(topology, plan)):
        joined = set().union(*(together[device] for device in pair))
        together.update(dict.fromkeys(joined, joined))
    unique = {frozenset(members) for members in together.values()}
    return [
        tuple(sorted(members, key=lambda name: (layer(topology, name), name)))
        for members in sorted(unique, key=min)
    ]


def altered(lines: Iterable[DiffLine]) -> Altered:
    """What a device's change removes or replaces: lines of a port, or settings that both peers must agree on."""
    removed = [line for line in lines if line.sign == "-"]
    return Altered(
        frozenset(line.port for line in removed if line.port),
        frozenset(line.peer for line in removed if line.agreed),
    )


def _sessions(topology: Topology, loopbacks: Mapping[str, str], plan: DevicePlan) -> Iterator[RoutingSession]:
    """The sessions that a device's change alters; `loopbacks` maps addresses to routers."""
    found = altered(plan.lines)
    for link in topology.links_of(plan.device):
        if link.end(plan.device).name in found.ports or str(link.far(plan.device).address.ip) in found.peers:
            yield link.id
    for address in found.peers & loopbacks.keys():
        yield frozenset({plan.device, loopbacks[address]})


def _pairs(topology: Topology, made: NetworkPlan) -> list[tuple[str, ...]]:
    """Both ends of each session that both ends alter."""
    loopbacks = {str(node.loopback): node.name for node in topology.ours}
    ends: defaultdict[RoutingSession, list[str]] = defaultdict(list)
    for name, plan in made.devices.items():
        for session in _sessions(topology, loopbacks, plan):
            ends[session].append(name)
    return [tuple(devices) for devices in ends.values() if len(devices) > 1]


def _new_sites(topology: Topology, plan: NetworkPlan) -> list[tuple[str, ...]]:
    changing = {change.device for change in plan.changes} - plan.installing
    return [
        (link.a.node, link.b.node)
        for link in topology.links.values()
        if link.kind is LinkKind.ACCESS and link.a.node in changing and link.b.node in plan.waiting
    ]
