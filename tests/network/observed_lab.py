"""Three routers as they were read (`observed/`): c1 – p1 over two spans, p1 – ce; and what should be on them.

c1 reflects routes to its client p1 and has an ISP neighbour that does not answer; ce announces a loopback and
an office, and has a Wi-Fi segment that its filter keeps back.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from baubau_ops.network.expect.expectation import (
    BfdSession,
    BgpSession,
    NextHop,
    OspfAdjacency,
    OspfProcess,
    Route,
    RouterExpectation,
)
from baubau_ops.network.model.router import OspfTimers
from baubau_ops.network.platforms.frr.state.read import parse
from baubau_ops.network.state.router_state import RouterState

OFFICE, ROUTER = IPv4Network("10.64.0.0/26"), IPv4Network("10.255.0.9/32")


def text(name: str) -> str:
    """What a router really answered."""
    return (Path(__file__).parent / "observed" / f"{name}.txt").read_text()


def observed(name: str) -> RouterState:
    return parse(name.split("-")[0], text(name))


def _adjacency(port: str, neighbour: str, router_id: str, address: str) -> OspfAdjacency:
    return OspfAdjacency(
        port,
        neighbour,
        IPv4Address(router_id),
        IPv4Address(address),
        cost=12,
        hello=10.0,
        dead=40.0,
        retransmit=5.0,
    )


def _process(router_id: str) -> OspfProcess:
    return OspfProcess(IPv4Address(router_id), on_startup=30, stub=False, timers=OspfTimers())


def _session(peer: str, neighbour: str, local_as: int, remote_as: int, **terms: object) -> BgpSession:
    common: dict[str, object] = {
        "local_role": "",
        "remote_role": "",
        "ttl_hops": None,
        "password": True,
        "keepalive": 60.0,
        "hold": 180.0,
        "connect_retry": 5.0 if local_as == remote_as else 120.0,  # FRR's default outside
        "addpath_send": False,
        "addpath_receive": False,
        "limit": None,
        "preference": None,
        "accepted": frozenset(),
        "sent": frozenset(),
    }
    address = IPv4Address(peer)
    return BgpSession(address, neighbour, local_as, remote_as, **{**common, **terms})  # type: ignore[arg-type]


def _route(prefix: str, protocol: str, *ways: str) -> Route:
    """A route over ways written "gateway port" or "port"; without ways a discard."""
    hops = [way.split() for way in ways]
    return Route(
        IPv4Network(prefix),
        "unicast" if ways else "blackhole",
        frozenset(NextHop(IPv4Address(hop[0]) if len(hop) > 1 else None, hop[-1]) for hop in hops),
        protocol,  # type: ignore[arg-type]
    )


def _table(*routes: Route) -> dict[IPv4Network, Route]:
    return {route.prefix: route for route in routes}


_SPANS_UP = ("10.254.0.0 to-core-1", "10.254.0.2 to-core-1-b")
_SPANS_DOWN = ("10.254.0.1 to-wolio", "10.254.0.3 to-wolio-b")

P1 = RouterExpectation(
    "p1",
    ospf={
        "to-core-1": _adjacency("to-core-1", "c1", "10.255.0.1", "10.254.0.0"),
        "to-core-1-b": _adjacency("to-core-1-b", "c1", "10.255.0.1", "10.254.0.2"),
    },
    ospf_passive=frozenset({"lo"}),
    ospf_process=_process("10.255.0.3"),
    bfd=(
        BfdSession(IPv4Address("10.254.0.0"), "to-core-1", "c1", 0.03, 0.03, 3),
        BfdSession(IPv4Address("10.254.0.2"), "to-core-1-b", "c1", 0.03, 0.03, 3),
        BfdSession(IPv4Address("10.254.8.1"), "ce1", "ce", 0.1, 0.1, 3),
    ),
    bgp={
        IPv4Address("10.254.8.1"): _session(
            "10.254.8.1",
            "ce",
            64496,
            4200000001,
            local_role="provider",
            remote_role="customer",
            ttl_hops=1,
            limit=6,
            accepted=frozenset({OFFICE, ROUTER}),
        ),
        IPv4Address("10.255.0.1"): _session(
            "10.255.0.1", "c1", 64496, 64496, addpath_receive=True, sent=frozenset({OFFICE, ROUTER})
        ),
    },
    fib=_table(
        _route("10.64.0.0/26", "bgp", "10.254.8.1 ce1"),
        _route("10.254.0.0/31", "kernel", "to-core-1"),
        _route("10.254.0.2/31", "kernel", "to-core-1-b"),
        _route("10.254.8.0/31", "kernel", "ce1"),
        _route("10.255.0.1/32", "ospf", *_SPANS_UP),
        _route("10.255.0.9/32", "bgp", "10.254.8.1 ce1"),
    ),
)

C1 = RouterExpectation(
    "c1",
    ospf={
        "to-wolio": _adjacency("to-wolio", "p1", "10.255.0.3", "10.254.0.1"),
        "to-wolio-b": _adjacency("to-wolio-b", "p1", "10.255.0.3", "10.254.0.3"),
    },
    ospf_passive=frozenset({"lo"}),
    ospf_process=_process("10.255.0.1"),
    bfd=(
        BfdSession(IPv4Address("10.254.0.1"), "to-wolio", "p1", 0.03, 0.03, 3),
        BfdSession(IPv4Address("10.254.0.3"), "to-wolio-b", "p1", 0.03, 0.03, 3),
    ),
    bgp={
        IPv4Address("10.255.0.3"): _session(
            "10.255.0.3",
            "p1",
            64496,
            64496,
            addpath_send=True,
            accepted=frozenset({OFFICE, ROUTER}),
            sent=frozenset({OFFICE, ROUTER}),
        ),
        IPv4Address("192.0.2.0"): _session(
            "192.0.2.0",
            "isp-1",
            64496,
            64500,
            local_role="customer",
            ttl_hops=1,
            password=False,
            keepalive=1.0,
            hold=3.0,
        ),
    },
    fib=_table(
        _route("0.0.0.0/0", "static"),
        _route("10.64.0.0/14", "static"),
        _route("10.64.0.0/26", "bgp", *_SPANS_DOWN),
        _route("10.254.0.0/31", "kernel", "to-wolio"),
        _route("10.254.0.2/31", "kernel", "to-wolio-b"),
        _route("10.255.0.3/32", "ospf", *_SPANS_DOWN),
        _route("10.255.0.9/32", "bgp", *_SPANS_DOWN),
        _route("192.0.2.0/31", "kernel", "to-isp-1"),
    ),
)

CE = RouterExpectation(
    "ce",
    ospf={},
    ospf_passive=frozenset(),
    bfd=(BfdSession(IPv4Address("10.254.8.0"), "to-wolio", "p1", 0.1, 0.1, 3),),
    bgp={
        IPv4Address("10.254.8.0"): _session(
            "10.254.8.0",
            "p1",
            4200000001,
            64496,
            local_role="customer",
            remote_role="provider",
            ttl_hops=1,
            sent=frozenset({OFFICE, ROUTER}),
        )
    },
    fib=_table(
        _route("10.64.0.0/26", "kernel", "lan-office"),
        _route("10.96.0.0/26", "kernel", "lan-wifi"),
        _route("10.254.8.0/31", "kernel", "to-wolio"),
    ),
    originated=frozenset({OFFICE, ROUTER, IPv4Network("10.96.0.0/26")}),
)
