"""Results per class of lines: which check noticed that it was missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 0.95
"""Share of the classes that checks should notice."""


class Notice(StrEnum):
    """What noticed that a class of lines was missing: the first that did, in the order given here."""

    PARSER = "parser"
    """The platform's own parsers refused the configuration offline."""
    ROUTER = "router"
    """The router refused the configuration, or could not apply it."""
    VERIFY = "verify"
    PROBE = "probe"
    RULE = "rule"
    """Only a rule of our linter noticed; it reads the same lines that our templates write."""
    PLAN = "plan"
    """Only the comparison of configurations noticed: no check tests the class."""
    NOTHING = "nothing"
    """Nothing noticed, not even that comparison: the router runs the same configuration without the class."""


PROVEN = frozenset({Notice.PARSER, Notice.ROUTER, Notice.VERIFY, Notice.PROBE})
"""Checks that show an effect of the lines: parsers, the router, its state, packets."""
CHECKS = PROVEN | {Notice.RULE}


@dataclass(frozen=True, slots=True)
class Tested:
    """One class, and what noticed that it was missing."""

    line_class: str
    device: str
    example: str
    lines: int
    notice: Notice
    by: str
    """The first problem that was found; empty if none was."""
    rule: str
    """What a rule of the linter says against it, whatever else noticed it; empty if none does."""
    key: str
    """Identifies the configuration that was tried: for another one, the result does not hold."""
    checks: str = ""
    """Identifies the checks that tried it: other checks may notice what these did not."""

    @property
    def noticed(self) -> bool:
        return self.notice in CHECKS


@dataclass(frozen=True, slots=True)
class Coverage:
    """The results so far."""

    tested: tuple[Tested, ...]
    missing: tuple[str, ...]
    """Classes that were not tried yet."""
    harmless: Mapping[str, str]
    """Classes on which nothing depends, with the reason: they are neither tried nor counted."""

    @property
    def untested(self) -> tuple[Tested, ...]:
        """The tried classes that no check noticed."""
        return tuple(one for one in self.tested if not one.noticed)

    @property
    def by_notice(self) -> dict[str, int]:
        found = Counter(one.notice for one in self.tested)
        return {notice.value: found[notice] for notice in Notice}

    @property
    def share(self) -> float:
        """Share of the tried classes that some check noticed; 0 if none was tried."""
        return self._share(CHECKS)

    @property
    def proven(self) -> float:
        """Share of the tried classes that something other than a rule of our linter noticed."""
        return self._share(PROVEN)

    def _share(self, counted: frozenset[Notice]) -> float:
        return sum(one.notice in counted for one in self.tested) / len(self.tested) if self.tested else 0.0
