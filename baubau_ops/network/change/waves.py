"""The order in which devices may be changed, and how many at a time.

A batch is admissible if the city would survive the loss of all its members at once: every site keeps its path to a
core, an ISP and the data center, except sites that a single member serves alone; and a route reflector remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from baubau_ops.inventory.city.reach import reached
from baubau_ops.inventory.city.topology import Role, Topology

Group = tuple[str, ...]
"""Devices that change together; the device nearest to the cores comes first."""

MAX_BATCH = 8
"""Devices in a batch; larger batches gain nothing and put more at risk."""

_LAYERS = (Role.CORE, Role.FIREWALL, Role.POP, Role.SITE)


def layer(topology: Topology, device: str) -> int:
    """0 for a core; larger values are farther out."""
    return _LAYERS.index(topology.nodes[device].role)


def served(topology: Topology, without: AbstractSet[str]) -> frozenset[str]:
    """The site routers that still reach a core, an ISP and a data-center firewall when `without` is lost."""
    left = set(topology.carriers - without)
    found: set[str] = set()
    while left:
        part = reached(topology, next(iter(left)), without=without)
        left -= part
        roles = {topology.nodes[name].role for name in part}
        if {Role.CORE, Role.ISP, Role.FIREWALL} <= roles:
            found |= {name for name in part if topology.nodes[name].role is Role.SITE}
    return frozenset(found)


def cut_off(topology: Topology, device: str, down: AbstractSet[str]) -> frozenset[str]:
    """The site routers that lose service when only `device` is lost; includes `device` if it is a site router."""
    return served(topology, down) - served(topology, down | {device})


def is_admissible(topology: Topology, batch: AbstractSet[str], down: AbstractSet[str]) -> bool:
    """Whether the city survives the loss of the whole `batch`, with `down` lost already."""
    excused = frozenset().union(*(cut_off(topology, device, down) for device in batch))
    if not served(topology, down) - excused <= served(topology, down | batch):
        return False
    cores = {node.name for node in topology.with_role(Role.CORE)}
    return bool(cores - down - batch) or not batch & cores or len(cores - down) <= 1


def outward(topology: Topology, groups: Iterable[Group]) -> list[Group]:
    """Groups in the order for additions: the cores first, the sites last."""
    return sorted(groups, key=lambda group: (min(layer(topology, device) for device in group), group))


def batches(
    topology: Topology,
    groups: Sequence[Group],
    *,
    installing: AbstractSet[str] = frozenset(),
    down: AbstractSet[str] = frozenset(),
) -> Iterator[tuple[Group, ...]]:
    """Split `groups` into batches: a canary of one group, then as many groups as are admissible.

    While devices are `installing`, the order is strictly outward, layer by layer, because each needs the one before
    it. Otherwise the canary is the group whose loss would cut off the fewest sites. `down` holds what is lost now.
    """
    left = outward(topology, groups)
    by_layer = any(device in installing for group in left for device in group)
    if left and not by_layer:
        canary = min(left, key=lambda group: (_blast(topology, group, down), -layer(topology, group[0])))
        left.remove(canary)
        yield (canary,)
    while left:
        batch = _next_batch(topology, left, down, by_layer=by_layer)
        left = [group for group in left if group not in batch]
        yield batch


def _blast(topology: Topology, group: Group, down: AbstractSet[str]) -> int:
    return len(served(topology, down) - served(topology, down | set(group)))


def _next_batch(
    topology: Topology, left: Sequence[Group], down: AbstractSet[str], *, by_layer: bool
) -> tuple[Group, ...]:
    layer_of = partial(layer, topology)
    batch: list[Group] = [left[0]]
    members = set(left[0])
    for group in left[1:]:
        if by_layer and layer_of(group[0]) != layer_of(left[0][0]):
            break
        if len(members) + len(group) > MAX_BATCH:
            continue
        if is_admissible(topology, members | set(group), down):
            batch.append(group)
            members |= set(group)
    return tuple(batch)
