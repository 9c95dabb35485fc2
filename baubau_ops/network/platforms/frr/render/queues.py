"""The queues of a shaped port, as classes of tc's HTB.

Class 10 (liveness) is separate: it neither lends nor borrows. All other classes are below class 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from baubau_ops.network.model.router import Queue, ShapedPort, TrafficClass

TREE = 1
"""The parent of all classes except that of liveness."""
MINORS = {Queue.LIVENESS: 10, Queue.MANAGEMENT: 20, Queue.VOICE: 25, Queue.DATA: 30, Queue.LOW: 40}
"""Minor numbers of the classes; their digits are read as hexadecimal, as tc and nft do."""
DEFAULT = MINORS[Queue.DATA]
"""The class for packets that no rule classified."""

_PRIORITIES = {Queue.LIVENESS: 0, Queue.MANAGEMENT: 1, Queue.VOICE: 2, Queue.DATA: 3, Queue.LOW: 7}
_FRAME = 1514
_QUEUE_SECONDS = 0.05
_MIN_QUEUE = 2 * 65536
"""Bytes: segmentation offload passes up to 64 KiB as one packet, and a queue with less room would drop it."""
_BURST_SECONDS = 0.002
_MIN_BURST = 2 * _FRAME
_SHORT_QUEUE = 10 * _FRAME
_VOICE_QUEUE_SECONDS = 0.02
"""A call's packet that has waited longer is useless."""


@dataclass(frozen=True, slots=True)
class HtbClass:
    """One class of a port. Rates in bit/s, sizes in bytes."""

    minor: int
    parent: int
    """Minor number of the parent class; 0 for the root."""
    rate: int
    ceil: int
    burst: int
    priority: int
    quantum: int
    limit: int | None
    """Length of its queue; None for a class with child classes."""


def htb_classes(port: ShapedPort) -> tuple[HtbClass, ...]:
    """The classes of a port; parents come before their children."""
    return _classes(port.rate, port.classes)


@lru_cache(maxsize=4096)
def _classes(rate: int, classes: tuple[TrafficClass, ...]) -> tuple[HtbClass, ...]:
    """Cached, because many sites have the same rates."""
    tree = HtbClass(TREE, 0, rate, rate, _burst(rate), 0, _FRAME, None)
    return (tree, *map(_leaf, classes))


def _leaf(one: TrafficClass) -> HtbClass:
    return HtbClass(
        minor=MINORS[one.queue],
        parent=0 if one.queue is Queue.LIVENESS else TREE,
        rate=one.rate,
        ceil=one.ceil,
        burst=_burst(one.ceil),
        priority=_PRIORITIES[one.queue],
        quantum=10 * _FRAME if one.queue is Queue.DATA else _FRAME,
        limit=_limit(one),
    )


def _limit(one: TrafficClass) -> int:
    if one.queue is Queue.LIVENESS:
        return _SHORT_QUEUE
    if one.queue is Queue.VOICE:
        return max(round(one.ceil / 8 * _VOICE_QUEUE_SECONDS), _SHORT_QUEUE)
    return max(round(one.ceil / 8 * _QUEUE_SECONDS), _MIN_QUEUE)


def _burst(rate: int) -> int:
    return max(round(rate / 8 * _BURST_SECONDS), _MIN_BURST)
