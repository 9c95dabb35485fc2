"""BGP sessions: each expected session is Established with the expected parameters and prefixes; no other exists."""

from __future__ import annotations

from collections.abc import Iterator, Set
from ipaddress import IPv4Network

from baubau_ops.network.compare.checks import Checked, Problem, between, listed, port_hint, unread
from baubau_ops.network.expect.expectation import BgpSession as Expected
from baubau_ops.network.expect.expectation import RouterExpectation
from baubau_ops.network.state.router_state import BgpSession as Seen
from baubau_ops.network.state.router_state import Network, Readable, RouterState, Unread


def bgp(expected: RouterExpectation, state: RouterState) -> Iterator[Checked]:
    """Three checks per session (state, accepted, sent), one for unexpected sessions, and one for its own prefixes."""
    if isinstance(state.bgp, Unread):
        yield unread("bgp", "BGP", state.bgp, 3 * len(expected.bgp) + 2)
        return
    for peer, session in expected.bgp.items():
        seen = state.bgp.get(peer)
        down = between(session.neighbour, _state(session, seen, state))
        if down or seen is None:
            yield Checked("bgp", down, count=3)
            continue
        for problems in (
            (*_terms(session, seen), *_preference(session, seen)),
            _prefixes("accepted", session, session.accepted, seen.accepted),
            _prefixes("sent", session, session.sent, seen.sent),
        ):
            yield Checked("bgp", between(session.neighbour, problems))
    others = (
        Problem(
            "other", str(peer), f"BGP {peer}: a neighbour that is not expected, {seen.state}.", "unexpected"
        )
        for peer, seen in state.bgp.items()
        if peer not in expected.bgp and not (str(peer) in expected.down and seen.state != "Established")
    )
    yield Checked("bgp", tuple(others))
    yield Checked("bgp", tuple(_originated(expected, state.originated)))


def _originated(expected: RouterExpectation, seen: Readable[frozenset[Network]]) -> Iterator[Problem]:
    if isinstance(seen, Unread):
        yield Problem("own", "", f"BGP's own prefixes could not be checked: {seen.reason}", "could not check")
        return
    if missing := expected.originated - seen:
        yield Problem("own", "", f"BGP does not announce {listed(sorted(missing))} of its own.")
    if others := seen - expected.originated:
        yield Problem(
            "own",
            "",
            f"BGP announces {listed(sorted(others, key=str))} of its own, not expected.",
            "unexpected",
        )


def _name(session: Expected) -> str:
    return f"BGP {session.peer} ({session.neighbour})"


def _state(expected: Expected, seen: Seen | None, state: RouterState) -> Iterator[Problem]:
    peer = str(expected.peer)
    if seen is None:
        yield Problem("state", peer, f"{_name(expected)}: expected Established, is not configured.")
    elif seen.state != "Established":
        why = f': "{seen.last_error}"' if seen.last_error else ""
        message = f"{_name(expected)}: expected Established, is {seen.state}{why}."
        yield Problem("state", peer, message, hint=_hint(expected, state))


def _hint(expected: Expected, state: RouterState) -> str:
    """State of the port to an attached neighbour; for any other neighbour, whether there is a route to it."""
    if isinstance(state.fib, Unread):
        return ""
    covering = [route for route in state.fib if route.table == "main" and expected.peer in route.prefix]
    best = max(covering, key=lambda route: (route.prefix.prefixlen, -route.metric), default=None)
    if best is None or not best.next_hops:
        return f"There is no route to {expected.peer}."
    attached = [hop.interface for hop in best.next_hops if hop.gateway is None]
    return port_hint(state, attached[0]) if attached else ""


def _terms(expected: Expected, seen: Seen) -> Iterator[Problem]:
    """Problems with the parameters that both ends agreed on."""
    terms: tuple[tuple[str, object, object], ...] = (
        ("local AS", expected.local_as, seen.local_as),
        ("remote AS", expected.remote_as, seen.remote_as),
        ("role", expected.local_role or "none", seen.local_role or "none"),
        ("GTSM", _hops(expected.ttl_hops), _hops(seen.ttl_hops)),
        ("MD5", expected.password, seen.password),
        ("keepalive", f"{expected.keepalive:g} s", f"{seen.keepalive:g} s"),
        ("hold time", f"{expected.hold:g} s", f"{seen.hold:g} s"),
        ("connect retry", f"{expected.connect_retry:g} s", f"{seen.connect_retry:g} s"),
        ("add-path sent", expected.addpath_send, seen.addpath_send),
        ("add-path received", expected.addpath_receive, seen.addpath_receive),
        ("prefix limit", expected.limit or "none", seen.limit or "none"),
    )
    if expected.remote_role:
        terms += (("neighbour's role", expected.remote_role, seen.remote_role or "none"),)
    for what, wanted, is_ in terms:
        if wanted != is_:
            message = f"{_name(expected)}: expected {what} {_words(wanted)}, is {_words(is_)}."
            yield Problem(what, str(expected.peer), message)


def _preference(expected: Expected, seen: Seen) -> Iterator[Problem]:
    """Routes of an external peer have the intended preference; in iBGP, the preference comes with the path."""
    if expected.local_as == expected.remote_as or isinstance(seen.preferences, Unread):
        return  # an unreadable table is reported with the prefixes
    if others := seen.preferences - {expected.preference}:
        wanted, is_ = (value or "not set" for value in (expected.preference, next(iter(others))))
        message = f"{_name(expected)}: expected local preference {wanted}, is {is_}."
        yield Problem("preference", str(expected.peer), message)


def _words(value: object) -> object:
    return ("on" if value else "off") if isinstance(value, bool) else value


def _hops(hops: int | None) -> str:
    return "off" if hops is None else f"within {hops} hops"


def _prefixes(
    aspect: str, session: Expected, expected: Set[IPv4Network], seen: Readable[frozenset[Network]]
) -> Iterator[Problem]:
    peer, name = str(session.peer), _name(session)
    if isinstance(seen, Unread):
        message = f"{name}: prefixes {aspect} could not be checked: {seen.reason}"
        yield Problem(aspect, peer, message, "could not check")
        return
    if missing := sorted(expected - seen, key=str):
        yield Problem(aspect, peer, f"{name}: not {aspect}: {listed(sorted(missing))}.")
    if extra := sorted(seen - expected, key=str):
        yield Problem(aspect, peer, f"{name}: {aspect}, but not expected: {listed(extra)}.", "unexpected")
