"""Checks the backbone's shape: rings through both cores, every POP on a ring, no two ports with the same name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.rings import ring_neighbours, rings
from baubau_ops.inventory.city.topology import BASTION, PROVINCE, backbone_device, port_towards
from baubau_ops.inventory.files.backbone import Backbone, Span
from baubau_ops.inventory.files.problems import Finding

_FILE = "backbone.yml"


def shape(backbone: Backbone) -> Iterator[Finding]:
    """Check that span ends exist, that roles fit them, that every POP is reached and that the rings are closed."""
    wrong = list(_spans(backbone))
    yield from wrong
    if wrong:
        return
    unreached = _unreached(backbone)
    for pop in sorted(unreached):
        message = "no path of spans leads from here to a core. Add spans from it to its two ring neighbours."
        yield Finding(_FILE, ("pops", pop), message, at_key=True)
    yield from _ring(backbone, unreached)


def _spans(backbone: Backbone) -> Iterator[Finding]:
    known = [*backbone.cores, *backbone.pops]
    for index, span in enumerate(backbone.spans):
        ends_known = True
        for side, end in (("a", span.a), ("b", span.b)):
            if end not in known:
                ends_known = False
                guess = did_you_mean(end, known) or f" There is: {', '.join(sorted(known))}."
                yield Finding(_FILE, ("spans", index, side), f'there is no core or POP "{end}".{guess}')
        if ends_known:
            yield from _role(index, span, backbone)


def _role(index: int, span: Span, backbone: Backbone) -> Iterator[Finding]:
    name = f"span {_name(span)}"
    if span.a == span.b:
        yield Finding(_FILE, ("spans", index), f"{name}: both ends are the same. Name two.")
        return
    joins_cores = span.a in backbone.cores and span.b in backbone.cores
    if joins_cores and span.role != "core":
        yield Finding(_FILE, ("spans", index), f"{name}: it joins the cores. Write role: core.")
    if span.role == "core" and not joins_cores:
        message = f"{name}: role core is for spans between the two cores. Write ring or cross."
        yield Finding(_FILE, ("spans", index), message)


def _name(span: Span) -> str:
    return f"{span.a}–{span.b}"


def _unreached(backbone: Backbone) -> set[str]:
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for span in backbone.spans:
        neighbours[span.a].add(span.b)
        neighbours[span.b].add(span.a)
    waiting = list(backbone.cores)
    reached = set(waiting)
    while waiting:
        for neighbour in neighbours[waiting.pop()] - reached:
            reached.add(neighbour)
            waiting.append(neighbour)
    return set(backbone.pops) - reached


def _ring(backbone: Backbone, unreached: set[str]) -> Iterator[Finding]:
    if not any(span.role == "core" for span in backbone.spans):
        cores = " and ".join(sorted(backbone.cores))
        yield Finding(
            _FILE, ("spans",), f"no span joins {cores}: the ring is open there. Add one with role: core."
        )
    neighbours = ring_neighbours(backbone)
    open_ends = list(_open_ends(backbone, neighbours, unreached))
    yield from open_ends
    if not open_ends and backbone.pops:
        yield from _wrong_rings(backbone, unreached)


def _open_ends(
    backbone: Backbone, neighbours: dict[str, list[str]], unreached: set[str]
) -> Iterator[Finding]:
    is_open = False
    for pop in backbone.pops:
        found = neighbours.get(pop, [])
        if pop not in unreached and (len(found) != 2 or len(set(found)) != 2):
            is_open = True
            message = f"POP {pop} {_has(found)}: the ring is not closed here. Every POP needs two neighbours."
            yield Finding(_FILE, ("pops", pop), message, at_key=True)
    ends = {core: neighbours.get(core, []) for core in backbone.cores}
    is_uneven = len({len(found) for found in ends.values()}) > 1 and not is_open
    for core, found in ends.items():
        if backbone.pops and (not found or is_uneven):
            message = f"{core} {_has(found)}: the ring is not closed here. One end of it lands on each core."
            yield Finding(_FILE, ("cores", core), message, at_key=True)


def _has(neighbours: list[str]) -> str:
    if not neighbours:
        return "has no ring span"
    shown = ", ".join(sorted(neighbours))
    return f"has {len(neighbours)} ring span{'s' if len(neighbours) > 1 else ''} (to {shown})"


def _wrong_rings(backbone: Backbone, unreached: set[str]) -> Iterator[Finding]:
    """Find rings with both ends on the same core, and POPs that are on no ring through the cores."""
    found = rings(backbone)
    for ring in found:
        if ring.start == ring.end:
            shown = " to ".join(dict.fromkeys((ring.pops[0], ring.pops[-1])))
            message = (
                f"the ring from {shown} has both ends on {ring.start}. One end of it lands on each core."
            )
            yield Finding(_FILE, ("pops", ring.pops[0]), message, at_key=True)
    missed = sorted(set(backbone.pops) - unreached - {pop for ring in found for pop in ring.pops})
    if missed:
        message = (
            f"{', '.join(missed)}: a ring of their own, which does not pass through the cores. Join the two."
        )
        yield Finding(_FILE, ("pops", missed[0]), message, at_key=True)


def same_port_names(backbone: Backbone) -> Iterator[Finding]:
    """Find pairs of neighbours that would give two ports of one router the same name."""
    taken = {
        port_towards(name): name
        for name in (*backbone.cores, *backbone.isps, PROVINCE, BASTION, "dc-1", "dc-2")
    }
    parallel = Counter(frozenset((span.a, span.b)) for span in backbone.spans)
    for ends, count in parallel.items():
        for number in range(1, count):
            for end in ends:
                device = backbone_device(end, backbone)
                taken[port_towards(device, number)] = f"parallel span {number + 1} to {end}"
    for pop in backbone.pops:
        port = port_towards(f"pop-{pop}")
        if port in taken:
            message = f'the interface name "{port}" is also that of {taken[port]}. Rename the POP.'
            yield Finding(_FILE, ("pops", pop), message, at_key=True)
