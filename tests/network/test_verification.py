"""The verdict on a whole network: exit code, one line, and failed probes as findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from observed_lab import CE, P1, observed

from baubau_ops.core import settings
from baubau_ops.core.errors import BaubauError, MissingError, UnreachableError
from baubau_ops.core.events import Event
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.environment import Environment, Probe
from baubau_ops.inventory.load import load
from baubau_ops.network.compare.verdict import Finding, Verdict
from baubau_ops.network.expect.expectation import Expectation
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.report import Outcome, ProbeReport, Result
from baubau_ops.network.state.router_state import OspfProcess, RouterState
from baubau_ops.network.verify import converge
from baubau_ops.network.verify.network import NetworkVerdict, verify_network

FINE = Verdict(10, 10)
ABSENT = Verdict(10, 6, (Finding("ce-a", "device", "", "ce-a could not be checked", "could not check"),))
DIFFERS = Verdict(10, 9, (Finding("pop-x", "bgp state", "10.0.0.1", "BGP 10.0.0.1: is Idle.", "differs"),))

ALLOWED = Pair(Probe("cam", IPv4Address("10.9.9.9"), "tcp", 443), "command-center", "host")
DENIED = Pair(
    Probe("cam", IPv4Address("10.9.9.8"), "tcp", 53, at="uplink", spoof=IPv4Address("10.1.1.1"), count=1),
    "dns",
    "host",
    frozenset({"pop-x"}),
    "deny_spoof",
)


def report(allowed: Outcome = Outcome.OPEN, denied: Outcome = Outcome.CLOSED) -> ProbeReport:
    return ProbeReport((Result(ALLOWED, allowed, "first"), Result(DENIED, denied, "second")), 1.0)


@pytest.mark.parametrize(
    ("verdict", "probes", "code"),
    [
        (FINE, None, 0),
        (FINE, report(), 0),
        (FINE, ProbeReport((), 0.0), 1),
        (FINE, report(allowed=Outcome.BLOCKED), 1),
        (FINE, report(denied=Outcome.UNPROVEN), 1),
        (DIFFERS, None, 1),
        (ABSENT, None, 5),
        (ABSENT, report(), 5),
        (ABSENT, report(denied=Outcome.LEAKS), 1),
        (Verdict.join([ABSENT, DIFFERS]), None, 1),
        (Verdict(10, 9), None, 1),
    ],
)
def test_exit_codes(verdict: Verdict, probes: ProbeReport | None, code: int) -> None:
    assert NetworkVerdict(verdict, probes, frozenset({"ce-a"})).exit_code == code


@pytest.mark.parametrize(
    ("verdict", "probes", "summary"),
    [
        (FINE, None, "10 checks fine"),
        (DIFFERS, None, "9 of 10 checks fine"),
        (FINE, report(), "10 checks fine; 2 pairs: 1 open, 1 closed"),
        (FINE, report(denied=Outcome.LEAKS), "10 checks fine; 2 pairs: 1 open, 0 closed, 1 not as intended"),
    ],
)
def test_summaries(verdict: Verdict, probes: ProbeReport | None, summary: str) -> None:
    assert NetworkVerdict(verdict, probes, frozenset()).summary == summary


def test_failed_pairs_are_findings_on_the_router_meant_to_drop_or_on_the_sender() -> None:
    seen = NetworkVerdict(DIFFERS, report(Outcome.BLOCKED, Outcome.UNPROVEN), frozenset())
    assert [(one.device, one.check, one.subject, one.kind) for one in seen.findings] == [
        ("pop-x", "bgp state", "10.0.0.1", "differs"),
        ("cam", "probe blocked", "cam → command-center 443/tcp", "differs"),
        ("pop-x", "probe unproven", "cam as 10.1.1.1 from the uplink → dns 53/tcp", "could not check"),
    ]
    assert seen.probes == {
        "pairs": 2,
        "open": 0,
        "closed": 0,
        "failures": 2,
        "meetings": 1,
        "all_meetings": 0,
    }


def test_packets_need_a_place_to_be_sent_from(tmp_path: Path) -> None:
    environment = Environment(
        name="production",
        ssh_config=tmp_path / "ssh_config",
        secrets=Secrets({}),
        state=tmp_path,
        asks=True,
        connect_timeout=1.0,
        command_timeout=1.0,
    )
    city = load(settings.root() / "examples/small")
    with pytest.raises(MissingError, match=r"^production has no machines to send probes from\.$"):
        verify_network(city, environment, probe=True)


class Fleet:
    """Routers that answer one thing after another, the last for ever."""

    def __init__(self, **answers: list[RouterState | BaubauError]) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    def run(self, devices: Iterable[str], _task: object) -> dict[str, RouterState | BaubauError]:
        names = list(devices)
        self.asked.append(names)
        return {
            name: self.answers[name].pop(0) if len(self.answers[name]) > 1 else self.answers[name][0]
            for name in names
        }


def settled(fleet: Fleet, patience: float) -> tuple[Verdict, list[Event]]:
    events: list[Event] = []
    seen = converge.Reading(fleet, Expectation({"p1": P1, "ce": CE}))  # type: ignore[arg-type]
    return seen.settled(patience, events.append), events


def test_a_network_as_intended_is_read_once() -> None:
    fleet = Fleet(p1=[observed("p1")], ce=[observed("ce")])
    verdict, events = settled(fleet, 5.0)
    assert verdict.fine
    assert fleet.asked == [["ce", "p1"]]
    assert [event.kind for event in events] == ["start", "done"]


def test_while_it_converges_only_what_differs_is_read_and_in_the_end_all_once_more() -> None:
    fleet = Fleet(p1=[observed("p1-one-span-cut"), observed("p1")], ce=[observed("ce")])
    verdict, _ = settled(fleet, 5.0)
    assert verdict.fine
    assert fleet.asked == [["ce", "p1"], ["p1"], ["p1", "ce"]]


def test_a_router_that_has_just_started_is_waited_for() -> None:
    process = observed("p1").ospf_process
    assert isinstance(process, OspfProcess)
    starting = replace(observed("p1"), ospf_process=replace(process, starting=1.6))
    fleet = Fleet(p1=[starting, starting, starting, observed("p1")], ce=[observed("ce")])
    verdict, events = settled(fleet, 0.6)  # in which two readings fit
    assert verdict.fine
    assert [event.detail for event in events if event.kind == "note"] == [
        "routers that have just started need 2 s more"
    ]


def test_what_breaks_meanwhile_is_not_overlooked() -> None:
    gone = UnreachableError("ce cannot be reached")
    fleet = Fleet(p1=[observed("p1-one-span-cut"), observed("p1")], ce=[observed("ce"), gone])
    verdict, events = settled(fleet, 1.2)
    assert [finding.device for finding in verdict.findings] == ["ce"]
    assert events[-1].kind == "failed"
