"""Probing a network that drops, leaks, refuses and lies: only what is proven counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from baubau_ops.core.dscp import Dscp
from baubau_ops.core.events import Event
from baubau_ops.inventory.environment import Answer, Machine, Probe, Watch
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.prove import _hint, probe
from baubau_ops.network.probe.report import Outcome, ProbeReport
from baubau_ops.network.state.router_state import Readable, Unread


def denied(number: int, router: str = "ce-a", counter: str = "deny_zone", source: str = "cam") -> Pair:
    sent = Probe(source, IPv4Address(f"10.0.0.{number}"), "tcp", 443, count=1)
    return Pair(sent, f"t{number}", "host", frozenset({router}), counter)


def allowed(source: str = "cam", machine: str = "host") -> Pair:
    return Pair(Probe(source, IPv4Address("10.9.9.9"), "tcp", 443), "command-center", machine)


@dataclass
class City:
    """A network that does what it is told to with each pair; the rest it drops where it should."""

    pairs: Sequence[Pair]
    leaks: set[Pair] = field(default_factory=set)
    refuses: set[Pair] = field(default_factory=set)
    lost: set[Pair] = field(default_factory=set)
    """Dropped somewhere else, uncounted."""
    lost_once: set[Pair] = field(default_factory=set)
    unsent: set[Pair] = field(default_factory=set)
    silent: set[Pair] = field(default_factory=set)
    """Allowed, but blocked."""
    marks: Mapping[Pair, int] = field(default_factory=dict)
    """What marked frames arrive with, where it is not what they should."""
    noise: int = 0
    """What others add to each counter while a round lasts."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.by_probe = {pair.probe: pair for pair in self.pairs}

    def run(self) -> ProbeReport:
        return probe(self.pairs, self, self.counters)

    def machines(self) -> Sequence[Machine]:
        return ()

    def exchange(self, probes: Sequence[Probe], *, timeout: float = 1.0) -> Sequence[Answer]:
        assert timeout < 1.01
        self.rounds += 1
        for pair in self.pairs:
            if not pair.allowed and self.noise:
                self.dropped[min(pair.dropped_by), pair.counter] += self.noise
        return [self._answer(self.by_probe[one]) for one in probes]

    def _answer(self, pair: Pair) -> Answer:
        if pair.allowed:
            mark = self.marks.get(pair, pair.arrives_as)
            return Answer(pair.probe, 1, pair not in self.silent, dscp=mark)
        if pair in self.unsent:
            return Answer(pair.probe, 0, False)
        if pair in self.leaks or pair in self.refuses:
            return Answer(pair.probe, 1, pair in self.leaks, pair in self.refuses)
        if pair in self.lost_once:
            self.lost_once.remove(pair)
        elif pair not in self.lost:
            self.dropped[min(pair.dropped_by), pair.counter] += 1
        return Answer(pair.probe, 1, False)

    def throughput(self, source: str, target: str, *, seconds: float = 3.0) -> int:
        raise NotImplementedError

    def watch(self, source: str, target: IPv4Address, *, interval: float = 0.005) -> Watch:
        raise NotImplementedError

    def counters(self, devices: Iterable[str]) -> Mapping[str, Readable[Mapping[str, int]]]:
        return {device: self._counters(device) for device in devices}

    def _counters(self, device: str) -> Readable[Mapping[str, int]]:
        if device in self.unreadable:
            return Unread(self.unreadable[device])
        names = {pair.counter for pair in self.pairs if device in pair.dropped_by}
        return {name: self.dropped[device, name] for name in names}


def outcomes(report: ProbeReport) -> dict[Pair, Outcome]:
    return {result.pair: result.outcome for result in report.results}


def reasons(report: ProbeReport) -> list[str]:
    return [result.reason for result in report.failures]


PAIRS = [
    allowed(),
    *(denied(n) for n in range(20)),
    *(denied(n, "pop-x", "deny_spoof") for n in range(20, 24)),
]


def test_a_city_as_intended_takes_one_round_for_all() -> None:
    city = City(PAIRS)
    report = city.run()
    assert report.fine
    assert (report.open, report.closed) == (1, 24)
    assert city.rounds == 2
    assert [result.pair for result in report.results] == PAIRS


def test_nothing_to_prove_is_not_proven() -> None:
    assert not City([]).run().fine


def test_what_gets_through_is_named() -> None:
    city = City(PAIRS, leaks={PAIRS[3]})
    assert reasons(city.run()) == ["cam → t2 443/tcp is denied, but gets through."]


