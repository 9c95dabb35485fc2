"""The backbone of a synthetic city: rings of at most eight POPs through both cores, with cross spans."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

RING_POPS = 8
"""Most POPs on one ring: all its traffic must fit through one of its ends when the other is lost."""

_SMALLEST_CROSSED = 4
"""A ring of fewer POPs gains nothing by a cross span."""
_LADDER = (10, 25, 40, 100, 400, 800, 1600, 3200)
"""Gbit/s that transceivers, alone or together, come in."""
_CONSONANTS, _VOWELS = "bdgklmnprstw", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]


@dataclass(frozen=True, slots=True)
class DrawnSpan:
    """A fibre of the backbone, without its capacity."""

    a: str
    b: str
    km: float
    role: str


def draw_names(count: int, random: Random) -> list[str]:
    """Unlike invented names of three syllables, for POPs and the kecamatan around them; sorted."""
    several = len(_SYLLABLES)
    numbers = random.sample(range(several**3), count)
    return sorted(
        _SYLLABLES[number // several**2]
        + _SYLLABLES[number // several % several]
        + _SYLLABLES[number % several]
        for number in numbers
    )


def split_into_rings(pops: Sequence[str]) -> list[Sequence[str]]:
    """The POPs of each ring, as many on each as on any other, or one less."""
    rings = -(-len(pops) // RING_POPS)
    bounds = [len(pops) * index // rings for index in range(rings + 1)]
    return [pops[start:end] for start, end in itertools.pairwise(bounds)]


def draw_spans(pops: Sequence[str], random: Random) -> Iterator[DrawnSpan]:
    """Two diverse paths between the cores, the rings, a span across each, and one from each to the next."""
    yield DrawnSpan("core-1", "core-2", 0.3, "core")
    yield DrawnSpan("core-1", "core-2", 1.8, "core")
    rings = split_into_rings(pops)
    for ring in rings:
        way = ["core-1", *ring, "core-2"]
        for a, b in itertools.pairwise(way):
            yield DrawnSpan(a, b, _km(random), "ring")
        if len(ring) >= _SMALLEST_CROSSED:
            yield DrawnSpan(ring[len(ring) // 4], ring[len(ring) * 3 // 4], _km(random), "cross")
    for ring, following in itertools.pairwise(rings):
        yield DrawnSpan(ring[len(ring) // 2], following[len(following) // 2], _km(random), "cross")


def most_spans(pops: int) -> int:
    """At least as many spans as `draw_spans` draws for so many POPs."""
    rings = -(-pops // RING_POPS)
    return 2 + (pops + rings) + rings + (rings - 1)


def capacity(committed: int) -> str:
    """The smallest usual capacity that carries `committed` Mbit/s twice over."""
    wanted = 2 * committed / 1000
    return f"{next((rate for rate in _LADDER if rate >= wanted), _LADDER[-1])}G"


def _km(random: Random) -> float:
    return random.randint(8, 60) / 10
