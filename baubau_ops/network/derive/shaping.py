"""Shaped ports: who sends how fast, and what may never starve.

Liveness neither lends nor borrows: a full link must not kill the liveness of its own routing. Beside it, BGP and
management have a queue of their own: they are TCP, which fills whatever it is given, and so must not stand before
BFD. Calls, where there are any, are served before data and borrow nothing, so that they cannot starve the others.
Where sites' traffic meets, what its POP marked as above the committed rate only gets what the others leave.
"""

from __future__ import annotations

from functools import lru_cache

from baubau_ops.core.errors import InputError
from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link, LinkKind, Node, Role
from baubau_ops.inventory.files.site import Rates
from baubau_ops.network.derive.voice import voice_pools, voice_rate
from baubau_ops.network.model.router import Queue, ShapedPort, TrafficClass

_CALLS = frozenset({LinkKind.SPAN, LinkKind.DATACENTER})
"""Links of the backbone over which calls go; none leaves the city."""
_VOICE_SHARE = 10
"""The part of a backbone port that calls may have, one in so many: a site more changes nothing there."""
_LOW_SHARE = 100
"""The part of a port guaranteed to traffic above the committed rates: one in so many."""


def shaped_ports(inventory: Inventory, node: Node) -> tuple[ShapedPort, ...]:
    """The shaped ports of a router, by name."""
    found = [_shaped(inventory, node, link) for link in inventory.topology.links_of(node.name)]
    return tuple(sorted((port for port in found if port), key=lambda port: port.port))


def _shaped(inventory: Inventory, node: Node, link: Link) -> ShapedPort | None:
    if link.kind is LinkKind.BASTION:
        return None
    if link.kind is LinkKind.ACCESS:
        return _access(inventory, node, link)
    return _backbone(inventory, node, link)


def _access(inventory: Inventory, node: Node, link: Link) -> ShapedPort:
    """Towards the site its download, from it its upload; the two control classes come on top of the peak."""
    upload = node.role is Role.SITE
    committed, peak = (_direction(rates, upload=upload) for rates in (link.committed, link.peak))
    control = inventory.city.control
    voice = voice_rate(inventory, inventory.topology.nodes[link.b.node].id) or 0
    classes = _access_classes(committed, peak, control, voice)
    return ShapedPort(link.end(node.name).name, peak + control, classes)


@lru_cache(maxsize=4096)
def _access_classes(committed: int, peak: int, control: int, voice: int) -> tuple[TrafficClass, ...]:
    """bit/s; many sites have the same rates."""
    return (
        TrafficClass(Queue.LIVENESS, control, control),
        TrafficClass(Queue.MANAGEMENT, control, peak + control),
        *_voice(voice),
        TrafficClass(Queue.DATA, committed - voice, peak),
    )


def _direction(rates: Rates | None, *, upload: bool) -> int:
    assert rates is not None, "a site's link has rates"
    return rates.up if upload else rates.down


def _backbone(inventory: Inventory, node: Node, link: Link) -> ShapedPort:
    """A port of a fixed capacity: what is not guaranteed to control is for data."""
    control = inventory.city.control
    rate = link.capacity - control
    low = link.capacity // _LOW_SHARE
    voice = link.capacity // _VOICE_SHARE if link.kind in _CALLS and voice_pools(inventory) else 0
    data = rate - control - voice - low
    if data <= 0:
        raise InputError(
            f"{link.id}: {format_rate(link.capacity)} leave nothing for data beside twice"
            f" {format_rate(control)} for routing and management."
        )
    classes = (
        TrafficClass(Queue.LIVENESS, control, control),
        TrafficClass(Queue.MANAGEMENT, control, rate),
        *_voice(voice),
        TrafficClass(Queue.DATA, data, rate - control),
        TrafficClass(Queue.LOW, low, rate - control),
    )
    return ShapedPort(link.end(node.name).name, rate, classes)


def _voice(rate: int) -> tuple[TrafficClass, ...]:
    return (TrafficClass(Queue.VOICE, rate, rate),) if rate else ()
