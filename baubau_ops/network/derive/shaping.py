"""Shaped ports: how fast each port sends, and which traffic must never starve.

Liveness neither lends nor borrows bandwidth: a full link must not bring down its own routing. BGP and management
have a separate queue: they use TCP, which fills any rate that it gets, and so must not be served before BFD. Calls,
if there are any, are served before data; they borrow nothing, so that they cannot starve the other queues. Where the
traffic of sites meets, packets that the POP marked as above the committed rate only get what the others leave.
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
"""Backbone links that carry calls; no call leaves the city."""
_VOICE_SHARE = 10
"""The share of a backbone port for calls is one part in this number, so that a new site does not change it."""
_LOW_SHARE = 100
"""The share guaranteed to traffic above the committed rates is one part in this number."""


def shaped_ports(inventory: Inventory, node: Node) -> tuple[ShapedPort, ...]:
    """The shaped ports of a router, sorted by name."""
    found = [_shaped(inventory, node, link) for link in inventory.topology.links_of(node.name)]
    return tuple(sorted((port for port in found if port), key=lambda port: port.port))


def _shaped(inventory: Inventory, node: Node, link: Link) -> ShapedPort | None:
    if link.kind is LinkKind.BASTION:
        return None
    if link.kind is LinkKind.ACCESS:
        return _access(inventory, node, link)
    return _backbone(inventory, node, link)


def _access(inventory: Inventory, node: Node, link: Link) -> ShapedPort:
    """Download rate towards a site, upload rate from it; the two control classes are added to the peak."""
    upload = node.role is Role.SITE
    committed, peak = (_direction(rates, upload=upload) for rates in (link.committed, link.peak))
    control = inventory.city.control
    voice = voice_rate(inventory, inventory.topology.nodes[link.b.node].id) or 0
    classes = _access_classes(committed, peak, control, voice)
    return ShapedPort(link.end(node.name).name, peak + control, classes)


@lru_cache(maxsize=4096)
def _access_classes(committed: int, peak: int, control: int, voice: int) -> tuple[TrafficClass, ...]:
    """Traffic classes with rates in bit/s; cached, because many sites have the same rates."""
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
    """A port with a fixed capacity: data gets what is not guaranteed to control traffic."""
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
