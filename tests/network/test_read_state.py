"""Reading routers: real answers become values; a broken answer is never taken for an empty one."""

from __future__ import annotations

import json
import subprocess
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_lab import OFFICE, ROUTER, observed, text

from baubau_ops.network.model.router import OspfTimers
from baubau_ops.network.platforms.frr.state import daemons, kernel, read
from baubau_ops.network.state.router_state import (
    BfdPeer,
    NextHop,
    OspfNeighbour,
    OspfProcess,
    Route,
    RouterState,
    Unread,
)

FACETS = [field.name for field in fields(RouterState) if field.name != "device"]


def unread(reading: RouterState) -> set[str]:
    return {name for name in FACETS if isinstance(getattr(reading, name), Unread)}


@pytest.mark.parametrize("router", ["c1", "p1", "ce"])
def test_a_real_router_is_read_whole(router: str) -> None:
    assert unread(observed(router)) == set()


def test_adjacencies_and_sessions() -> None:
    reading = observed("p1")
    assert reading.ospf_neighbours == (
        OspfNeighbour("to-core-1", IPv4Address("10.255.0.1"), "Full"),
        OspfNeighbour("to-core-1-b", IPv4Address("10.255.0.1"), "Full"),
    )
    assert reading.bfd == (
        BfdPeer(IPv4Address("10.254.0.0"), "to-core-1", "up", 0.03, 0.03, 3, "ok"),
        BfdPeer(IPv4Address("10.254.0.2"), "to-core-1-b", "up", 0.03, 0.03, 3, "ok"),
        BfdPeer(IPv4Address("10.254.8.1"), "", "up", 0.1, 0.1, 3, "ok"),
    )
    assert not isinstance(reading.bgp, Unread)
    site = reading.bgp[IPv4Address("10.254.8.1")]
    assert (site.state, site.remote_as, site.local_role, site.remote_role) == (
        "Established",
        4200000001,
        "provider",
        "customer",
    )
    assert (site.ttl_hops, site.password, site.limit) == (1, True, 6)
    assert (site.accepted, site.sent) == ({OFFICE, ROUTER}, set())
    core = reading.bgp[IPv4Address("10.255.0.1")]
    assert (core.addpath_send, core.addpath_receive, core.sent) == (False, True, {OFFICE, ROUTER})


def test_the_kernel_table_keeps_all_equal_ways_and_the_discards() -> None:
    reading = observed("c1")
    assert not isinstance(reading.fib, Unread)
    table = {str(route.prefix): route for route in reading.fib}
    both = {NextHop(IPv4Address("10.254.0.1"), "to-wolio"), NextHop(IPv4Address("10.254.0.3"), "to-wolio-b")}
    assert table["10.255.0.3/32"] == Route(IPv4Network("10.255.0.3"), "unicast", frozenset(both), "ospf", 20)
    assert table["0.0.0.0/0"] == Route(IPv4Network("0.0.0.0/0"), "blackhole", frozenset(), "static", 20)
    assert "127.0.0.0/8" not in table
    assert not any(prefix.startswith(("fe80", "ff00")) for prefix in table)


def test_a_neighbour_that_does_not_answer() -> None:
    reading = observed("c1")
    assert not isinstance(reading.bgp, Unread)
    isp = reading.bgp[IPv4Address("192.0.2.0")]
    assert isp.state in {"Active", "Connect", "Idle"}
    assert (isp.accepted, isp.sent) == (frozenset(), frozenset())


def test_a_daemon_that_is_down_leaves_the_others_readable() -> None:
    reading = observed("p1-without-bfdd")
    assert unread(reading) == {"bfd"}
    assert reading.bfd == Unread("`show bfd peers json`: bfdd is not running")


def test_a_dead_next_hop_is_not_a_way() -> None:
    (route,) = kernel.routes(
        [
            {
                "dst": "10.0.0.0/8",
                "protocol": "ospf",
                "flags": [],
                "nexthops": [
                    {"gateway": "10.1.1.1", "dev": "a", "weight": 1, "flags": ["dead", "linkdown"]},
                    {"gateway": "10.1.1.3", "dev": "b", "weight": 1, "flags": []},
                ],
            }
        ],
        4,
    )
    assert route.next_hops == {NextHop(IPv4Address("10.1.1.3"), "b")}


def test_intervals_are_those_in_effect_not_those_configured() -> None:
    """RFC 5880, 6.8.2 and 6.8.4: the slower of what one wishes to send and the other to receive."""
    (peer,) = daemons.bfd_peers(
        [
            {
                "peer": "10.0.0.1",
                "interface": "a",
                "status": "up",
                "diagnostic": "ok",
                "transmit-interval": 30,
                "receive-interval": 30,
                "detect-multiplier": 3,
                "remote-transmit-interval": 300,
                "remote-receive-interval": 200,
                "remote-detect-multiplier": 5,
            }
        ]
    )
    assert (peer.transmit, peer.receive, peer.multiplier) == (0.2, 0.3, 5)
    assert peer.detection == pytest.approx(1.5)


