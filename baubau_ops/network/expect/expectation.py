"""The expected state of the network when every router runs its intended configuration and all neighbours are up.

`expected` is pure: it computes adjacencies from the derived models, and forwarding tables with its own shortest-path
algorithm. So `verify` compares routers with the intent and not with themselves. Anything that is not listed here must
not exist: no other adjacency, no other route. The state of a router (`RouterState`) has the same facets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from baubau_ops.network.model.router import OspfTimers


@dataclass(frozen=True, slots=True)
class OspfAdjacency:
    """A neighbour that must be in state Full."""

    interface: str
    neighbour: str
    """Name of the device."""
    router_id: IPv4Address
    address: IPv4Address
    """The neighbour's address on this link."""
    cost: int
    """Our cost on this port."""
    hello: float
    """Seconds."""
    dead: float
    """Seconds."""
    retransmit: float
    """Seconds."""
    authentication: Literal["md5"] = "md5"
    network_type: Literal["POINTOPOINT"] = "POINTOPOINT"


@dataclass(frozen=True, slots=True)
class OspfProcess:
    """OSPF as a whole."""

    router_id: IPv4Address
    on_startup: int | None
    """Seconds after a start in which it asks others not to route transit through it (RFC 6987); None: never."""
    stub: bool
    """True: it always asks for this."""
    timers: OspfTimers


@dataclass(frozen=True, slots=True)
class BfdSession:
    """A session that must be up, with the timers that both ends agree on, in seconds."""

    peer: IPv4Address
    interface: str
    """The port. For a BGP session with GTSM, a router may bind BFD to addresses only (as for multihop)."""
    neighbour: str
    """Name of the device."""
    transmit: float
    receive: float
    multiplier: int


@dataclass(frozen=True, slots=True)
class BgpSession:
    """A session that must be in state Established."""

    peer: IPv4Address
    neighbour: str
    """Name of the device."""
    local_as: int
    remote_as: int
    local_role: str
    """Role by RFC 9234; empty for iBGP."""
    remote_role: str
    """Empty if the other end is not ours, because it may not announce its role."""
    ttl_hops: int | None
    """Hops that GTSM allows; None for iBGP."""
    password: bool
    keepalive: float
    """Negotiated value in seconds."""
    hold: float
    """Negotiated value in seconds."""
    connect_retry: float
    """Seconds between two attempts to reach the peer."""
    addpath_send: bool
    addpath_receive: bool
    limit: int | None
    """Number of accepted prefixes above which the session is shut down."""
    preference: int | None
    """Local preference set on an external peer's routes; None if it is not set or the peer is internal."""
    accepted: frozenset[IPv4Network]
    """Prefixes (not paths) that pass the inbound filter."""
    sent: frozenset[IPv4Network]
    """Prefixes (not paths) that pass the outbound filter."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One next hop; without a gateway the network is attached."""

    gateway: IPv4Address | None
    interface: str


@dataclass(frozen=True, slots=True)
class Route:
    """An entry of the kernel's main table. Several next hops are equally good, and all must be present."""

    prefix: IPv4Network
    type: Literal["unicast", "blackhole"]
    next_hops: frozenset[NextHop]
    """Empty for a discard route."""
    protocol: Literal["kernel", "ospf", "bgp", "static"]


@dataclass(frozen=True, slots=True)
class RouterExpectation:
    """The expected state of one router."""

    device: str
    ospf: Mapping[str, OspfAdjacency]
    """By interface name."""
    ospf_passive: frozenset[str]
    """Interfaces whose address OSPF announces without looking for neighbours (`lo`)."""
    bfd: tuple[BfdSession, ...]
    bgp: Mapping[IPv4Address, BgpSession]
    """By the peer's address."""
    fib: Mapping[IPv4Network, Route]
    """The whole main table for IPv4. In IPv6, only link-local and multicast routes are allowed."""
    down: frozenset[str] = frozenset()
    """Ports and peers that lost their neighbour: the router may look for the neighbour, but must not find it."""
    originated: frozenset[IPv4Network] = frozenset()
    """Networks that it originates."""
    ospf_process: OspfProcess | None = None
    """None for a router on which OSPF must not run."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """All our routers, by name."""

    routers: Mapping[str, RouterExpectation]
