"""One check of a router, done: the unit that a verdict counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from baubau_ops.network.compare.verdict import Finding, Kind, Verdict
from baubau_ops.network.state.router_state import Interface, RouterState, Unread

_SHOWN = 5
"""Members of a set that a message names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What one check found: the aspect ("state", "cost"), the subject, the sentence, what else was seen."""

    aspect: str
    subject: str
    message: str
    kind: Kind = "differs"
    hint: str = ""
    neighbour: str = ""
    """The device at the other end of a session."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of one facet. It passed if it has no problems; `count` of them may share their problems."""

    facet: str
    problems: tuple[Problem, ...] = ()
    count: int = 1


def between(neighbour: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems of a session with a device."""
    return tuple(replace(one, neighbour=neighbour) for one in problems)


def unread(facet: str, title: str, what: Unread, count: int) -> Checked:
    """`count` checks that could not be made."""
    message = f"{title} could not be checked: {what.reason}"
    return Checked(facet, (Problem("", "", message, "could not check"),), count)


def verdict(device: str, checks: Iterable[Checked]) -> Verdict:
    """Count checks and turn their problems into findings."""
    done = tuple(checks)
    return Verdict(
        sum(check.count for check in done),
        sum(check.count for check in done if not check.problems),
        tuple(
            Finding(
                device,
                f"{check.facet} {one.aspect}".rstrip(),
                one.subject,
                one.message,
                one.kind,
                one.hint,
                one.neighbour,
            )
            for check in done
            for one in check.problems
        ),
    )


def port_hint(state: RouterState, port: str) -> str:
    """What is seen of a port, to tell a dead wire from a silent or refusing neighbour."""
    if isinstance(state.interfaces, Unread):
        return ""
    interface: Interface | None = state.interfaces.get(port)
    if interface is None:
        return f"There is no port {port}."
    if not interface.up:
        return f"Port {port} is shut down."
    carrier = "is up" if interface.carrier else "has no carrier"
    return f"Port {port} {carrier}, {interface.received} packets in."


def listed(members: Iterable[object]) -> str:
    """The members of a set in words, sorted by what they are; a long one is cut."""
    names = [str(member) for member in members]
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
