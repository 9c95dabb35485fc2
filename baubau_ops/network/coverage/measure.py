"""Tests which classes of rendered lines the checks would miss: each is removed in turn, and a check must notice.

Checks run in the order of their cost: the parsers, the router itself, the comparison with the intent, the probes. A
rule of our own linter counts only if none of these notices, and is counted separately: it may only restate the
template. The comparison of configurations (`net plan`) notices every difference, and so proves no check.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.coverage import record
from baubau_ops.network.coverage.result import Coverage, Notice, Tested
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.platforms.lines import Removal, lines_of
from baubau_ops.network.platforms.platform import LintProblem
from baubau_ops.network.platforms.registry import StandIns, platforms_of


class Bench(Protocol):
    """A place to try configurations."""

    def lint(self, texts: Mapping[str, str], /) -> Sequence[LintProblem]:
        """Check configurations, by device, without a router."""

    def remove(self, removal: Removal) -> tuple[Notice, str] | None:
        """Apply a configuration without a class. A result ends the trial: it was refused, or it changed nothing."""

    def verify(self, removal: Removal, /) -> str:
        """Compare with the intent: the first problem that persists, or an empty string."""

    def probe(self) -> str:
        """Send the packets: the first pair that is not as intended, or an empty string."""

    def restore(self, device: str, /) -> None:
        """Restore the intended configuration and wait until all is well; FailedError if that does not happen."""


def removals(inventory: Inventory, stand_ins: StandIns) -> tuple[Removal, ...]:
    """Every class of lines in a city's configurations; MissingError for a platform without line information."""
    routers = derive(inventory)
    platforms = platforms_of(routers.values(), stand_ins)
    kinds = {platform.name: platform for platform in platforms.values()}
    return tuple(
        removal
        for name, platform in sorted(kinds.items())
        for removal in lines_of(platform).removals(
            {device: router for device, router in routers.items() if platforms[device].name == name}
        )
    )


def chosen(removals: Iterable[Removal], pattern: str) -> tuple[Removal, ...]:
    """Removals whose class (`bgp.j2:24`) or example matches a shell pattern."""
    return tuple(
        one
        for one in removals
        if fnmatch.fnmatchcase(str(one.line_class), pattern) or fnmatch.fnmatchcase(one.example, pattern)
    )


def run(removals: Sequence[Removal], bench: Bench, file: Path, *, on_event: OnEvent = ignore) -> Coverage:
    """Try every class that the file does not list, and record which check noticed it."""
    records = record.standing(file)
    left = [one for one in removals if not one.harmless and record.key(one) not in records]
    on_event(Event("start", "coverage", total=len(left)))
    refused = _linted(left, bench)
    began = time.monotonic()
    for number, removal in enumerate(left):
        name = str(removal.line_class)
        on_event(
            Event("progress", "coverage", done=number, total=len(left), detail=f"{name} {removal.device}")
        )
        record.write(file, _tested(removal, bench, refused.get(name, ())))
    result = record.known(removals, file)
    on_event(
        Event("done", "coverage", seconds=time.monotonic() - began, detail=f"{result.share:.1%} noticed")
    )
    return result


def _tested(removal: Removal, bench: Bench, problems: Sequence[LintProblem]) -> Tested:
    parser = next((one.message for one in problems if one.by == "parser"), "")
    rule = next((one.message for one in problems if one.by == "rule"), "")
    notice, by = (Notice.PARSER, parser) if parser else _try(removal, bench)
    if rule and notice in (Notice.PLAN, Notice.NOTHING):
        notice, by = Notice.RULE, rule
    return Tested(
        line_class=str(removal.line_class),
        device=removal.device,
        example=removal.example,
        lines=removal.count,
        notice=notice,
        by=by,
        rule=rule,
        key=record.key(removal),
        checks=record.checks(),
    )


def _try(removal: Removal, bench: Bench) -> tuple[Notice, str]:
    try:
        ended = bench.remove(removal)
        if ended is not None:
            return ended
        if wrong := bench.verify(removal):
            return Notice.VERIFY, wrong
        if wrong := bench.probe():
            return Notice.PROBE, wrong
        return Notice.PLAN, ""
    finally:
        bench.restore(removal.device)


def _linted(removals: Sequence[Removal], bench: Bench) -> dict[str, list[LintProblem]]:
    """The linter's results, by class: one variant of each router at a time, all routers at once."""
    found: dict[str, list[LintProblem]] = {}
    for turn in _turns(removals):
        for problem in bench.lint({device: removal.text for device, removal in turn.items()}):
            if problem.kind == "wrong" and problem.device in turn:
                found.setdefault(str(turn[problem.device].line_class), []).append(problem)
    return found


def _turns(removals: Sequence[Removal]) -> Iterator[dict[str, Removal]]:
    """Split removals into rounds with at most one per router."""
    queues: dict[str, list[Removal]] = {}
    for removal in removals:
        queues.setdefault(removal.device, []).append(removal)
    while queues:
        yield {device: queue.pop(0) for device, queue in queues.items()}
        queues = {device: queue for device, queue in queues.items() if queue}
