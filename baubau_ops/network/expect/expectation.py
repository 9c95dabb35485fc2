"""What the network should look like when every router does what its text says and all around it is up.

`expected` is pure: it computes adjacencies from the derived models and forwarding tables by a shortest path
of its own, so that `verify` compares routers with the intent and not with themselves. Whatever is not listed
here should not be there: no other adjacency, no other route. States of routers (`RouterState`) have the same
facets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from baubau_ops.network.model.router import OspfTimers


@dataclass(frozen=True, slots=True)
class OspfAdjacency:
    """A neighbour that must be Full."""

    interface: str
    neighbour: str
    """Device name."""
    router_id: IPv4Address
    address: IPv4Address
    """The neighbour's, on this link."""
    cost: int
    """Ours, on this port."""
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
    """Seconds after a start for which it asks others not to send transit its way (RFC 6987); None: never."""
    stub: bool
    """It asks so at all times."""
    timers: OspfTimers


@dataclass(frozen=True, slots=True)
class BfdSession:
    """A session that must be up, with the timers that both ends agree on; seconds."""

    peer: IPv4Address
    interface: str
    """The port; a router may bind the BFD of a BGP session with GTSM to addresses only (it counts as multihop)."""
    neighbour: str
    """Device name."""
    transmit: float
    receive: float
    multiplier: int


@dataclass(frozen=True, slots=True)
class BgpSession:
    """A session that must be Established."""

    peer: IPv4Address
    neighbour: str
    """Device name."""
    local_as: int
    remote_as: int
    local_role: str
    """RFC 9234; empty for iBGP."""
    remote_role: str
    """Empty where the other end is not ours and may not tell its role."""
    ttl_hops: int | None
    """GTSM; None for iBGP."""
    password: bool
    keepalive: float
    """Negotiated, seconds."""
    hold: float
    """Negotiated, seconds."""
    connect_retry: float
    """Seconds between two attempts to reach the peer."""
    addpath_send: bool
    addpath_receive: bool
    limit: int | None
    """Prefixes accepted before the session is shut."""
    preference: int | None
    """Local preference set on what an external peer announces; None: not set, or no external peer."""
    accepted: frozenset[IPv4Network]
    """Prefixes (not paths) that pass the inbound filter."""
    sent: frozenset[IPv4Network]
    """Prefixes (not paths) that pass the outbound filter."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way out; without gateway: attached."""

    gateway: IPv4Address | None
    interface: str


@dataclass(frozen=True, slots=True)
class Route:
    """An entry of the kernel's main table. Several next hops are equally good, and all must be there."""

    prefix: IPv4Network
    type: Literal["unicast", "blackhole"]
    next_hops: frozenset[NextHop]
    """Empty for a discard."""
    protocol: Literal["kernel", "ospf", "bgp", "static"]


@dataclass(frozen=True, slots=True)
class RouterExpectation:
    """One router."""

    device: str
    ospf: Mapping[str, OspfAdjacency]
    """By interface."""
    ospf_passive: frozenset[str]
    """Interfaces whose address OSPF announces without looking for neighbours (`lo`)."""
    bfd: tuple[BfdSession, ...]
    bgp: Mapping[IPv4Address, BgpSession]
    """By peer."""
    fib: Mapping[IPv4Network, Route]
    """The whole main table, IPv4. IPv6: nothing but link-local and multicast."""
    down: frozenset[str] = frozenset()
    """Ports and peers that a loss has taken the neighbour from: it may be looked for, but must not be found."""
    originated: frozenset[IPv4Network] = frozenset()
    """What it announces of its own."""
    ospf_process: OspfProcess | None = None
    """None where OSPF must not run."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """All routers of ours, by name."""

    routers: Mapping[str, RouterExpectation]
