"""The program that watches ISPs: its verdicts, its packets, and what counts as another way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router_program import program

track = program("isp-track")


def verdicts(answered: str, others: str = "", patience: int = 0) -> str:
    """What is thought after each interval: "+" alive, "-" dead. Answers: "1" or "0"; other ways out likewise."""
    verdict = track.Verdict(failures=3, recoveries=4, patience=patience)
    said = ""
    for index, one in enumerate(answered):
        verdict.see(one == "1", (others[index : index + 1] or "1") == "1")
        said += "+" if verdict.alive else "-"
    return said


@pytest.mark.parametrize(
    ("answered", "others", "expected"),
    [
        ("1110111", "", "+++++++"),
        ("0010001", "", "+++++--"),
        ("0001111", "", "++----+"),  # three silent, four answers
        ("000101111", "", "++------+"),
        ("00000", "00000", "+++++"),  # nothing else is left
        ("00000", "00001", "++++-"),  # another way has come back
        ("00000", "11100", "++-++"),  # the last one is taken back at once, answers or not
    ],
)
def test_verdicts(answered: str, others: str, expected: str) -> None:
    assert verdicts(answered, others) == expected


def test_a_patient_verdict_comes_later() -> None:
    assert verdicts("00000000", patience=3) == "+++++---"


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_an_echo_is_a_valid_packet_and_its_reply_is_known(number: int, sequence: int) -> None:
    packet = track.echo("192.0.2.1", "203.0.113.2", number, sequence)
    assert len(packet) == 28
    assert track.checksum(packet[:20]) == 0
    assert track.checksum(packet[20:]) == 0
    reply = packet[:12] + packet[16:20] + packet[12:16] + b"\0" + packet[21:]
    targets = ["203.0.113.2"]
    assert track.answers(reply, targets, number, sequence)
    assert not track.answers(packet, targets, number, sequence)
    assert not track.answers(reply, ["203.0.113.3"], number, sequence)
    assert not track.answers(reply, targets, number, sequence ^ 1)
    assert not track.answers(reply[:27], targets, number, sequence)


OWN = {"valid": True, "locPrf": 10, "sourced": True, "peer": {"peerId": "0.0.0.0"}}
ISP = {"valid": True, "peer": {"peerId": "192.0.2.0"}}
OTHER_ISP = {"valid": True, "locPrf": 100, "peer": {"peerId": "10.255.0.3"}}
OTHER_LAST_RESORT = {"valid": True, "locPrf": 10, "peer": {"peerId": "10.255.0.3"}}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], False),
        ([OWN, ISP], False),
        ([OWN, ISP, OTHER_LAST_RESORT], False),
        ([OWN, ISP, OTHER_ISP], True),
        ([OWN, ISP, {**OTHER_ISP, "valid": False}], False),
    ],
)
def test_what_counts_as_another_way_out(paths: list[dict[str, object]], expected: bool) -> None:
    assert track.other_ways_out(paths, "192.0.2.0", 10) is expected
