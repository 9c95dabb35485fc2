"""OSPF adjacencies and BFD sessions: each expected one is up as intended, and there are no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from baubau_ops.network.compare.checks import Checked, Problem, between, milliseconds, port_hint, unread
from baubau_ops.network.expect import expectation
from baubau_ops.network.expect.expectation import BfdSession, OspfAdjacency, RouterExpectation
from baubau_ops.network.state.router_state import (
    BfdPeer,
    OspfInterface,
    OspfNeighbour,
    OspfProcess,
    RouterState,
    Unread,
)

AFTER_START = "ospf transit"
"""`Finding.check` for a router that has just started."""


def ospf(expected: RouterExpectation, state: RouterState) -> Iterator[Checked]:
    """One check per adjacency, and one each for the process, transit, passive interfaces and unexpected adjacencies."""
    neighbours, interfaces, process = (
        state.ospf_neighbours,
        state.ospf_interfaces,
        state.ospf_process,
    )
    for facet in (neighbours, interfaces, process):
        if isinstance(facet, Unread):
            yield unread("ospf", "OSPF", facet, len(expected.ospf) + 4)
            return
    assert not isinstance(neighbours, Unread)
    assert not isinstance(interfaces, Unread)
    assert not isinstance(process, Unread)
    yield Checked("ospf", tuple(_process(expected.ospf_process, process)))
    yield Checked("ospf", tuple(_transit(process.starting if process else 0.0)))
    for adjacency in expected.ospf.values():
        seen = [one for one in neighbours if one.interface == adjacency.interface]
        found = _adjacency(adjacency, seen, interfaces, state)
        yield Checked("ospf", between(adjacency.neighbour, found))
    passive = {name for name, interface in interfaces.items() if interface.passive}
    yield Checked("ospf", tuple(_passive(expected, passive)))
    yield Checked("ospf", tuple(_no_other_ospf(expected, neighbours, set(interfaces) - passive)))


def _process(expected: expectation.OspfProcess | None, seen: OspfProcess | None) -> Iterator[Problem]:
    if expected is None or seen is None:
        if expected:
            yield Problem("process", "", "OSPF does not run.")
        return  # if OSPF should not run, its interfaces are reported
    for what, wanted, is_ in (
        ("router id", expected.router_id, seen.router_id),
        ("max-metric on startup", _seconds(expected.on_startup), _seconds(seen.on_startup)),
        ("stub", expected.stub, seen.stub),
        *(
            (name.replace("_", " "), f"{wanted} ms", f"{getattr(seen.timers, name)} ms")
            for name, wanted in asdict(expected.timers).items()
        ),
    ):
        if wanted != is_:
            yield Problem(what, "", f"OSPF: expected {what} {wanted}, is {is_}.")


def _seconds(value: int | None) -> str:
    return "never" if value is None else f"for {value} s"


def _transit(starting: float) -> Iterator[Problem]:
    if starting:
        yield Problem(
            "transit", "", f"OSPF: it has just started, and takes no transit for {starting:.0f} s more."
        )


def _adjacency(
    expected: OspfAdjacency,
    seen: list[OspfNeighbour],
    interfaces: Mapping[str, OspfInterface],
    state: RouterState,
) -> Iterator[Problem]:
    port = expected.interface
    name = f"OSPF {port}"
    who = f"{expected.neighbour} ({expected.router_id})"
    mine = next((one for one in seen if one.router_id == expected.router_id), None)
    if mine is None:
        yield Problem(
            "state", port, f"{name}: expected {who} Full, is not there.", hint=port_hint(state, port)
        )
    elif mine.state != "Full":
        hint = port_hint(state, port)
        yield Problem("state", port, f"{name}: expected {who} Full, is {mine.state}.", hint=hint)
    interface = interfaces.get(port)
    if interface is None:
        yield Problem("interface", port, f"{name}: OSPF does not run on it.")
        return
    for what, wanted, is_ in (
        ("cost", expected.cost, interface.cost),
        ("hello", f"{expected.hello:g} s", f"{interface.hello:g} s"),
        ("dead", f"{expected.dead:g} s", f"{interface.dead:g} s"),
        ("retransmit", f"{expected.retransmit:g} s", f"{interface.retransmit:g} s"),
        ("authentication", expected.authentication, interface.authentication),
        ("network type", expected.network_type, interface.network_type),
        ("area", "0.0.0.0", interface.area),
    ):
        if wanted != is_:
            yield Problem(what, port, f"{name}: expected {what} {wanted}, is {is_}.")


def _passive(expected: RouterExpectation, passive: set[str]) -> Iterator[Problem]:
    for port in sorted(expected.ospf_passive - passive):
        yield Problem("passive", port, f"OSPF {port}: expected passive, is not.")
    for port in sorted(passive - expected.ospf_passive):
        yield Problem("passive", port, f"OSPF {port}: passive, but not expected in OSPF.", "unexpected")


def _no_other_ospf(
    expected: RouterExpectation, neighbours: tuple[OspfNeighbour, ...], active: set[str]
) -> Iterator[Problem]:
    for one in neighbours:
        adjacency = expected.ospf.get(one.interface)
        if one.interface in expected.down and one.state != "Full":
            continue
        if adjacency is None or adjacency.router_id != one.router_id:
            message = f"OSPF {one.interface}: neighbour {one.router_id} ({one.state}) is not expected."
            yield Problem("other", f"{one.interface} {one.router_id}", message, "unexpected")
    for port in sorted(active - set(expected.ospf) - expected.ospf_passive - expected.down):
        yield Problem("other", port, f"OSPF {port}: looks for neighbours, none is expected.", "unexpected")


def bfd(expected: RouterExpectation, state: RouterState) -> Iterator[Checked]:
    """One check per session, and one for unexpected sessions."""
    if isinstance(state.bfd, Unread):
        yield unread("bfd", "BFD", state.bfd, len(expected.bfd) + 1)
        return
    matched: set[BfdPeer] = set()
    for session in expected.bfd:
        found = next((one for one in state.bfd if _same(session, one)), None)
        yield Checked("bfd", between(session.neighbour, _session(session, found, state)))
        matched |= {found} if found else set()
    others = (one for one in state.bfd if one not in matched and not _is_down(expected, one))
    yield Checked("bfd", tuple(_other_bfd(one) for one in others))


def _is_down(expected: RouterExpectation, seen: BfdPeer) -> bool:
    return str(seen.peer) in expected.down and seen.status != "up"


def _other_bfd(seen: BfdPeer) -> Problem:
    message = f"BFD {seen.peer}: a session that is not expected, {seen.status}."
    return Problem("other", str(seen.peer), message, "unexpected")


def _same(expected: BfdSession, seen: BfdPeer) -> bool:
    """For BGP neighbours with GTSM, a router may bind the session to addresses only, not to the interface."""
    return seen.peer == expected.peer and seen.interface in ("", expected.interface)


def _session(expected: BfdSession, seen: BfdPeer | None, state: RouterState) -> Iterator[Problem]:
    peer, port = str(expected.peer), expected.interface
    name = f"BFD {peer} ({expected.neighbour}, {port})"
    if seen is None:
        yield Problem(
            "state", peer, f"{name}: expected up, there is no session.", hint=port_hint(state, port)
        )
        return
    if seen.status != "up":
        why = f': "{seen.diagnostic}"' if seen.diagnostic not in ("", "ok") else ""
        hint = port_hint(state, port)
        yield Problem("state", peer, f"{name}: expected up, is {seen.status}{why}.", hint=hint)
        return  # timers are negotiated only while the session is up
    for what, wanted, is_ in (
        ("sending", expected.transmit, seen.transmit),
        ("receiving", expected.receive, seen.receive),
    ):
        if milliseconds(wanted) != milliseconds(is_):
            message = f"{name}: expected {what} every {milliseconds(wanted)} ms, is {milliseconds(is_)} ms."
            yield Problem(what, peer, message)
    if seen.multiplier != expected.multiplier:
        message = f"{name}: expected multiplier {expected.multiplier}, is {seen.multiplier}."
        yield Problem("multiplier", peer, message)
