"""Findings as people want to read them: causes first, and what differs only in its subject told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from baubau_ops.network.checked import listed
from baubau_ops.network.verdict import Finding

_CAUSES_FIRST = ("device", "ospf", "bfd", "bgp", "fib", "probe")
_FEW = 3
"""So many alike are still told one by one."""


def brief(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by cause and effect, and join those of a router that say the same of many subjects.

    A joined finding's subject tells how many they are; its message names the first of them.
    """
    groups: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda one: (_CAUSES_FIRST.index(one.facet), one.device)):
        alike = finding.message.replace(finding.subject, "…", 1) if finding.subject else finding.message
        groups[finding.device, finding.check, finding.kind, alike].append(finding)
    return tuple(one for group in groups.values() for one in _joined(group))


def _joined(group: list[Finding]) -> list[Finding]:
    if len(group) <= _FEW:
        return group
    first = group[0]
    message = first.message.replace(first.subject, listed(one.subject for one in group), 1)
    return [replace(first, subject=f"{len(group)} alike", message=message)]
