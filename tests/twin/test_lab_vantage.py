"""Probes from machines of a tiny twin: what answers, what refuses, what is silent, and how fast."""

from __future__ import annotations

import re
import time
from ipaddress import IPv4Address, IPv6Address

import pytest
from tiny import HOST, OFFICE, SEAT, SERVICE, Tiny, tiny

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.inventory.environment import Answer, Probe
from baubau_ops.lab.injector import LabInjector
from baubau_ops.lab.probes import responding
from baubau_ops.lab.probes.vantage import LabVantage

NOWHERE = IPv4Address("10.32.8.9")  # on the host's LAN, but nobody has it
BEYOND = IPv6Address("2001:db8::7")


@pytest.fixture(scope="module")
def vantage(tiny_twin: Tiny) -> LabVantage:
    made = LabVantage(tiny_twin.name, tiny())
    for answer in made.exchange([Probe(OFFICE, SERVICE, "icmp", count=50)]):  # the routers have their routes
        assert answer.answered
    return made


def one(vantage: LabVantage, *arguments: object, **more: object) -> Answer:
    (answer,) = vantage.exchange([Probe(*arguments, **more)], timeout=0.5)  # type: ignore[arg-type]
    return answer


def test_every_machine_is_listed(vantage: LabVantage) -> None:
    assert [machine.name for machine in vantage.machines()] == [SEAT, OFFICE, HOST]


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 443), ("tcp", 7007), ("udp", 53), ("icmp", 0)])
@pytest.mark.parametrize("target", [SERVICE, IPv4Address("10.32.8.2")])
def test_an_open_way_answers_at_the_first_attempt(
    vantage: LabVantage, protocol: str, port: int, target: IPv4Address
) -> None:
    answer = one(vantage, OFFICE, target, protocol, port)
    assert (answer.answered, answer.refused, answer.sent) == (True, False, 1)
    assert 0 < answer.seconds < 0.5


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 554), ("udp", 554)])
def test_a_dropped_probe_is_silent_and_each_attempt_is_counted_there(
    tiny_twin: Tiny, vantage: LabVantage, protocol: str, port: int
) -> None:
    def dropped() -> int:
        found = re.search(
            r"packets (\d+)", tiny_twin.console("ce-hall", "nft list counter inet baubau denied")
        )
        assert found is not None
        return int(found[1])

    before = dropped()
    answer = one(vantage, OFFICE, SERVICE, protocol, port, count=4)
    assert (answer.answered, answer.refused, answer.sent) == (False, False, 4)
    assert dropped() - before >= 4


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 80), ("udp", 80), ("tcp", 81), ("udp", 81)])
def test_a_refusal_is_neither_open_nor_silence(vantage: LabVantage, protocol: str, port: int) -> None:
    answer = one(vantage, OFFICE, SERVICE, protocol, port)  # 80: a router refuses; 81: nobody listens
    assert (answer.answered, answer.refused) == (False, True)


@pytest.mark.parametrize(
    ("port", "router", "told"),
    [
        (53, "10.254.0.0", True),  # the last router, pop-wolio
        (53, "10.64.0.1", True),  # the first one, ce-hall
        (53, "10.254.0.1", False),  # its other port, by which it does not answer
        (554, "10.254.0.0", False),  # ce-hall drops it
    ],
)
def test_the_router_where_a_packet_expires_tells_its_sender(
    vantage: LabVantage, port: int, router: str, told: bool
) -> None:
    answer = one(vantage, OFFICE, SERVICE, "udp", port, expires_at=(IPv4Address(router),))
    assert (answer.answered, answer.refused) == (told, False)


@pytest.mark.parametrize(("port", "told"), [(53, True), (554, False)])
def test_who_answers_is_told_where_its_answer_expires(vantage: LabVantage, port: int, told: bool) -> None:
    gateway = (IPv4Address("10.64.0.1"),)
    answer = one(vantage, OFFICE, SERVICE, "udp", port, expires_at=gateway, back=True)
    assert answer.answered == told


def test_a_stray_answer_arrives_where_nobody_keeps_state(vantage: LabVantage) -> None:
    answer = one(vantage, OFFICE, SERVICE, "tcp", 443, stray=True, count=1)
    assert (answer.answered, answer.sent) == (True, 1)
    assert not one(vantage, OFFICE, SERVICE, "tcp", 554, stray=True, count=1).answered


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
def test_a_neighbour_that_is_not_there_is_no_refusal(vantage: LabVantage, protocol: str) -> None:
    """ARP that nobody answers is a failure at home; nobody said no."""
    answer = one(vantage, HOST, NOWHERE, protocol, 7007, count=1)
    assert (answer.answered, answer.refused) == (False, False)


def test_a_responder_of_another_version_is_not_asked_and_up_replaces_it(
    tiny_twin: Tiny, vantage: LabVantage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responding, "program", lambda: "another")
    with pytest.raises(FailedError) as error:
        one(vantage, OFFICE, SERVICE, "icmp")
    assert error.value.message == "The twin's responder is of another version: run baubau lab up."
    monkeypatch.undo()
    before = list(responding._processes(tiny_twin.name))
    tiny_twin.up(tiny())
    assert responding._processes(tiny_twin.name) == before
    real, refusals = responding._answers, iter([False])  # the one that runs refuses, its successor does not
    monkeypatch.setattr(responding, "_answers", lambda twin: next(refusals, True) and real(twin))
    tiny_twin.up(tiny())
    assert responding._processes(tiny_twin.name) != before
    assert one(vantage, OFFICE, SERVICE, "icmp").answered


