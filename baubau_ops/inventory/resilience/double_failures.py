"""Double failures: pairs of losses that cut off sites which neither loss cuts off alone.

A pair is tried only if its second loss lies on a path that some site uses after the first: any other pair has only
the consequences of its two single losses.
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
"""Number of pairs listed."""


@dataclass(frozen=True, slots=True)
class DoubleFailure:
    """Two losses, and the consequences that only both together have."""

    first: Loss
    second: Loss
    cuts: Mapping[tuple[Function, ...], int]
    """Numbers of sites by the functions they lose."""

    @property
    def sites(self) -> int:
        """Number of sites that lose anything."""
        return sum(self.cuts.values())


@dataclass(frozen=True, slots=True)
class DoubleFailures:
    pairs: int
    """Number of all pairs of losses in the backbone."""
    cutting: int
    """Number of pairs that cut off sites which neither loss cuts off alone."""
    worst: tuple[DoubleFailure, ...]
    """The pairs that cut off the most sites."""


def double_failures(
    traffic: Traffic, losses: tuple[Loss, ...], changed: Sequence[Mapping[int, State]], counted: int
) -> DoubleFailures:
    """Try all pairs of losses; `changed` is the change by each loss alone, `counted` the functions that count."""
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
    """Yield each pair once, in order, with a group of sites that it may cut off."""
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
