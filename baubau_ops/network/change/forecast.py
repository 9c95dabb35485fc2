"""How disruptive a change will be, known from its lines before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from baubau_ops.core.plan import Effect
from baubau_ops.network.platforms.diff import About, DiffLine


def effect_of(lines: Iterable[DiffLine]) -> Effect:
    """What a router's users will notice while these lines are applied.

    Additions that open something new (a neighbour, a port) are hitless; taking away or altering what a
    session or a port is made of is not. A router that has no BGP yet is being installed, and nobody depends on it.
    """
    lines = tuple(lines)
    changed = [line for line in lines if line.sign != " "]
    if not changed:
        return Effect.none
    begins = {line.sign for line in lines if line.about is About.BGP and line.creates}
    if begins == {"+"}:
        return Effect.installs
    if any(_takes_link_down(line) for line in changed):
        return Effect.interrupts
    return Effect.restarts if _flaps(changed) else Effect.hitless


def _takes_link_down(line: DiffLine) -> bool:
    return (line.about is About.SHUTDOWN and line.sign == "+") or (
        line.about is About.ADDRESS and line.sign == "-"
    )


def _flaps(changed: Sequence[DiffLine]) -> bool:
    new = _created(changed, "+") - _created(changed, "-")
    for line in changed:
        if line.about in (About.BGP, About.OSPF):
            if line.resets and line.sign == "-":
                return True
        elif line.resets and _what(line) not in new:
            return True
    return False


def _created(changed: Iterable[DiffLine], sign: str) -> set[object]:
    """The sessions and adjacencies that come, or go."""
    return {_what(line) for line in changed if line.creates and line.sign == sign}


def _what(line: DiffLine) -> object:
    """The session or adjacency that a line belongs to."""
    return line.about, line.peer or line.port


def summary(lines: Iterable[DiffLine]) -> str:
    """A line for people: how many lines come and go."""
    signs = [line.sign for line in lines]
    return f"+{signs.count('+')} −{signs.count('-')} lines"