def test_many_at_once_keep_their_order(vantage: LabVantage) -> None:
    probes = [Probe(OFFICE, SERVICE, "tcp", port) for port in (443, 554, 80) * 30]
    began = time.monotonic()
    answers = vantage.exchange(probes, timeout=0.5)
    assert time.monotonic() - began < 3.0
    assert [answer.probe for answer in answers] == probes
    assert [answer.answered for answer in answers] == [True, False, False] * 30
    assert [answer.refused for answer in answers] == [False, False, True] * 30


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
def test_raw_frames_pass_the_captured_routers_filter_and_arrive(vantage: LabVantage, protocol: str) -> None:
    """Port 554 is dropped by the office's own router, and the POP's filter sees what leaves past it."""
    assert one(vantage, OFFICE, SERVICE, protocol, 7007, at="uplink").answered
    blocked = one(vantage, OFFICE, SERVICE, protocol, 554, at="uplink")
    assert blocked.answered == (protocol == "icmp")  # the POP drops 554 as well; ICMP has no port


def test_a_lie_about_the_source_arrives_where_nobody_checks(vantage: LabVantage) -> None:
    lie = IPv4Address("10.64.9.9")
    assert one(vantage, OFFICE, SERVICE, "udp", 7007, spoof=lie).answered
    assert not one(vantage, OFFICE, NOWHERE, "udp", 7007, spoof=lie).answered


def test_a_frame_s_mark_is_told_as_it_arrives(vantage: LabVantage) -> None:
    """The tiny twin's routers change no marks; the machine that answers sets none."""
    assert one(vantage, OFFICE, SERVICE, "udp", 7007, dscp=46).dscp == 46
    assert one(vantage, OFFICE, SERVICE, "udp", 7007, dscp=46, back=True).dscp == 0
    assert one(vantage, OFFICE, SERVICE, "udp", 7007).dscp is None


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
def test_ipv6_reaches_the_gateway_and_is_dropped_there(
    tiny_twin: Tiny, vantage: LabVantage, protocol: str
) -> None:
    look = "cat /proc/net/dev_snmp6/lan-office | grep -w Ip6InReceives"
    before = int(tiny_twin.console("ce-hall", look).split()[1])
    answer = one(vantage, OFFICE, BEYOND, protocol, 443)
    assert (answer.answered, answer.sent) == (False, 3)
    assert int(tiny_twin.console("ce-hall", look).split()[1]) - before == 3


def test_the_seat_reaches_routers(vantage: LabVantage) -> None:
    assert one(vantage, SEAT, IPv4Address("10.255.0.2"), "tcp", 22).answered


def test_sources_that_are_not_there_are_refused(vantage: LabVantage) -> None:
    with pytest.raises(
        FailedError, match=r'The twin has no machine "hall-ofice"\. Did you mean "hall-office"\?'
    ):
        one(vantage, "hall-ofice", SERVICE, "tcp", 443)
    with pytest.raises(
        InputError, match=r'The twin has no machine "hall-ofice"\. Did you mean "hall-office"\?'
    ):
        vantage.watch("hall-ofice", SERVICE)
    with pytest.raises(FailedError, match="it has no uplink to send from"):
        one(vantage, HOST, SERVICE, "tcp", 443, at="uplink")


@pytest.mark.parametrize(("source", "target"), [(OFFICE, HOST), (HOST, OFFICE)])
def test_throughput_is_what_the_shaper_lets_through(
    tiny_twin: Tiny, vantage: LabVantage, source: str, target: str
) -> None:
    router, port = ("ce-hall", "to-wolio") if source == OFFICE else ("pop-wolio", "ce1")
    shape = f"tc qdisc add dev {port} root handle 1: htb default 1; "
    shape += f"tc class add dev {port} parent 1: classid 1:1 htb rate 50mbit burst 15k"
    tiny_twin.console(router, shape)
    try:
        rate = vantage.throughput(source, target, seconds=2.0)
    finally:
        tiny_twin.console(router, f"tc qdisc del dev {port} root")
    assert 45e6 < rate < 50e6  # payload: 1448 of 1514 bytes
    assert vantage.throughput(source, target, seconds=1.0) > 200e6


def test_a_watch_without_an_outage_loses_nothing_and_keeps_its_schedule(vantage: LabVantage) -> None:
    watch = vantage.watch(OFFICE, SERVICE)
    time.sleep(2.0)
    outage = watch.stop()
    assert outage.lost == 0
    assert outage.longest == 0.0
    assert 0.97 < outage.sent * outage.interval / 2.0 < 1.1


def test_a_watch_measures_a_silent_cut(tiny_twin: Tiny, vantage: LabVantage) -> None:
    injector = LabInjector(tiny_twin.name, tiny())
    watch = vantage.watch(OFFICE, SERVICE)
    time.sleep(0.5)
    began = time.monotonic()
    injector.cut("wolio--ce-hall", silent=True)
    cut = time.monotonic()
    time.sleep(0.3)
    mending = time.monotonic()
    injector.mend("wolio--ce-hall")
    mended = time.monotonic()
    time.sleep(0.5)
    outage = watch.stop()
    assert mending - cut - 0.005 <= outage.longest <= mended - began + 0.015
    assert outage.lost == pytest.approx(outage.longest / outage.interval, abs=3)


def test_a_watch_of_a_silent_target_loses_all(vantage: LabVantage) -> None:
    watch = vantage.watch(OFFICE, NOWHERE, interval=0.02)
    time.sleep(0.3)
    outage = watch.stop()
    assert outage.lost == outage.sent > 5
