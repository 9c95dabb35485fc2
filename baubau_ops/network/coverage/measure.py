"""Which classes of rendered lines the checks would miss: each is taken out in turn, and something must notice.

In the order of what they cost: the linters, the router itself, the comparison with the intent, the probes. That a
text differs from the intended one (`net plan`) notices everything and so is no proof of a check. What is known is
kept in a file, a line for each class, so that a run can be stopped and goes on where it was.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.network.coverage.classes import Removal
from baubau_ops.network.platforms.frr.lint.lint import lint

ENOUGH = 0.95
"""The part of the classes that checks should notice."""


class Notice(StrEnum):
    """What noticed first that a class of lines was gone."""

    LINT = "lint"
    ROUTER = "router"
    """It refused the text, or could not apply it."""
    VERIFY = "verify"
    PROBE = "probe"
    PLAN = "plan"
    """Nothing but the comparison of texts: no check tests it."""
    NOTHING = "nothing"
    """Not even that: the router runs the same without it."""


CHECKS = frozenset({Notice.LINT, Notice.ROUTER, Notice.VERIFY, Notice.PROBE})


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
    key: str
    """Of the text that was tried: another text is another question."""
    checks: str = ""
    """Of the checks that tried it: what these did not notice, others may."""

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
        """Of what was tried, the part that some check noticed; 0 if nothing was tried."""
        return 1 - len(self.untested) / len(self.tested) if self.tested else 0.0


class Bench(Protocol):
    """Where a text is tried."""

    def remove(self, removal: Removal) -> tuple[Notice, str] | None:
        """Let a router run a text that lacks a class. An answer ends it: refused, or nothing has changed."""

    def verify(self, removal: Removal, /) -> str:
        """Compare with the intent: the first thing that is wrong and stays so, or nothing."""

    def probe(self) -> str:
        """Send the packets: the first pair that is not as intended, or nothing."""

    def restore(self, device: str, /) -> None:
        """Bring the intended text back and wait until all is well; FailedError if it does not become so."""


def chosen(removals: Iterable[Removal], pattern: str) -> tuple[Removal, ...]:
    """Those whose class (`bgp.j2:24`) or example matches a shell pattern."""
    return tuple(
        one
        for one in removals
        if fnmatch.fnmatchcase(str(one.line_class), pattern) or fnmatch.fnmatchcase(one.example, pattern)
    )


def known(removals: Sequence[Removal], file: Path) -> Coverage:
    """What the file tells about these classes."""
    records = _standing(file)
    keys = {key(removal): str(removal.line_class) for removal in removals if not removal.harmless}
    return Coverage(
        tuple(records[one] for one in keys if one in records),
        tuple(name for one, name in keys.items() if one not in records),
        {str(removal.line_class): removal.harmless for removal in removals if removal.harmless},
    )


def run(removals: Sequence[Removal], bench: Bench, file: Path, *, on_event: OnEvent = ignore) -> Coverage:
    """Try every class that the file does not know, and write down what noticed it."""
    records = _standing(file)
    left = [one for one in removals if not one.harmless and key(one) not in records]
    on_event(Event("start", "coverage", total=len(left)))
    refused = dict(_linted(left))
    began = time.monotonic()
    for number, removal in enumerate(left):
        name = str(removal.line_class)
        on_event(
            Event("progress", "coverage", done=number, total=len(left), detail=f"{name} {removal.device}")
        )
        told = refused.get(name)
        notice, by = (Notice.LINT, told) if told else _try(removal, bench)
        _write(file, _tested(removal, notice, by))
    result = known(removals, file)
    on_event(
        Event("done", "coverage", seconds=time.monotonic() - began, detail=f"{result.share:.1%} noticed")
    )
    return result


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


def _linted(removals: Sequence[Removal]) -> Iterator[tuple[str, str]]:
    """What the linters refuse, by class: each router's texts one after the other, all routers at once."""
    queues: dict[str, list[Removal]] = {}
    for removal in removals:
        queues.setdefault(removal.device, []).append(removal)
    while queues:
        turn = {device: queue.pop(0) for device, queue in queues.items()}
        queues = {device: queue for device, queue in queues.items() if queue}
        for problem in lint({device: removal.text for device, removal in turn.items()}):
            if problem.kind == "wrong" and problem.device in turn:
                yield str(turn[problem.device].line_class), problem.message


def _tested(removal: Removal, notice: Notice, by: str) -> Tested:
    return Tested(
        line_class=str(removal.line_class),
        device=removal.device,
        example=removal.example,
        lines=removal.count,
        notice=notice,
        by=by,
        key=key(removal),
        checks=checks(),
    )


def key(removal: Removal) -> str:
    """Tells a removal from one that was tried when texts or classes were others."""
    return hashlib.sha256(f"{removal.line_class}\n{removal.device}\n{removal.text}".encode()).hexdigest()[:16]


@cache
def checks() -> str:
    """Tells the present checks from earlier ones, by the tool's whole source: any of it may be part of one."""
    sources = sorted(Path(str(resources.files("baubau_ops"))).rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def _standing(file: Path) -> dict[str, Tested]:
    """What a file knows and still holds: what was noticed, and what the present checks did not notice."""
    return {one: tested for one, tested in read(file).items() if tested.noticed or tested.checks == checks()}


def read(file: Path) -> Mapping[str, Tested]:
    """What a file knows, by key; the last line of a run that was killed may be torn and counts as nothing."""
    found: dict[str, Tested] = {}
    if not file.exists():
        return found
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        found[record["key"]] = Tested(**{**record, "notice": Notice(record["notice"])})
    return found


def _write(file: Path, tested: Tested) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    torn = file.exists() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as opened:
        opened.write("\n" * torn + json.dumps(asdict(tested), ensure_ascii=False) + "\n")
