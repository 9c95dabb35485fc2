"""A cut span tells its cause first and its hundred routes in a line."""

from __future__ import annotations

from baubau_ops.network.compare.summary import brief
from baubau_ops.network.compare.verdict import Finding


def route(number: int, *, device: str = "pop-x", way: str = "via b") -> Finding:
    prefix = f"10.0.{number}.0/24"
    return Finding(device, "fib route", prefix, f"Route {prefix}: expected via a, is {way}.", "differs")


CAUSE = Finding(
    "pop-y", "ospf state", "to-x", "OSPF to-x: expected x Full, is not there.", "differs", "It is up.", "x"
)


def test_the_cause_comes_first() -> None:
    absent = Finding("ce-a", "device", "", "ce-a could not be checked: …", "could not check")
    assert brief([CAUSE, absent]).findings == (absent, CAUSE)


def test_a_few_are_told_one_by_one() -> None:
    few = [route(number) for number in range(3)]
    assert brief(few).findings == tuple(few)


def test_many_alike_are_told_once() -> None:
    (finding,) = brief(route(number) for number in range(9)).findings
    assert finding.subject == "9 alike"
    assert finding.message == (
        "Route 10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24 and 4 more: "
        "expected via a, is via b."
    )


def test_what_is_not_alike_stays_apart() -> None:
    many = [route(n) for n in range(4)] + [route(n, way="via c") for n in range(4, 8)]
    many += [route(n, device="pop-z") for n in range(4)]
    assert [(one.device, one.subject) for one in brief(many).findings] == [
        ("pop-x", "4 alike"),
        ("pop-x", "4 alike"),
        ("pop-z", "4 alike"),
    ]


def test_routes_without_a_cause_stand_for_themselves() -> None:
    told = brief([*(route(n) for n in range(4)), route(4, way="via c")])
    assert len(told.findings) == 2
    assert told.consequences == ()
    assert told.summary == ""


def test_routes_may_follow_from_a_session_that_is_down() -> None:
    told = brief([route(1), route(2, device="core-1"), CAUSE])
    assert told.findings == (CAUSE,)
    assert set(told.consequences) == {route(1), route(2, device="core-1")}
    assert told.summary == "2 probable consequences on 2 routers: 2 fib route."


def session(
    check: str, device: str, peer: str, message: str, *, neighbour: str = "", machines: tuple[str, ...] = ()
) -> Finding:
    return Finding(device, check, peer, message, "differs", neighbour=neighbour, machines=machines)


def test_one_site_that_was_not_applied_is_told_in_a_line() -> None:
    """The router does not answer; its POP lacks its sessions, everybody lacks its prefixes, nobody its packets."""
    absent = Finding("ce-dinas", "device", "", "ce-dinas could not be checked: no answer", "could not check")
    bgp = session(
        "bgp state",
        "pop-murhum",
        "10.0.0.1",
        "BGP 10.0.0.1 (ce-dinas): expected Established, is Idle.",
        neighbour="ce-dinas",
    )
    bfd = session(
        "bfd state",
        "pop-murhum",
        "10.0.0.1",
        "BFD 10.0.0.1 (ce-dinas, ce4): expected up, is down.",
        neighbour="ce-dinas",
    )
    sets = session("bgp accepted", "core-1", "10.0.0.9", "BGP 10.0.0.9 (pop-murhum): lacks 10.0.7.0/24.")
    probe = session(
        "probe unproven",
        "pop-murhum",
        "dinas-wifi → dns",
        "dinas-wifi was not seen alive.",
        machines=("dinas-wifi", "host-services"),
    )
    routes = [route(n, device=f"pop-{n}") for n in range(9)]
    told = brief([*routes, probe, sets, bgp, bfd, absent])
    assert told.findings == (absent,)
    assert told.summary == (
        "13 probable consequences on 11 routers: 9 fib route, 1 bgp state, 1 bgp accepted, 1 bfd state,"
        " 1 probe unproven."
    )


def test_bfd_goes_with_the_session_over_it_only() -> None:
    ospf = session(
        "ospf state",
        "pop-y",
        "to-x",
        "OSPF to-x: expected pop-x (10.0.0.3) Full, is not there.",
        neighbour="pop-x",
    )
    same = session(
        "bfd state",
        "pop-y",
        "10.0.1.1",
        "BFD 10.0.1.1 (pop-x, to-x): expected up, is down.",
        neighbour="pop-x",
    )
    other = session(
        "bfd state",
        "pop-y",
        "10.0.1.3",
        "BFD 10.0.1.3 (pop-z, to-z): expected up, is down.",
        neighbour="pop-z",
    )
    told = brief([ospf, same, other])
    assert told.findings == (ospf, other)
    assert told.consequences == (same,)


def test_other_faults_are_not_folded() -> None:
    """A cost, a firewall's settings, a leak: no absence explains them."""
    absent = Finding("ce-dinas", "device", "", "ce-dinas could not be checked: no answer", "could not check")
    cost = session("ospf cost", "pop-x", "to-y", "OSPF to-y: expected cost 10, is 20.")
    leak = session(
        "probe leaks",
        "pop-x",
        "bappeda-wifi → dns",
        "bappeda-wifi → dns is denied, but gets through.",
        machines=("bappeda-wifi",),
    )
    kernel = session("kernel setting", "pop-x", "net.ipv4.ip_forward", "Kernel: expected 1, is 0.")
    new = session("weather storm", "pop-x", "", "A facet that nobody knows yet.")
    assert brief([new, leak, cost, kernel, absent]).findings == (absent, kernel, cost, leak, new)


def test_nothing_is_lost() -> None:
    findings = [CAUSE, *(route(n) for n in range(3)), route(4, way="via c")]
    told = brief(findings)
    assert {*told.findings, *told.consequences} == set(findings)
