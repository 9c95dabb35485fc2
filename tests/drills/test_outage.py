"""How long a service is silent while something is broken: what is measured, and what is undone in any case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import pytest

from baubau_ops.core.errors import FailedError
from baubau_ops.drills.outage import cut_silently
from baubau_ops.inventory.environment import Answer, Machine, Outage, Probe

DNS = IPv4Address("10.64.0.53")
OUTAGE = Outage(interval=0.005, sent=100, lost=10, longest=0.05)


@dataclass
class Place:
    """A vantage and an injector for one service, which answers as `answers` says, question by question."""

    answers: list[bool]
    outage: Outage = OUTAGE
    done: list[str] = field(default_factory=list)

    def machines(self) -> Sequence[Machine]:
        return ()

    def exchange(self, probes: Sequence[Probe], *, timeout: float = 1.0) -> Sequence[Answer]:
        return [Answer(probe, timeout > 0, self.answers.pop(0)) for probe in probes]

    def throughput(self, source: str, target: str, *, seconds: float = 3.0) -> int:
        raise NotImplementedError(source, target, seconds)

    def watch(self, source: str, target: IPv4Address, *, interval: float = 0.005) -> Place:
        self.done.append(f"watch {source} {target} {interval}")
        return self

    def stop(self) -> Outage:
        self.done.append("stop")
        return self.outage

    def cut(self, link: str, *, silent: bool) -> None:
        self.done.append(f"cut {link} {silent}")

    def mend(self, link: str) -> None:
        self.done.append(f"mend {link}")

    def power_off(self, node: str) -> None:
        raise NotImplementedError(node)

    power_on = power_off


def measured(place: Place, patience: float = 30.0) -> Outage:
    return cut_silently(place, place, "a--b", "rsud-office", DNS, beside=0.0, patience=patience)


def test_the_record_of_the_probes_is_the_measure() -> None:
    place = Place([True, False, True])
    assert measured(place) == place.outage
    assert place.done == ["watch rsud-office 10.64.0.53 0.005", "cut a--b True", "stop", "mend a--b"]


def test_nothing_is_broken_while_the_service_is_silent() -> None:
    place = Place([False])
    with pytest.raises(FailedError, match=r"^rsud-office does not reach 10\.64\.0\.53 before the fault$"):
        measured(place, patience=0.0)
    assert place.done == []


def test_what_was_broken_is_mended_also_when_the_service_stays_away() -> None:
    place = Place([True, False])
    with pytest.raises(FailedError, match=r"does not reach .* after the fault$"):
        measured(place, patience=0.0)
    assert place.done[-2:] == ["stop", "mend a--b"]


def test_a_watch_without_any_answer_measures_nothing() -> None:
    place = Place([True, True], Outage(interval=0.005, sent=9, lost=9, longest=0.0))
    with pytest.raises(FailedError, match=r"was ever answered$"):
        measured(place)