@given(cut=st.integers(min_value=0, max_value=len(text("p1")) - len("\n# end\n") - 1))
def test_an_answer_cut_short_is_not_read_at_all(cut: int) -> None:
    assert unread(read.parse("p1", text("p1")[:cut])) == set(FACETS)


@given(data=st.data())
def test_a_lost_line_is_never_an_error_of_ours(data: st.DataObject) -> None:
    lines = text("p1").splitlines()
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    read.parse("p1", "\n".join(lines))


COMMANDS = {
    read.OSPF_NEIGHBOURS: "ospf_neighbours",
    read.OSPF_INTERFACES: "ospf_interfaces",
    read.OSPF: "ospf_process",
    read.BFD: "bfd",
    read.BGP_NEIGHBOURS: "bgp",
    read.ROUTES4: "fib",
    read.ROUTES6: "fib",
    read.LINKS: "interfaces",
}


def replaced(whole: str, command: str, answer: str) -> str:
    """The answer to one command replaced."""
    lines, inside = [], False
    for line in whole.splitlines():
        if "# " in line and line.split("# ", 1)[1] in (*COMMANDS, read.BGP_ROUTES, read.COUNTERS, "end"):
            inside = line.endswith(f"# {command}")
            lines += [line, answer] if inside else [line]
        elif line.endswith("advertised-routes json"):
            inside = False
            lines.append(line)
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("answer", ["", "% Unknown command", "null", "[1]", '{"a": 1}', '"x"'])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_strange_answer_is_unread_never_empty(command: str, answer: str) -> None:
    reading = read.parse("p1", replaced(text("p1"), command, answer))
    assert COMMANDS[command] in unread(reading)


def test_a_bgp_table_that_cannot_be_read_spoils_only_the_prefixes() -> None:
    reading = read.parse("p1", replaced(text("p1"), read.BGP_ROUTES, "oops"))
    assert unread(reading) == {"originated"}
    assert not isinstance(reading.bgp, Unread)
    assert all(isinstance(session.accepted, Unread) for session in reading.bgp.values())


def test_a_prefix_of_its_own_that_is_not_fit_to_be_announced_does_not_count() -> None:
    own = {"peerId": "(unspec)", "valid": True}
    routes = {
        "0.0.0.0/0": [{"peerId": "10.0.0.1", "valid": True}, {"peerId": "(unspec)"}],
        "10.1.0.0/24": [{"peerId": "10.0.0.1", "valid": True}],
        "10.2.0.0/24": [own],
    }
    assert daemons.originated_prefixes({"routes": routes}) == {IPv4Network("10.2.0.0/24")}
    assert daemons.originated_prefixes({"warning": "Default BGP instance not found"}) == frozenset()


def test_a_table_that_moved_while_it_was_read_is_said() -> None:
    moved = text("p1").replace('"acceptedPrefixCounter":2', '"acceptedPrefixCounter":0')
    reading = read.parse("p1", moved)
    assert not isinstance(reading.bgp, Unread)
    session = reading.bgp[IPv4Address("10.254.8.1")]
    assert session.accepted == Unread("the table moved while it was read: 0 counted, 2 listed")


def test_sent_prefixes_that_were_not_listed_are_unread() -> None:
    whole = text("p1").replace("neighbors 10.255.0.1 advertised", "neighbors 10.255.0.7 advertised")
    reading = read.parse("p1", whole)
    assert not isinstance(reading.bgp, Unread)
    assert isinstance(reading.bgp[IPv4Address("10.255.0.1")].sent, Unread)


def test_a_neighbour_without_our_family_exchanges_nothing_that_could_be_read() -> None:
    """As FRR shows a neighbour that was added by hand and not activated."""
    captured = Path(__file__).parent / "observed" / "neighbour-without-family.json"
    sessions = daemons.bgp_sessions(json.loads(captured.read_text()), {"routes": {}}, {})
    session = sessions[IPv4Address("10.254.0.99")]
    assert (session.remote_as, session.limit) == (65000, None)
    assert session.accepted == session.sent == Unread("IPv4 unicast is not activated")


def test_a_router_that_has_just_started_tells_how_long_it_asks_to_be_avoided() -> None:
    """As FRR says it 18 s after its start, with `max-metric router-lsa on-startup 30`."""
    area = '"backbone":true,'
    assert text("p1").count(area) == 1
    told = area + '"originStubMaxDistRouterLsa":true,"activeStartupRemainderMsecs":12260,'
    process = observed("p1").ospf_process
    assert process == OspfProcess(
        IPv4Address("10.255.0.3"), on_startup=30, stub=False, timers=OspfTimers(), starting=0.0
    )
    started = read.parse("p1", text("p1").replace(area, told)).ospf_process
    assert started == replace(process, starting=12.26)
    assert observed("ce").ospf_process is None


def test_a_router_that_never_takes_transit_says_so() -> None:
    area = '"backbone":true,'
    told = area + '"originStubMaxDistRouterLsa":true,"indefiniteActiveAdmin":true,'
    process = read.parse("p1", text("p1").replace(area, told)).ospf_process
    assert isinstance(process, OspfProcess)
    assert process.stub


def test_the_script_is_shell() -> None:
    subprocess.run(["sh", "-n"], input=read.script(), text=True, check=True)