def test_a_refusal_is_no_proof() -> None:
    report = City(PAIRS, refuses={PAIRS[3]}).run()
    assert reasons(report) == ["cam → t2 443/tcp is denied, but was refused instead of dropped."]
    assert report.failures[0].outcome is Outcome.REFUSED


def test_silence_without_a_drop_is_no_proof() -> None:
    city = City(PAIRS, lost={PAIRS[7]})
    report = city.run()
    assert reasons(report) == [
        "cam → t6 443/tcp is denied, but that could not be proven: "
        "1 sent, but deny_zone on ce-a did not rise so much."
    ]
    assert city.rounds < 16


def test_a_filter_that_is_gone_is_seen_in_three_rounds() -> None:
    """All frames of a router vanish uncounted: no need to try them one by one."""
    city = City(PAIRS, lost={pair for pair in PAIRS if "ce-a" in pair.dropped_by})
    report = city.run()
    assert len(report.failures) == 20
    assert city.rounds == 3


def test_a_frame_lost_once_is_sent_again() -> None:
    assert City(PAIRS, lost_once={PAIRS[1], PAIRS[24]}).run().fine


def test_drops_of_others_do_not_disturb_and_do_not_hide() -> None:
    assert City(PAIRS, noise=1).run().fine
    report = City(PAIRS, noise=1, leaks={PAIRS[2]}).run()
    assert [result.outcome for result in report.failures] == [Outcome.LEAKS]


def test_counters_that_never_come_to_rest_end_in_not_proven() -> None:
    many = [allowed(), *(denied(n) for n in range(200))]
    report = City(many, noise=1).run()
    assert report.failures
    assert all(result.outcome is Outcome.UNPROVEN for result in report.failures)
    assert "the counters kept moving" in report.failures[-1].reason


def test_a_counter_that_cannot_be_read_proves_nothing() -> None:
    report = City(PAIRS, unreadable={"pop-x": "no connection"}).run()
    assert len(report.failures) == 4
    assert reasons(report)[0].endswith("could not be proven: pop-x could not be read: no connection.")


def test_one_of_a_pair_of_firewalls_is_enough() -> None:
    both = Pair(denied(1).probe, "t1", "host", frozenset({"dc-1", "dc-2"}), "deny_zone")
    assert City([allowed(), both], unreadable={"dc-2": "it is off"}).run().fine
    report = City([allowed(), both], unreadable={"dc-1": "it is off", "dc-2": "so is this"}).run()
    assert reasons(report)[0].endswith(
        "could not be proven: dc-1 could not be read: it is off; dc-2 could not be read: so is this."
    )


def test_a_counter_that_is_missing_proves_nothing() -> None:
    city = City([allowed(), denied(1)])
    report = probe(city.pairs, city, lambda devices: {device: {} for device in devices})
    assert reasons(report)[0].endswith("could not be proven: ce-a has no counter deny_zone.")


def test_a_machine_that_nobody_saw_alive_proves_nothing() -> None:
    report = City([allowed(), denied(1, source="dead")]).run()
    assert reasons(report) == [
        "dead → t1 443/tcp is denied, but that could not be proven: dead was not seen alive in this run."
    ]


def test_a_dead_city_is_told_soon() -> None:
    """Nobody is alive and nothing is dropped where it should: no use in trying pair by pair."""
    city = City(PAIRS, silent={PAIRS[0]}, lost=set(PAIRS[1::2]), noise=3)
    report = city.run()
    assert (report.open, report.closed, len(report.failures)) == (0, 0, len(PAIRS))
    assert city.rounds == 3


def test_a_frame_that_arrives_is_no_sign_of_life() -> None:
    """Raw frames from an uplink say nothing about the machine whose address they carry."""
    raw = Pair(Probe("dead", IPv4Address("10.9.9.9"), "udp", 53, at="uplink"), "dns", "host")
    report = City([raw, denied(1, source="dead")]).run()
    assert [result.outcome for result in report.results] == [Outcome.OPEN, Outcome.UNPROVEN]


def test_frames_that_could_not_be_sent_prove_nothing() -> None:
    report = City(PAIRS, unsent={PAIRS[2]}).run()
    assert reasons(report)[0].endswith("could not be proven: no frame could be sent.")


