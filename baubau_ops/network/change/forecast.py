"""How disruptive a change will be, predicted from its lines before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from baubau_ops.core.plan import Effect
from baubau_ops.network.platforms.diff import About, DiffLine


def effect_of(lines: Iterable[DiffLine]) -> Effect:
    """The effect on a router's users while these lines are applied.

    Lines that add something new (a neighbour, a port) are hitless; removing or altering a part of a session or port
    is not. A router without BGP is still being installed, and nothing depends on it.
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
    """The sessions and adjacencies that are added, or removed."""
    return {_what(line) for line in changed if line.creates and line.sign == sign}


def _what(line: DiffLine) -> object:
    """The session or adjacency that a line belongs to."""
    return line.about, line.peer or line.port


def summary(lines: Iterable[DiffLine]) -> str:
    """One line for people: the number of added and removed lines."""
    signs = [line.sign for line in lines]
    return f"+{signs.count('+')} −{signs.count('-')} lines"
