"""Findings for people: causes come first, similar findings are joined, and probable consequences are only counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from baubau_ops.network.compare.checks import listed
from baubau_ops.network.compare.igp import AFTER_START
from baubau_ops.network.compare.verdict import Finding

_CAUSES_FIRST = ("device", "kernel", "queues", "policing", "helpers", "ospf", "bgp", "bfd", "fib", "probe")
_FEW = 3
"""Up to this number, similar findings are listed one by one."""
_SESSIONS = frozenset({"ospf state", "bgp state", "bfd state"})
_ROUTES = frozenset({"fib route", "bgp accepted", "bgp sent"})
"""Checks that fail anywhere in the network when a router is absent or a session is down."""


@dataclass(frozen=True, slots=True)
class Brief:
    """The findings to show, and their probable consequences."""

    findings: tuple[Finding, ...]
    consequences: tuple[Finding, ...]

    @property
    def summary(self) -> str:
        """One line about the consequences; empty if there are none."""
        if not self.consequences:
            return ""
        kinds = Counter(finding.check for finding in self.consequences)
        routers = len({finding.device for finding in self.consequences})
        parts = ", ".join(f"{count} {check}" for check, count in kinds.most_common())
        number = len(self.consequences)
        count = "1 probable consequence" if number == 1 else f"{number} probable consequences"
        where = "1 router" if routers == 1 else f"{routers} routers"
        return f"{count} on {where}: {parts}."


def brief(findings: Iterable[Finding]) -> Brief:
    """Sort findings by cause and effect, join similar findings of a router, and separate the consequences.

    The subject of a joined finding gives their number; its message lists the first of them.
    """
    ordered = sorted(findings, key=lambda one: (_rank(one), one.check not in _SESSIONS, one.device))
    causes, consequences = _parted(ordered)
    groups: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in causes:
        alike = finding.message.replace(finding.subject, "…", 1) if finding.subject else finding.message
        groups[finding.device, finding.check, finding.kind, alike].append(finding)
    return Brief(tuple(one for group in groups.values() for one in _joined(group)), tuple(consequences))


def _rank(finding: Finding) -> int:
    known = finding.facet in _CAUSES_FIRST
    return _CAUSES_FIRST.index(finding.facet) if known else len(_CAUSES_FIRST)


def _parted(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Split findings into independent ones and those that may follow from them.

    An absent router takes its neighbours' sessions down; the BFD session of an attached neighbour goes down with its
    BGP or OSPF; routes and prefixes are lost with any of these. Nothing is dropped: a consequence without a cause
    stays.
    """
    absent = {finding.device for finding in findings if finding.facet == "device"}
    down = [one for one in findings if one.check in _SESSIONS and one.neighbour not in absent]
    carried = {(one.device, one.neighbour) for one in down if one.check != "bfd state"}
    is_broken = bool(absent or down) or any(finding.check == AFTER_START for finding in findings)
    causes: list[Finding] = []
    consequences: list[Finding] = []
    for finding in findings:
        follows = (
            (finding.check in _SESSIONS and finding.neighbour in absent)
            or (finding.check == "bfd state" and (finding.device, finding.neighbour) in carried)
            or (is_broken and (finding.check in _ROUTES or _needs_the_absent(finding, absent)))
        )
        (consequences if follows else causes).append(finding)
    return causes, consequences


def _needs_the_absent(finding: Finding, absent: set[str]) -> bool:
    """Whether packets could not be tried because the machines behind an absent router did not answer."""
    sites = {device.removeprefix("ce-") for device in absent}
    return any(machine.startswith(f"{site}-") for machine in finding.machines for site in sites)


def _joined(group: list[Finding]) -> list[Finding]:
    if len(group) <= _FEW:
        return group
    first = group[0]
    message = first.message.replace(first.subject, listed(one.subject for one in group), 1)
    return [replace(first, subject=f"{len(group)} alike", message=message)]