def test_a_sender_that_is_not_told_fails_and_a_router_s_word_shows_no_machine_alive() -> None:
    sent = Probe("cam", IPv4Address("10.9.9.9"), "udp", 53, expires_at=(IPv4Address("10.0.0.1"),))
    expiring = Pair(sent, "dns", "host")
    assert reasons(City([expiring], silent={expiring}).run()) == [
        "cam → dns 53/udp, expiring just before it is not reported to the sender."
    ]
    answer = replace(expiring, probe=replace(sent, back=True))
    assert reasons(City([answer], silent={answer}).run()) == [
        "cam → dns 53/udp, its answer expiring just before the sender is not reported to who answers."
    ]
    report = City([expiring, denied(1)]).run()
    assert reasons(report)[0].endswith("host was not seen alive in this run.")


def marked(source: str, claims: Dscp, arrives_as: Dscp) -> Pair:
    return replace(allowed(source), probe=replace(allowed(source).probe, dscp=claims), arrives_as=arrives_as)


def test_what_arrives_with_another_mark_is_named() -> None:
    liar, phone, router = (
        marked("cam", Dscp.EF, Dscp.CS0),
        marked("phone", Dscp.CS0, Dscp.EF),
        marked("seat", Dscp.CS0, Dscp.CS6),
    )
    assert City([liar, phone, router]).run().fine
    report = City([liar, phone, router], marks={liar: 46, phone: 10}).run()
    assert outcomes(report) == {liar: Outcome.MISMARKED, phone: Outcome.MISMARKED, router: Outcome.OPEN}
    assert reasons(report) == [
        "cam marked EF → command-center 443/tcp arrives marked EF instead of CS0.",
        "phone marked CS0 → command-center 443/tcp arrives marked 10 instead of EF.",
    ]
    assert {finding.check for finding in report.findings} == {"probe mismarked"}


def test_a_marked_frame_that_arrives_is_no_sign_of_life() -> None:
    report = City([marked("cam", Dscp.EF, Dscp.CS0), denied(1)]).run()
    assert reasons(report)[0].endswith("cam and host was not seen alive in this run.")


def test_what_is_allowed_and_blocked_names_the_counters_that_rose() -> None:
    city = City(PAIRS, silent={PAIRS[0]}, noise=2)
    report = city.run()
    assert report.failures[0].outcome is Outcome.BLOCKED
    assert report.failures[0].reason.startswith(
        "cam → command-center 443/tcp is allowed, but got no answer. Meanwhile these counters rose: "
    )
    assert "deny_zone on ce-a by " in report.failures[0].reason


def test_counters_that_cannot_have_met_the_probe_are_not_named() -> None:
    risen = {
        "deny_forward on core-1": 1,
        "deny_invalid on dc-1": 5,
        "deny_ipv6_link on pop-x": 3,
        "deny_spoof on pop-x": 40,
        "deny_zone on ce-a": 3,
    }
    answer = Answer(PAIRS[0].probe, 3, False)
    expected = " Meanwhile these counters rose: deny_zone on ce-a by 3, deny_invalid on dc-1 by 5."
    assert _hint(risen, answer) == expected
    assert _hint(risen, Answer(PAIRS[0].probe, 0, False)) == ""


def test_progress_is_told() -> None:
    city = City(PAIRS)
    events: list[Event] = []
    probe(city.pairs, city, city.counters, on_event=events.append)
    assert [event.kind for event in events] == ["start", *["progress"] * len(PAIRS), "done"]
    assert [event.done for event in events[1:-1]] == list(range(1, len(PAIRS) + 1))
    assert events[-1].detail == "25 pairs: 1 open, 24 closed"


@given(st.data())
def test_exactly_what_misbehaves_is_named(data: st.DataObject) -> None:
    rest = PAIRS[1:]
    fates = data.draw(st.lists(st.sampled_from(["fine", "leak", "refuse", "lost"]), min_size=24, max_size=24))
    chosen = {fate: {pair for pair, one in zip(rest, fates, strict=True) if one == fate} for fate in fates}
    city = City(
        PAIRS,
        leaks=chosen.get("leak", set()),
        refuses=chosen.get("refuse", set()),
        lost=chosen.get("lost", set()),
    )
    expected = {
        "fine": Outcome.CLOSED,
        "leak": Outcome.LEAKS,
        "refuse": Outcome.REFUSED,
        "lost": Outcome.UNPROVEN,
    }
    assert outcomes(city.run()) == {
        PAIRS[0]: Outcome.OPEN,
        **{pair: expected[fate] for pair, fate in zip(rest, fates, strict=True)},
    }
