"""Admission control: committed rates must fit every link, normally and after any single loss.

The commitments on a link may exceed its capacity only by the configured factor of `oversubscription`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import link_id, pop_device, site_device
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.resilience.backbone import Arc, Element
from baubau_ops.inventory.resilience.losses import Loss, LossKind, backbone_losses
from baubau_ops.inventory.resilience.traffic import Traffic

_DIGITS = 4
"""Number of significant digits of a load in messages."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest load of a link in one direction, over all single losses."""

    arc: Arc
    load: float
    """Load in bit/s."""
    after: Loss | None
    """The loss that causes the load; None if it occurs without a loss."""


@dataclass(frozen=True, slots=True)
class Room:
    """The headroom of a link in the worst single loss."""

    label: str
    """Label of the link on screens: `span wolio–murhum`."""
    left: int
    """Rate in bit/s that may still be committed, rounded down."""
    room: int
    """Total rate in bit/s that may be committed: the capacity times the oversubscription factor."""


def findings(files: Files) -> Iterator[Finding]:
    """Find links whose committed rates do not fit; references between the files must be valid."""
    traffic = Traffic(files)
    worst: dict[tuple[str, DocumentPath], Peak] = {}  # by the place where the capacity is defined
    for peak in peaks(traffic).values():
        edge = traffic.graph.edges[peak.arc >> 1]
        before = worst.get((edge.file, edge.path))
        if before is None or peak.load > before.load:
            worst[edge.file, edge.path] = peak
    for (file, path), peak in worst.items():
        if traffic.overload(peak.arc, peak.load).is_refused:
            yield Finding(file, path, _message(traffic, peak))


def peaks(traffic: Traffic) -> Mapping[Arc, Peak]:
    """Return the highest load of each loaded arc, over all single losses."""
    found = {arc: Peak(arc, load, None) for arc, load in traffic.load.items()}
    for loss in backbone_losses(traffic.files, traffic.graph):
        _raise(found, traffic.moved(traffic.changed(loss.elements)), loss)
    for site, data in traffic.files.sites.items():
        if len(data.links) > 1:
            line = link_id(pop_device(data.links[0].pop), site_device(site))
            _raise(found, traffic.moved_by_line(site), Loss(line, LossKind.LINE, line))
    return found


def _raise(found: dict[Arc, Peak], loads: Mapping[Arc, float], loss: Loss) -> None:
    for arc, load in loads.items():
        if arc not in found or load > found[arc].load:
            found[arc] = Peak(arc, load, loss)


def _message(traffic: Traffic, peak: Peak) -> str:
    edge = traffic.graph.edges[peak.arc >> 1]
    when = ""
    if peak.after is not None:
        normal = traffic.load.get(peak.arc, 0.0)
        when = f" after losing {peak.after.id} (normally {told(normal) if normal else 'nothing'})"
    towards = traffic.graph.head(peak.arc)
    factor = Decimal(peak.load / edge.capacity).quantize(Decimal("0.1"), ROUND_CEILING)
    return (
        f"{edge.label}: {told(peak.load)} committed towards {towards}{when},"
        f" {format_rate(edge.capacity)} × {edge.oversubscription:g} fit."
        f" Raise the capacity, lower rates, or write oversubscription: {factor}."
    )


def told(rate: float) -> str:
    """Write a computed rate with four digits, rounded up."""
    whole = math.ceil(rate)
    step = 10 ** max(0, len(str(whole)) - _DIGITS)
    return format_rate(-(-whole // step) * step)


def tightest(files: Files, site: str) -> Room | None:
    """Return the link with the least headroom among those that may carry a site's traffic; None without a link."""
    traffic = Traffic(files)
    used = frozenset(_used_by(traffic, site))
    rooms = []
    for arc, peak in peaks(traffic).items():
        edge = traffic.graph.edges[arc >> 1]
        if traffic.graph.first_link + (arc >> 1) in used:
            rooms.append(Room(edge.label, math.floor(edge.room - peak.load + 0.01), math.floor(edge.room)))
    return min(rooms, key=lambda room: (room.left, room.label), default=None)


def _used_by(traffic: Traffic, site: str) -> Iterator[Element]:
    """Return the elements of the site's paths, without a loss and after each single loss."""
    place = next((n for n, group in enumerate(traffic.groups) if site in group.sites), None)
    if place is None:
        return
    yield from traffic.states[place].elements
    for loss in backbone_losses(traffic.files, traffic.graph):
        if not loss.elements.isdisjoint(traffic.states[place].elements):
            yield from traffic.changed(loss.elements)[place].elements
    for line in traffic.groups[place].lines:
        ways = traffic.normal.ways(line.pop)
        yield from () if ways is None else ways.elements
