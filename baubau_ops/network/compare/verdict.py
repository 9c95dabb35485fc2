"""The result of comparing the network with the intent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["differs", "could not check", "unexpected"]

_LISTS = frozenset({"bgp accepted", "bgp sent"})
"""Checks of whole sets: a different message means that a different part of the set is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as intended, or that could not be checked."""

    device: str
    check: str
    """Facet and aspect: `bgp state`, `fib route`, …; only the facet if all of it is concerned."""
    subject: str
    """The port, peer or prefix; empty if the whole facet is concerned."""
    message: str
    kind: Kind
    hint: str = field(default="", compare=False)
    """Further evidence that may show the cause: a sentence, or empty."""
    neighbour: str = field(default="", compare=False)
    """The device at the other end of the session that the finding concerns; empty if it concerns no session."""
    machines: tuple[str, ...] = field(default=(), compare=False)
    """The machines of the pair that the finding concerns."""

    @property
    def facet(self) -> str:
        """`ospf`, `bfd`, `bgp`, `fib`, or `device` for a router that could not be read at all."""
        return self.check.split()[0]

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a number of checks; a check may have several findings, or share one with others."""

    checks: int
    passed: int
    findings: tuple[Finding, ...] = ()

    @property
    def fine(self) -> bool:
        return not self.findings and self.passed == self.checks

    @classmethod
    def join(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """Join several verdicts into one."""
        parts = tuple(verdicts)
        return cls(
            sum(part.checks for part in parts),
            sum(part.passed for part in parts),
            tuple(finding for part in parts for finding in part.findings),
        )


def regressions(before: Verdict, after: Verdict) -> tuple[Finding, ...]:
    """Findings that are new since `before`; what was broken already is not blamed on the change."""
    known = {_key(finding) for finding in before.findings}
    return tuple(
        finding
        for finding in after.findings
        if _key(finding) not in known and not any(_covers(old, finding) for old in before.findings)
    )


def _key(finding: Finding) -> tuple[str, ...]:
    words = finding.message if finding.check in _LISTS else ""
    return (finding.device, finding.check, finding.subject, finding.kind, words)


def _covers(old: Finding, new: Finding) -> bool:
    """Whether `new` was hidden by `old`: the adjacency was down, or nothing of its kind could be read."""
    if old.device != new.device:
        return False
    if old.facet == "device" or (old.facet == new.facet and not old.subject):
        return True
    return old.check == f"{new.facet} state" and old.subject == new.subject
