"""Two things lost at once: which pairs cut off somebody whom neither cuts off alone.

Of all pairs only those are tried in which the second lies on a way that somebody takes without the first: any
other pair does no more than its two losses do one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from baubau_ops.inventory.resilience.losses import Loss, by_element
from baubau_ops.inventory.resilience.routes import Function, functions
from baubau_ops.inventory.resilience.traffic import State, Traffic, mask_of

WORST = 10
"""Pairs that are named."""


@dataclass(frozen=True, slots=True)
class DoubleFailure:
    """Two losses and what they do together only."""

    first: Loss
    second: Loss
    cuts: Mapping[tuple[Function, ...], int]
    """How many sites lose which functions."""

    @property
    def sites(self) -> int:
        """How many sites lose anything."""
        return sum(self.cuts.values())


@dataclass(frozen=True, slots=True)
class DoubleFailures:
    pairs: int
    """Of losses in the backbone, all of them."""
    cutting: int
    """Those that cut off somebody whom neither cuts off alone."""
    worst: tuple[DoubleFailure, ...]
    """Those that cut off the most sites."""


def double_failures(
    traffic: Traffic, losses: tuple[Loss, ...], changed: Sequence[Mapping[int, State]], counted: int
) -> DoubleFailures:
    """All pairs of losses; `changed` is what each changes alone, `counted` the functions that count."""
    tally: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for first, second, place in _candidates(traffic, losses, changed):
        base = traffic.states[place].mask & counted
        for loss in (first, second):
            if place in changed[loss]:
                base &= changed[loss][place].mask
        if base:
            lost = losses[first].elements | losses[second].elements
            new = base & ~mask_of(traffic.graph, traffic.groups[place], lost)
            if new:
                tally[first, second][new] += len(traffic.groups[place].sites)
    order = sorted(tally, key=lambda pair: (-tally[pair].total(), pair))
    worst = (
        DoubleFailure(
            losses[first],
            losses[second],
            {functions(mask): sites for mask, sites in tally[first, second].most_common()},
        )
        for first, second in order[:WORST]
    )
    return DoubleFailures(comb(len(losses), 2), len(tally), tuple(worst))


def _candidates(
    traffic: Traffic, losses: tuple[Loss, ...], changed: Sequence[Mapping[int, State]]
) -> Iterator[tuple[int, int, int]]:
    """Two losses, the first one first, and a group of sites that they may cut off together; each once."""
    takes = by_element(losses)
    seen: set[tuple[int, int, int]] = set()
    for loss, states in enumerate(changed):
        for place, state in states.items():
            if not traffic.groups[place].sites:
                continue
            others = {other for element in state.elements for other in takes.get(element, ())}
            for other in others - {loss}:
                found = (min(loss, other), max(loss, other), place)
                if found not in seen:
                    seen.add(found)
                    yield found
