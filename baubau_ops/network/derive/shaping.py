"""Shaped ports: who sends how fast, and what may never starve.

Every shaped port has two trees. Class 10 belongs to OSPF and BFD alone and neither lends nor borrows: a full link
must not kill the liveness of its own routing. Below class 1 stand 20 (BGP and management: TCP, which fills
whatever it is given, and so must not stand before BFD), 25 (calls, where there are any: a short queue, served
before data, that borrows nothing, so that it cannot starve the others), 30 (data) and, where sites' traffic meets,
40 (what its POP marked as above the committed rate), which only gets what the others leave.
"""

from __future__ import annotations

from functools import lru_cache

from baubau_ops.core.errors import InputError
from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link, LinkKind, Node, Role
from baubau_ops.inventory.files.site import Rates
from baubau_ops.network.derive.voice import voice_pools, voice_rate
from baubau_ops.network.model.router import ShapedPort, TrafficClass

TREE, LIVENESS, MANAGEMENT, VOICE, DATA, LOW = 1, 10, 20, 25, 30, 40

_CALLS = frozenset({LinkKind.SPAN, LinkKind.DATACENTER})
"""Links of the backbone over which calls go; none leaves the city."""
_FRAME = 1514
_QUEUE_SECONDS = 0.05
_MIN_QUEUE = 2 * 65536
"""Bytes: segmentation offload hands over up to 64 KiB as one packet, and a queue it does not fit in drops it."""
_BURST_SECONDS = 0.002
_MIN_BURST = 2 * _FRAME
_VOICE_QUEUE_SECONDS = 0.02
"""A packet of a call that waited longer is of no use any more."""
_VOICE_SHARE = 10
"""The part of a backbone port that calls may have, one in so many: a site more changes nothing there."""
_LOW_SHARE = 100
"""The part of a port guaranteed to traffic above the committed rates: one in so many."""


def qos(inventory: Inventory, node: Node) -> tuple[ShapedPort, ...]:
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
    return ShapedPort(link.end(node.name).name, DATA, _access_classes(committed, peak, control, voice))


@lru_cache(maxsize=4096)
def _access_classes(committed: int, peak: int, control: int, voice: int) -> tuple[TrafficClass, ...]:
    """bit/s; many sites have the same rates."""
    return (
        _tree(peak + control),
        _liveness(control),
        _leaf(MANAGEMENT, control, peak + control, 1),
        *_voice(voice),
        _leaf(DATA, committed - voice, peak, 3),
    )


def _direction(rates: Rates | None, *, upload: bool) -> int:
    assert rates is not None, "a site's link has rates"
    return rates.up if upload else rates.down


def _backbone(inventory: Inventory, node: Node, link: Link) -> ShapedPort:
    """A port of a fixed capacity: what is not guaranteed to control is for data."""
    control = inventory.city.control
    tree = link.capacity - control
    low = link.capacity // _LOW_SHARE
    voice = link.capacity // _VOICE_SHARE if link.kind in _CALLS and voice_pools(inventory) else 0
    data = tree - control - voice - low
    if data <= 0:
        raise InputError(
            f"{link.id}: {format_rate(link.capacity)} leave nothing for data beside twice"
            f" {format_rate(control)} for routing and management."
        )
    classes = (
        _tree(tree),
        _liveness(control),
        _leaf(MANAGEMENT, control, tree, 1),
        *_voice(voice),
        _leaf(DATA, data, tree - control, 3),
        _leaf(LOW, low, tree - control, 7),
    )
    return ShapedPort(link.end(node.name).name, DATA, classes)


def _voice(rate: int) -> tuple[TrafficClass, ...]:
    if not rate:
        return ()
    limit = max(round(rate / 8 * _VOICE_QUEUE_SECONDS), 10 * _FRAME)
    return (TrafficClass(VOICE, TREE, rate, rate, _burst(rate), 2, _FRAME, limit),)


def _burst(rate: int) -> int:
    return max(round(rate / 8 * _BURST_SECONDS), _MIN_BURST)


def _tree(rate: int) -> TrafficClass:
    return TrafficClass(TREE, 0, rate, rate, _burst(rate), 0, _FRAME, None)


def _liveness(rate: int) -> TrafficClass:
    return TrafficClass(LIVENESS, 0, rate, rate, _burst(rate), 0, _FRAME, 10 * _FRAME)


def _leaf(minor: int, rate: int, ceil: int, priority: int) -> TrafficClass:
    limit = max(round(ceil / 8 * _QUEUE_SECONDS), _MIN_QUEUE)
    quantum = 10 * _FRAME if minor == DATA else _FRAME
    return TrafficClass(minor, TREE, rate, ceil, _burst(ceil), priority, quantum, limit)
