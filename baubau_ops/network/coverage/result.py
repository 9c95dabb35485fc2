"""What is known of each class of lines: which check noticed that it was gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 0.95
"""The part of the classes that checks should notice."""


class Notice(StrEnum):
    """What noticed that a class of lines was gone: the first of these that did, in the order they stand here."""

    PARSER = "parser"
    """The platform's own parsers refused the configuration offline."""
    ROUTER = "router"
    """It refused the configuration, or could not apply it."""
    VERIFY = "verify"
    PROBE = "probe"
    RULE = "rule"
    """Only a rule of our linter, which reads the same lines that our templates write."""
    PLAN = "plan"
    """Nothing but the comparison of configurations: no check tests it."""
    NOTHING = "nothing"
    """Not even that: the router runs the same without it."""


PROVEN = frozenset({Notice.PARSER, Notice.ROUTER, Notice.VERIFY, Notice.PROBE})
"""What shows that the lines do something: parsers, the router, its state, packets."""
CHECKS = PROVEN | {Notice.RULE}


@dataclass(frozen=True, slots=True)
class Tested:
    """One class, and what noticed its absence."""

    line_class: str
    device: str
    example: str
    lines: int
    notice: Notice
    by: str
    """The first thing that was found wrong; empty if nothing was."""
    rule: str
    """What a rule of the linter says against it, whatever else noticed it; empty if none does."""
    key: str
    """Identifies the configuration that was tried: another one is another question."""
    checks: str = ""
    """Identifies the checks that tried it: what these did not notice, others may."""

    @property
    def noticed(self) -> bool:
        return self.notice in CHECKS


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known so far."""

    tested: tuple[Tested, ...]
    missing: tuple[str, ...]
    """Classes that were not tried yet."""
    harmless: Mapping[str, str]
    """Classes on which nothing depends, and why: they are neither tried nor counted."""

    @property
    def untested(self) -> tuple[Tested, ...]:
        """Those that no check noticed."""
        return tuple(one for one in self.tested if not one.noticed)

    @property
    def by_notice(self) -> dict[str, int]:
        found = Counter(one.notice for one in self.tested)
        return {notice.value: found[notice] for notice in Notice}

    @property
    def share(self) -> float:
        """The part of what was tried that some check noticed; 0 if nothing was tried."""
        return self._share(CHECKS)

    @property
    def proven(self) -> float:
        """The part of what was tried that something other than a rule of our linter noticed."""
        return self._share(PROVEN)

    def _share(self, counted: frozenset[Notice]) -> float:
        return sum(one.notice in counted for one in self.tested) / len(self.tested) if self.tested else 0.0
