"""Shaped ports: compares the queues that tc shows with the derived ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from baubau_ops.network.compare.checks import Problem
from baubau_ops.network.model.router import ShapedPort
from baubau_ops.network.platforms.frr.render.queues import DEFAULT, HtbClass, htb_classes

_CLASS = re.compile(
    r"class htb (?P<id>\S+) (?:root|parent (?P<parent>\S+))(?: leaf \S+)?"
    r"(?: prio (?P<prio>\d+) quantum (?P<quantum>\d+))?"
    r" rate (?P<rate>\S+) ceil (?P<ceil>\S+) "
)
_RATE = re.compile(r"(\d+)([KMGT]?)bit")
_FACTOR = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000}
_EXACT = 1_000
"""tc rounds rates down: the error is less than one part in this number."""


@dataclass(frozen=True, slots=True)
class SeenClass:
    """A traffic class as tc prints it."""

    parent: str
    """Such as `1:1`; empty directly below the root."""
    rate: int
    ceil: int
    priority: int | None
    """None for a class with child classes, where it has no meaning."""
    quantum: int | None


@dataclass(slots=True)
class SeenPort:
    """The queues of one port."""

    default: int | None = None
    """Default class of its HTB; None without HTB."""
    limits: dict[str, int] = field(default_factory=dict)
    """By class (`1:30`): the number of bytes that its queue holds."""
    classes: dict[str, SeenClass] = field(default_factory=dict)


def read_queues(port: SeenPort, document: list[dict[str, Any]]) -> None:
    """Add what `tc -j qdisc show` prints for a port."""
    for entry in document:
        if entry["kind"] == "htb" and entry.get("root"):
            port.default = int(entry["options"]["default"], 16)
        elif entry["kind"] == "bfifo":
            port.limits[entry["parent"]] = int(entry["options"]["limit"])


def read_class(port: SeenPort, line: str) -> None:
    """Parse a line of `tc -d class show`. ValueError if it is unknown."""
    found = _CLASS.match(line)
    if not found:
        raise ValueError(f"tc says: {line}")
    port.classes[found["id"]] = SeenClass(
        parent=found["parent"] or "",
        rate=_rate(found["rate"]),
        ceil=_rate(found["ceil"]),
        priority=int(found["prio"]) if found["prio"] else None,
        quantum=int(found["quantum"]) if found["quantum"] else None,
    )


def _rate(text: str) -> int:
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is not a rate")
    return int(found[1]) * _FACTOR[found[2]]


def check_port(expected: ShapedPort, port: SeenPort) -> Iterator[Problem]:
    """Differences at one port."""
    name = expected.port
    if port.default is None:
        yield Problem("port", name, f"Queues of {name}: expected shaped, is not.")
        return
    # tc reads and prints class numbers as hexadecimal digits, and they are written that way.
    if f"{port.default:x}" != str(DEFAULT):
        message = f"Queues of {name}: expected default class {DEFAULT}, is {port.default:x}."
        yield Problem("default", name, message)
    wanted = {f"1:{one.minor}": one for one in htb_classes(expected)}
    for number, one in wanted.items():
        yield from _traffic_class(name, number, one, port)
    for number in sorted(port.classes.keys() - wanted.keys()):
        message = f"Queues of {name}: class {number} is not expected."
        yield Problem("other", f"{name} {number}", message, "unexpected")


def _traffic_class(port: str, number: str, expected: HtbClass, seen: SeenPort) -> Iterator[Problem]:
    subject = f"{port} {number}"
    found = seen.classes.get(number)
    if found is None:
        yield Problem("class", subject, f"Queues of {port}: there is no class {number}.")
        return
    terms: list[tuple[str, object, object]] = [
        ("parent", f"1:{expected.parent}" if expected.parent else "", found.parent),
        ("rate", expected.rate, _near(found.rate, expected.rate)),
        ("ceil", expected.ceil, _near(found.ceil, expected.ceil)),
    ]
    if expected.limit is not None:
        terms += [
            ("priority", expected.priority, found.priority),
            ("quantum", expected.quantum, found.quantum),
            ("queue", expected.limit, seen.limits.get(number)),
        ]
    for what, wanted, is_ in terms:
        if wanted != is_:
            yield Problem(
                what, subject, f"Queues of {port}: class {number}: expected {what} {wanted}, is {is_}."
            )


def _near(seen: int, expected: int) -> int:
    """The expected rate if it equals the seen one within tc's rounding, else the seen rate."""
    return expected if abs(seen - expected) * _EXACT < expected else seen
