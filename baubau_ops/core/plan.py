"""What all domains speak: changes, a plan of them, and what became of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self


class Effect(StrEnum):
    """How disruptive a change is."""

    none = "none"
    hitless = "hitless"
    session_flap = "session flap"
    link_down = "link down"
    install = "to be installed"


class Status(StrEnum):
    """What became of a target."""

    unchanged = "unchanged"
    changed = "changed"
    failed = "failed"
    rolled_back = "rolled_back"
    unreachable = "unreachable"
    not_run = "not_run"


@dataclass(frozen=True, slots=True)
class Change:
    """One target and what is to change on it: a line for people (`what`), the effect, the exact diff."""

    target: str
    what: str
    effect: Effect
    diff: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in the order they are made, and the hash that names exactly them."""

    changes: tuple[Change, ...]
    hash: str

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """Make the plan of `changes`; equal changes in equal order have an equal hash."""
        fixed = tuple(changes)
        text = json.dumps([asdict(change) for change in fixed], sort_keys=True, separators=(",", ":"))
        return cls(fixed, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target, and why."""

    target: str
    status: Status
    reason: str


# In this order: a failure says more than a rollback, a rollback more than silence. What was not run did not
# succeed either, but another outcome's code says why.
_EXIT_CODES = {Status.failed: 1, Status.rolled_back: 4, Status.unreachable: 5, Status.not_run: 1}


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return the exit code several outcomes have together."""
    seen = {outcome.status for outcome in outcomes}
    return next((code for status, code in _EXIT_CODES.items() if status in seen), 0)
