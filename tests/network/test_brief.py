"""A cut span tells its cause first and its hundred routes in a line."""

from __future__ import annotations

from baubau_ops.network.brief import brief
from baubau_ops.network.verdict import Finding


def route(number: int, *, device: str = "pop-x", way: str = "via b") -> Finding:
    prefix = f"10.0.{number}.0/24"
    return Finding(device, "fib route", prefix, f"Route {prefix}: expected via a, is {way}.", "differs")


CAUSE = Finding(
    "pop-y", "ospf state", "to-x", "OSPF to-x: expected x Full, is not there.", "differs", "It is up."
)


def test_the_cause_comes_first() -> None:
    absent = Finding("ce-a", "device", "", "ce-a could not be checked: …", "could not check")
    assert brief([route(1), CAUSE, absent]) == (absent, CAUSE, route(1))


def test_a_few_are_told_one_by_one() -> None:
    few = [route(number) for number in range(3)]
    assert brief(few) == tuple(few)


def test_many_alike_are_told_once() -> None:
    (finding,) = brief(route(number) for number in range(9))
    assert finding.subject == "9 alike"
    assert finding.message == (
        "Route 10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24 and 4 more: "
        "expected via a, is via b."
    )


def test_what_is_not_alike_stays_apart() -> None:
    many = [route(n) for n in range(4)] + [route(n, way="via c") for n in range(4, 8)]
    many += [route(n, device="pop-z") for n in range(4)]
    assert [(one.device, one.subject) for one in brief(many)] == [
        ("pop-x", "4 alike"),
        ("pop-x", "4 alike"),
        ("pop-z", "4 alike"),
    ]


def test_nothing_is_lost() -> None:
    findings = [CAUSE, *(route(n) for n in range(4)), route(4, way="via c")]
    assert len(brief(findings)) == 3
