"""The observed state of a router as values: the counterpart of `expect`, as a platform reads it.

Every facet is either what was read or `Unread`: missing or malformed output is never mistaken for empty output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal, TypeAlias, TypeVar

from baubau_ops.network.expect import expectation

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Unread:
    """A facet that could not be read, with the reason."""

    reason: str


T = TypeVar("T")
Readable: TypeAlias = T | Unread


@dataclass(frozen=True, slots=True)
class OspfNeighbour:
    """One adjacency, in any state."""

    interface: str
    router_id: IPv4Address
    state: str
    """State by RFC 2328: `Full`, `Init`, `ExStart`, …"""


@dataclass(frozen=True, slots=True)
class OspfInterface:
    """One interface on which OSPF runs."""

    name: str
    area: str
    network_type: str
    """Such as `POINTOPOINT`, `LOOPBACK`, `BROADCAST`."""
    cost: int
    hello: float
    """Seconds."""
    dead: float
    """Seconds."""
    retransmit: float
    """Seconds."""
    passive: bool
    authentication: Literal["none", "simple", "md5"]


@dataclass(frozen=True, slots=True)
class BfdPeer:
    """One BFD session; the timers are those in effect (RFC 5880, 6.8), in seconds."""

    peer: IPv4Address
    interface: str
    """Empty if the session is bound to addresses only."""
    status: str
    """One of `up`, `down`, `init`, `shutdown`."""
    transmit: float
    """Interval between two packets sent: our wish, or what the peer can receive if that is slower."""
    receive: float
    """Interval between two packets of the peer."""
    multiplier: int
    """The peer's multiplier: number of its packets that must be missed."""
    diagnostic: str = ""

    @property
    def detection(self) -> float:
        """Seconds of silence after which the peer counts as down."""
        return self.multiplier * self.receive


@dataclass(frozen=True, slots=True)
class BgpSession:
    """One BGP neighbour of the IPv4 unicast family."""

    peer: IPv4Address
    state: str
    """State by RFC 4271: `Idle`, `Connect`, `Active`, `OpenSent`, `OpenConfirm`, `Established`."""
    remote_as: int
    local_as: int
    local_role: str
    """Role by RFC 9234; empty if none is configured."""
    remote_role: str
    """Role that the peer announced; empty if none."""
    ttl_hops: int | None
    """GTSM (RFC 5082): number of hops at which the peer may be; None if it is not enforced."""
    password: bool
    """Whether the session uses TCP MD5."""
    hold: float
    """Negotiated value in seconds."""
    keepalive: float
    """Negotiated value in seconds."""
    connect_retry: float
    """Seconds between two attempts to reach the peer."""
    addpath_send: bool
    """Whether several paths per prefix are sent: we offer it and the peer accepts."""
    addpath_receive: bool
    limit: int | None
    """Number of accepted prefixes above which the session is shut down; None without limit."""
    last_error: str
    preferences: Readable[frozenset[int | None]]
    """Local preferences of this peer's paths; a None in the set is a path without one."""
    accepted: Readable[frozenset[Network]]
    """Prefixes from this peer that passed the inbound filter."""
    sent: Readable[frozenset[Network]]
    """Prefixes that passed the outbound filter."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One next hop of a route."""

    gateway: Address | None
    """None if the network is attached."""
    interface: str


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the kernel's routing tables."""

    prefix: Network
    type: str
    """Such as `unicast`, `blackhole`, `unreachable`, `prohibit`."""
    next_hops: frozenset[NextHop]
    """Usable next hops; empty for all types except unicast."""
    protocol: str
    """Origin of the entry: `kernel`, `ospf`, `bgp`, `static`, …"""
    metric: int
    """The entry with the lowest metric is used."""
    table: str = "main"


@dataclass(frozen=True, slots=True)
class Interface:
    """A port as the kernel shows it."""

    name: str
    up: bool
    """Whether it is administratively up."""
    carrier: bool
    received: int
    """Number of packets since the port was created."""


@dataclass(frozen=True, slots=True)
class OspfProcess(expectation.OspfProcess):
    """The running OSPF process."""

    starting: float = 0.0
    """Seconds left in which it attracts no transit because it has just started."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """The state of one router at one moment."""

    device: str
    ospf_neighbours: Readable[tuple[OspfNeighbour, ...]]
    ospf_interfaces: Readable[Mapping[str, OspfInterface]]
    ospf_process: Readable[OspfProcess | None]
    """None if OSPF does not run."""
    bfd: Readable[tuple[BfdPeer, ...]]
    bgp: Readable[Mapping[IPv4Address, BgpSession]]
    originated: Readable[frozenset[Network]]
    """Networks that it originates, even if their path is not the best one at the moment."""
    fib: Readable[tuple[Route, ...]]
    """Both families, all tables but the kernel's own `local`; link-local and multicast IPv6 aside."""
    interfaces: Readable[Mapping[str, Interface]]
