"""Comparing routers with the intent: what is missing, different, too much or unread becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

import pytest
from observed_lab import C1, CE, P1, observed

from baubau_ops.core.errors import UnreachableError
from baubau_ops.network.compare.router import check, compare, count_checks
from baubau_ops.network.compare.verdict import Finding, Verdict, regressions
from baubau_ops.network.expect.expectation import Expectation, RouterExpectation
from baubau_ops.network.model.router import OspfTimers
from baubau_ops.network.state.router_state import (
    BfdPeer,
    BgpSession,
    NextHop,
    OspfInterface,
    OspfNeighbour,
    OspfProcess,
    Route,
    RouterState,
    Unread,
)

EXPECTED = {"p1": P1, "c1": C1, "ce": CE}


def said(verdict: Verdict) -> list[str]:
    return [str(finding) for finding in verdict.findings]


@pytest.mark.parametrize("router", ["p1", "ce"])
def test_a_router_as_intended(router: str) -> None:
    expected = EXPECTED[router]
    total = count_checks(expected)
    assert check(expected, observed(router)) == Verdict(total, total)
    assert check(expected, observed(router)).fine


def test_own_prefixes_are_compared() -> None:
    seen = observed("ce")
    assert not isinstance(seen.originated, Unread)
    office = min(seen.originated)
    more = replace(seen, originated=seen.originated - {office} | {IPv4Network("10.99.0.0/24")})
    assert said(check(CE, more)) == [
        f"BGP does not announce {office} of its own.",
        "BGP announces 10.99.0.0/24 of its own, not expected.",
    ]


def test_a_session_that_is_down_is_named_with_its_port() -> None:
    verdict = check(C1, observed("c1"))
    (finding,) = verdict.findings
    assert (finding.check, finding.subject, finding.kind) == ("bgp state", "192.0.2.0", "differs")
    state = str(finding).split("is ")[1].split(":")[0]
    assert state in {"Active", "Connect", "Idle"}
    assert str(finding) == (
        f"BGP 192.0.2.0 (isp-1): expected Established, is {state}: "
        '"Waiting for peer OPEN". Port to-isp-1 is up, 14 packets in.'
    )
    assert (verdict.checks, verdict.passed) == (count_checks(C1), count_checks(C1) - 3)


def test_a_cut_span_is_named_and_what_it_carried() -> None:
    verdict = check(P1, observed("p1-one-span-cut"))
    assert said(verdict)[:3] == [
        "OSPF to-core-1: expected c1 (10.255.0.1) Full, is not there. "
        "Port to-core-1 has no carrier, 25182 packets in.",
        "OSPF to-core-1: OSPF does not run on it.",
        "BFD 10.254.0.0 (c1, to-core-1): expected up, there is no session. "
        "Port to-core-1 has no carrier, 25182 packets in.",
    ]
    routes = {finding.subject for finding in verdict.findings if finding.facet == "fib"}
    assert {"10.255.0.1/32", "10.254.0.0/31"} <= routes
    assert not verdict.fine


def test_a_router_that_has_just_started_says_for_how_long_it_takes_no_transit() -> None:
    process = observed("p1").ospf_process
    assert isinstance(process, OspfProcess)
    verdict = check(P1, replace(observed("p1"), ospf_process=replace(process, starting=21.4)))
    assert said(verdict) == ["OSPF: it has just started, and takes no transit for 21 s more."]
    assert verdict.passed == verdict.checks - 1


def test_what_ospf_runs_with_is_compared() -> None:
    process = observed("p1").ospf_process
    assert isinstance(process, OspfProcess)
    other = OspfProcess(IPv4Address("10.9.9.9"), None, stub=True, timers=OspfTimers(spf_hold=200))
    verdict = check(P1, replace(observed("p1"), ospf_process=other))
    assert said(verdict) == [
        "OSPF: expected router id 10.255.0.3, is 10.9.9.9.",
        "OSPF: expected max-metric on startup for 30 s, is never.",
        "OSPF: expected stub False, is True.",
        "OSPF: expected spf hold 50 ms, is 200 ms.",
    ]
    assert said(check(P1, replace(observed("p1"), ospf_process=None))) == ["OSPF does not run."]


def test_what_could_not_be_read_fails_all_its_checks() -> None:
    verdict = check(P1, observed("p1-without-bfdd"))
    unread = [finding for finding in verdict.findings if finding.kind == "could not check"]
    assert [(one.check, one.message) for one in unread] == [
        ("bfd", "BFD could not be checked: `show bfd peers json`: bfdd is not running")
    ]
    assert verdict.passed <= verdict.checks - (len(P1.bfd) + 1)


def test_an_unreachable_router_fails_all_its_checks() -> None:
    error = UnreachableError("p1 cannot be reached: no connection within 10 s")
    verdict = check(P1, error)
    assert (verdict.checks, verdict.passed) == (count_checks(P1), 0)
    assert said(verdict) == ["p1 could not be checked: p1 cannot be reached: no connection within 10 s"]
    assert verdict.findings[0].kind == "could not check"


def test_a_router_that_nobody_read_is_not_fine() -> None:
    whole = Expectation({"p1": P1, "ce": CE})
    assert compare(whole, {name: observed(name) for name in ("p1", "ce")}).fine
    verdict = compare(whole, {"p1": observed("p1")})
    assert said(verdict) == ["ce could not be checked: it was not read"]


# Every expected item, taken away from or changed in what was really observed, must give a finding.


def removals(seen: RouterState) -> Iterator[tuple[str, RouterState]]:
    assert not isinstance(seen.ospf_neighbours, Unread)
    assert not isinstance(seen.ospf_interfaces, Unread)
    assert not isinstance(seen.bfd, Unread)
    assert not isinstance(seen.bgp, Unread)
    assert not isinstance(seen.fib, Unread)
    for neighbour in seen.ospf_neighbours:
        rest = tuple(one for one in seen.ospf_neighbours if one != neighbour)
        yield neighbour.interface, replace(seen, ospf_neighbours=rest)
    for name in seen.ospf_interfaces:
        yield name, replace(seen, ospf_interfaces=without(seen.ospf_interfaces, name))
    for peer in seen.bfd:
        yield str(peer.peer), replace(seen, bfd=tuple(one for one in seen.bfd if one != peer))
    for route in seen.fib:
        yield str(route.prefix), replace(seen, fib=tuple(one for one in seen.fib if one != route))
    for address, session in seen.bgp.items():
        yield str(address), replace(seen, bgp=without(seen.bgp, address))
        for aspect in ("accepted", "sent"):
            prefixes = getattr(session, aspect)
            for prefix in prefixes:
                fewer = replace(session, **{aspect: prefixes - {prefix}})
                yield str(address), replace(seen, bgp={**seen.bgp, address: fewer})


def without(mapping: Any, key: object) -> dict[Any, Any]:
    return {one: value for one, value in mapping.items() if one != key}


def changes(seen: RouterState) -> Iterator[tuple[str, RouterState]]:
    """One attribute of one item at a time."""
    assert not isinstance(seen.ospf_neighbours, Unread)
    assert not isinstance(seen.ospf_interfaces, Unread)
    assert not isinstance(seen.bfd, Unread)
    assert not isinstance(seen.bgp, Unread)
    assert not isinstance(seen.fib, Unread)
    for neighbour in seen.ospf_neighbours:
        for other in altered(neighbour):
            rest = tuple(other if one == neighbour else one for one in seen.ospf_neighbours)
            yield f"OSPF {neighbour.interface} {other}", replace(seen, ospf_neighbours=rest)
    for name, interface in seen.ospf_interfaces.items():
        if not interface.passive:
            for changed in altered(interface, ignored={"name"}):
                yield (
                    f"OSPF {name} {changed}",
                    replace(seen, ospf_interfaces={**seen.ospf_interfaces, name: changed}),
                )
    for peer in seen.bfd:
        for bfd in altered(peer, ignored={"diagnostic"}):
            yield f"BFD {bfd}", replace(seen, bfd=tuple(bfd if one == peer else one for one in seen.bfd))
    for address, session in seen.bgp.items():
        for bgp in altered(session, ignored={"peer", "last_error"}):
            yield f"BGP {bgp}", replace(seen, bgp={**seen.bgp, address: bgp})
    for route in seen.fib:
        for fib in altered(route, ignored={"metric"}):
            yield f"route {fib}", replace(seen, fib=tuple(fib if one == route else one for one in seen.fib))


OTHER: dict[str, Any] = {
    "router_id": IPv4Address("10.99.0.1"),
    "peer": IPv4Address("10.99.0.1"),
    "prefix": IPv4Network("10.99.0.0/24"),
    "next_hops": frozenset({NextHop(IPv4Address("10.99.0.1"), "ce9")}),
    "accepted": frozenset({IPv4Network("10.99.0.0/24")}),
    "sent": frozenset({IPv4Network("10.99.0.0/24")}),
    "ttl_hops": 7,
    "limit": 1,
    "preferences": frozenset({50}),
}


def altered(item: Any, ignored: frozenset[str] | set[str] = frozenset()) -> Iterator[Any]:
    for field in fields(item):
        if field.name in ignored:
            continue
        value = getattr(item, field.name)
        if field.name in OTHER:
            changed = OTHER[field.name]
        elif isinstance(value, bool):
            changed = not value
        elif isinstance(value, int | float):
            changed = value + 1
        else:
            changed = f"{value}x"
        yield replace(item, **{field.name: changed})


@pytest.mark.parametrize("router", ["p1", "ce"])
def test_whatever_is_missing_is_named(router: str) -> None:
    cases = list(removals(observed(router)))
    assert len(cases) >= (7 if router == "ce" else 15)
    for subject, seen in cases:
        verdict = check(EXPECTED[router], seen)
        assert any(finding.subject == subject for finding in verdict.findings), subject
        assert verdict.passed < verdict.checks == count_checks(EXPECTED[router])


@pytest.mark.parametrize("router", ["p1", "ce"])
def test_whatever_is_different_is_found(router: str) -> None:
    # Of iBGP neighbours neither the role, which they may not tell, nor the preference, which comes with the path.
    silent = {IPv4Address("10.255.0.1")}
    for what, seen in changes(observed(router)):
        if isinstance(seen.bgp, dict) and any(
            seen.bgp[peer].remote_role == "x" or seen.bgp[peer].preferences == OTHER["preferences"]
            for peer in silent & set(seen.bgp)
        ):
            continue
        assert not check(EXPECTED[router], seen).fine, what


@pytest.mark.parametrize(
    "facet", ["ospf_neighbours", "ospf_interfaces", "ospf_process", "bfd", "bgp", "originated", "fib"]
)
def test_an_unread_facet_is_not_fine(facet: str) -> None:
    seen = replace(observed("ce"), **{facet: Unread("no")})  # type: ignore[arg-type]
    verdict = check(CE, seen)
    assert [finding.kind for finding in verdict.findings] == ["could not check"]
    assert verdict.checks == count_checks(CE)
    assert verdict.passed < verdict.checks


def extras(seen: RouterState) -> Iterator[tuple[str, RouterState]]:
    assert not isinstance(seen.ospf_neighbours, Unread)
    assert not isinstance(seen.ospf_interfaces, Unread)
    assert not isinstance(seen.bfd, Unread)
    assert not isinstance(seen.bgp, Unread)
    assert not isinstance(seen.fib, Unread)
    stranger = IPv4Address("10.99.0.1")
    rogue = OspfNeighbour("ce1", stranger, "Init")
    yield (
        "OSPF ce1: neighbour 10.99.0.1 (Init) is not expected.",
        replace(seen, ospf_neighbours=(*seen.ospf_neighbours, rogue)),
    )
    port = OspfInterface("ce1", "0.0.0.0", "POINTOPOINT", 10, 10.0, 40.0, 5.0, False, "none")
    yield (
        "OSPF ce1: looks for neighbours, none is expected.",
        replace(seen, ospf_interfaces={**seen.ospf_interfaces, "ce1": port}),
    )
    yield (
        "OSPF ce1: passive, but not expected in OSPF.",
        replace(seen, ospf_interfaces={**seen.ospf_interfaces, "ce1": replace(port, passive=True)}),
    )
    peer = BfdPeer(stranger, "ce1", "up", 0.1, 0.1, 3)
    yield "BFD 10.99.0.1: a session that is not expected, up.", replace(seen, bfd=(*seen.bfd, peer))
    some: BgpSession = next(iter(seen.bgp.values()))
    yield (
        "BGP 10.99.0.1: a neighbour that is not expected, Established.",
        replace(seen, bgp={**seen.bgp, stranger: replace(some, peer=stranger)}),
    )
    extra = frozenset({IPv4Network("10.99.0.0/24")})
    accepted = some.accepted
    assert not isinstance(accepted, Unread)
    yield (
        f"BGP {some.peer} ({P1.bgp[some.peer].neighbour}): accepted, but not expected: 10.99.0.0/24.",
        replace(seen, bgp={**seen.bgp, some.peer: replace(some, accepted=accepted | extra)}),
    )
    hop = frozenset({NextHop(stranger, "ce1")})
    route = Route(IPv4Network("10.99.0.0/24"), "unicast", hop, "bgp", 20)
    yield "Route 10.99.0.0/24 via 10.99.0.1 ce1 (bgp) is not expected.", replace(seen, fib=(*seen.fib, route))
    yield (
        "Route 2001:db8::/32 blackhole (static) is not expected.",
        replace(
            seen,
            fib=(*seen.fib, Route(IPv6Network("2001:db8::/32"), "blackhole", frozenset(), "static", 20)),
        ),
    )
    doubled = replace(seen.fib[0], metric=99)
    yield (
        f"Route {doubled.prefix} via 10.254.8.1 ce1 (bgp) is not expected.",
        replace(seen, fib=(*seen.fib, doubled)),
    )
    yield (
        "Route 10.99.0.0/24 in table 77 via 10.99.0.1 ce1 (bgp) is not expected.",
        replace(seen, fib=(*seen.fib, replace(route, table="77"))),
    )


def test_what_should_not_be_there_is_unexpected() -> None:
    cases = list(extras(observed("p1")))
    for message, seen in cases:
        verdict = check(P1, seen)
        assert said(verdict) == [message]
        assert verdict.findings[0].kind == "unexpected"
        assert verdict.passed == verdict.checks - 1


def test_a_worse_route_beside_the_right_one_does_not_hide_it() -> None:
    seen = observed("p1")
    assert not isinstance(seen.fib, Unread)
    better = replace(seen.fib[0], metric=1, next_hops=frozenset({NextHop(None, "ce9")}), protocol="boot")
    verdict = check(P1, replace(seen, fib=(*seen.fib, better)))
    assert said(verdict)[0] == "Route 10.64.0.0/26: expected via 10.254.8.1 ce1, is via ce9."


def test_long_lists_are_cut() -> None:
    seen = observed("ce")
    assert not isinstance(seen.bgp, Unread)
    (peer, session), *_ = seen.bgp.items()
    many = frozenset(IPv4Network(f"10.99.{number}.0/24") for number in range(8))
    verdict = check(CE, replace(seen, bgp={peer: replace(session, accepted=many)}))
    assert said(verdict) == [
        "BGP 10.254.8.0 (p1): accepted, but not expected: 10.99.0.0/24, 10.99.1.0/24, 10.99.2.0/24, "
        "10.99.3.0/24, 10.99.4.0/24 and 3 more."
    ]


# What was broken before a change is not blamed on it; everything else is.


def test_nothing_regressed_when_nothing_changed() -> None:
    before = check(P1, observed("p1-one-span-cut"))
    assert regressions(before, check(P1, observed("p1-one-span-cut"))) == ()


def test_what_was_fine_and_is_not_regressed() -> None:
    after = check(P1, observed("p1-one-span-cut"))
    assert regressions(check(P1, observed("p1")), after) == after.findings


def finding(check: str, subject: str, message: str = "", kind: Any = "differs") -> Finding:
    return Finding("p1", check, subject, message, kind)


@pytest.mark.parametrize(
    ("before", "after", "blamed"),
    [
        # another way of being down is not news
        (finding("bgp state", "10.0.0.1", "is Active"), finding("bgp state", "10.0.0.1", "is Idle"), False),
        # it was down, now it is up and its prefixes are not all there: better than before
        (finding("bgp state", "10.0.0.1"), finding("bgp accepted", "10.0.0.1", "not accepted: X"), False),
        # it was up with a wrong timer and is down now
        (finding("bgp keepalive", "10.0.0.1"), finding("bgp state", "10.0.0.1"), True),
        # one prefix was missing, now another one is
        (finding("bgp sent", "10.0.0.1", "not X"), finding("bgp sent", "10.0.0.1", "not X, Y"), True),
        # another peer
        (finding("bgp state", "10.0.0.1"), finding("bgp state", "10.0.0.2"), True),
        # nothing of BFD was known before
        (finding("bfd", "", kind="could not check"), finding("bfd state", "10.0.0.1"), False),
        # it could be read before
        (finding("bfd state", "10.0.0.1"), finding("bfd", "", kind="could not check"), True),
        (finding("device", "", kind="could not check"), finding("fib route", "10.0.0.0/8"), False),
    ],
)
def test_what_counts_as_a_regression(before: Finding, after: Finding, blamed: bool) -> None:
    found = regressions(Verdict(9, 8, (before,)), Verdict(9, 8, (after,)))
    assert found == ((after,) if blamed else ())


def test_the_expectation_of_the_tests_is_what_was_configured() -> None:
    """The captures are of routers set up as written here: an empty expectation must not pass on them."""
    nothing = RouterExpectation("p1", {}, frozenset(), (), {}, {})
    unexpected = {finding.facet for finding in check(nothing, observed("p1")).findings}
    assert unexpected == {"ospf", "bfd", "bgp", "fib"}
