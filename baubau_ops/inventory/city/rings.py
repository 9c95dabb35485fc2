"""The rings of the backbone: chains of POPs whose ends connect to different cores, which close the ring.

A city has as many rings as its POPs need: one for eight POPs, twenty for a hundred and sixty. Rings have no names;
each consists of the POPs along the ring spans from one core to the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from baubau_ops.inventory.files.backbone import Backbone


@dataclass(frozen=True, slots=True)
class Ring:
    """A chain of POPs, in order from its start."""

    start: str
    """The core at its beginning."""
    pops: tuple[str, ...]
    end: str | None
    """The core at its end; None if it ends at a POP or returns to one."""


def ring_neighbours(backbone: Backbone) -> dict[str, list[str]]:
    """Return the neighbours on ring spans of each core and POP that has any, in the order of the file."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for span in backbone.spans:
        if span.role == "ring":
            found[span.a].append(span.b)
            found[span.b].append(span.a)
    return dict(found)


def rings(backbone: Backbone) -> tuple[Ring, ...]:
    """Return every ring once, starting from the first core; chains that only connect to the second core come last."""
    neighbours = ring_neighbours(backbone)
    found: list[Ring] = []
    seen: set[str] = set()
    for core in sorted(backbone.cores):
        for first in neighbours.get(core, []):
            if first not in seen and first not in backbone.cores:
                ring = _walk(core, first, neighbours, backbone)
                seen.update(ring.pops)
                found.append(ring)
    return tuple(found)


def _walk(core: str, first: str, neighbours: dict[str, list[str]], backbone: Backbone) -> Ring:
    before, here, pops = core, first, dict[str, None]()
    while here not in backbone.cores:
        onward = [name for name in neighbours[here] if name != before]
        pops[here] = None
        if not onward or onward[0] in pops:
            return Ring(core, tuple(pops), None)
        before, here = here, onward[0]
    return Ring(core, tuple(pops), here)
