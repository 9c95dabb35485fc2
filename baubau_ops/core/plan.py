"""What all domains speak: changes, a plan of them, and what became of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Effect(StrEnum):
    """What a change does to its target, in the words that every domain shares; each later one weighs more."""

    none = "none"
    hitless = "hitless"
    restarts = "restarts"
    """Something stops and starts again by itself: a session, a service, a machine."""
    interrupts = "interrupts"
    """Something is down for as long as the change takes, or until another change brings it back."""
    replaces = "replaces"
    destroys = "destroys"
    installs = "installs"


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
    """One target and what is to change on it.

    `what` is a line for people; `word` is what the domain calls the effect ("session flap"), which people are
    shown; `diff` is exact.
    """

    target: str
    what: str
    effect: Effect
    word: str
    diff: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in the order they are made, and the hash that names exactly them."""

    changes: tuple[Change, ...]
    hash: str

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """Make the plan of `changes`; equal changes in equal order have an equal hash.

        The hash covers what people are shown and agree to: target, what, the effect's word and the diff.
        """
        fixed = tuple(changes)
        shown = [
            {"target": one.target, "what": one.what, "effect": one.word, "diff": one.diff} for one in fixed
        ]
        text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
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
