"""What a router really does, as values: the counterpart of `expect`, as a platform reads it.

Every facet is either what was read or `Unread`: an output that is missing or malformed is never taken for an
empty one.
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
    """A facet that could not be read, and why."""

    reason: str


T = TypeVar("T")
Readable: TypeAlias = T | Unread


@dataclass(frozen=True, slots=True)
class OspfNeighbour:
    """One adjacency, in whatever state it is."""

    interface: str
    router_id: IPv4Address
    state: str
    """RFC 2328's: `Full`, `Init`, `ExStart`, …"""


@dataclass(frozen=True, slots=True)
class OspfInterface:
    """One interface that OSPF runs on."""

    name: str
    area: str
    network_type: str
    """`POINTOPOINT`, `LOOPBACK`, `BROADCAST`, …"""
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
    """Empty where the session is bound to addresses only."""
    status: str
    """`up`, `down`, `init`, `shutdown`."""
    transmit: float
    """Between two packets sent: our wish, or what the peer can take if that is slower."""
    receive: float
    """Between two packets of the peer."""
    multiplier: int
    """The peer's: so many of its packets must be missed."""
    diagnostic: str = ""

    @property
    def detection(self) -> float:
        """Seconds of silence after which the peer counts as dead."""
        return self.multiplier * self.receive


@dataclass(frozen=True, slots=True)
class BgpSession:
    """One BGP neighbour of the IPv4 unicast family."""

    peer: IPv4Address
    state: str
    """RFC 4271's word: `Idle`, `Connect`, `Active`, `OpenSent`, `OpenConfirm`, `Established`."""
    remote_as: int
    local_as: int
    local_role: str
    """RFC 9234; empty without one."""
    remote_role: str
    """What the peer said; empty if nothing."""
    ttl_hops: int | None
    """GTSM (RFC 5082): how many hops away the peer may be; None when not enforced."""
    password: bool
    """Whether TCP MD5 is in effect on it."""
    hold: float
    """Negotiated, seconds."""
    keepalive: float
    """Negotiated, seconds."""
    connect_retry: float
    """Seconds between two attempts to reach the peer."""
    addpath_send: bool
    """Several paths for one prefix are sent: we offer, the peer takes them."""
    addpath_receive: bool
    limit: int | None
    """Prefixes accepted before the session is shut; None without."""
    last_error: str
    preferences: Readable[frozenset[int | None]]
    """Local preferences of this peer's paths; None: one without."""
    accepted: Readable[frozenset[Network]]
    """Prefixes of this peer that passed the inbound filter."""
    sent: Readable[frozenset[Network]]
    """Prefixes that passed the outbound filter."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way out."""

    gateway: Address | None
    """None for what is attached."""
    interface: str


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the kernel's tables."""

    prefix: Network
    type: str
    """`unicast`, `blackhole`, `unreachable`, `prohibit`, …"""
    next_hops: frozenset[NextHop]
    """Usable ones; empty for all types but unicast."""
    protocol: str
    """Who put it there: `kernel`, `ospf`, `bgp`, `static`, …"""
    metric: int
    """The lowest one is used."""
    table: str = "main"


@dataclass(frozen=True, slots=True)
class Interface:
    """A port as the kernel has it."""

    name: str
    up: bool
    """Administratively."""
    carrier: bool
    received: int
    """Packets since it exists."""


@dataclass(frozen=True, slots=True)
class OspfProcess(expectation.OspfProcess):
    """OSPF as a whole, as it runs."""

    starting: float = 0.0
    """Seconds left for which it attracts no transit because it has just started."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """One router, read at one moment."""

    device: str
    ospf_neighbours: Readable[tuple[OspfNeighbour, ...]]
    ospf_interfaces: Readable[Mapping[str, OspfInterface]]
    ospf_process: Readable[OspfProcess | None]
    """None where OSPF does not run."""
    bfd: Readable[tuple[BfdPeer, ...]]
    bgp: Readable[Mapping[IPv4Address, BgpSession]]
    originated: Readable[frozenset[Network]]
    """What it announces of its own, if it is asked for: also what is not the best now."""
    fib: Readable[tuple[Route, ...]]
    """Both families, all tables but the kernel's own `local`; link-local and multicast IPv6 aside."""
    interfaces: Readable[Mapping[str, Interface]]
