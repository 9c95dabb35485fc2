"""The result of one check of a router: the unit that a verdict counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from baubau_ops.network.compare.verdict import Finding, Kind, Verdict
from baubau_ops.network.state.router_state import Interface, RouterState, Unread

_SHOWN = 5
"""Number of set members that a message lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that one check found: aspect ("state", "cost"), subject, message, and further evidence."""

    aspect: str
    subject: str
    message: str
    kind: Kind = "differs"
    hint: str = ""
    neighbour: str = ""
    """The device at the other end of the session."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Checks of one facet. They passed if there are no problems; `count` checks may share their problems."""

    facet: str
    problems: tuple[Problem, ...] = ()
    count: int = 1


def between(neighbour: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Mark problems as those of a session with a device."""
    return tuple(replace(one, neighbour=neighbour) for one in problems)


def unread(facet: str, title: str, what: Unread, count: int) -> Checked:
    """Result of `count` checks that could not be made."""
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
    """State of a port, to tell a dead link from a silent or refusing neighbour."""
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
    """The members of a set as a sorted list for a message; a long list is shortened."""
    names = [str(member) for member in members]
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
