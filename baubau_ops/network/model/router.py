"""The model of a router: everything its configuration says, as plain values. Nothing here is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Literal

from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.model.filters import Filters
from baubau_ops.network.model.helpers import Helpers


class PortKind(StrEnum):
    """What a port leads to, as seen from its own router."""

    LOOPBACK = "loopback"
    BACKBONE = "backbone"
    """Port to another router of the infrastructure; OSPF runs here."""
    SITE = "site"
    """Port of a POP to a site router."""
    UPLINK = "uplink"
    """Port of a site router to one of its POPs."""
    ISP = "isp"
    PROVINCE = "province"
    BASTION = "bastion"
    LAN = "lan"


@dataclass(frozen=True, slots=True)
class OspfPort:
    """OSPF on one port: point-to-point, area 0, MD5."""

    cost: int
    bfd_profile: str | None
    hello: int
    """Seconds."""
    dead: int
    """Seconds."""
    secret: str
    retransmit: int = 1
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A port and its address."""

    name: str
    kind: PortKind
    description: str
    address: IPv4Interface
    neighbour: str = ""
    """The device at the other end; empty for `lo` and LANs."""
    peer: IPv4Address | None = None
    """The neighbour's address."""
    zone: str = ""
    """A LAN's zone or data-center segment."""
    ospf: OspfPort | None = None
    """None where OSPF is passive or does not run."""


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A static route; without a next hop it discards."""

    prefix: IPv4Network
    next_hop: IPv4Address | None = None
    interface: str = ""
    distance: int = 1


@dataclass(frozen=True, slots=True)
class PrefixRule:
    """One line of a prefix list."""

    seq: int
    prefix: IPv4Network
    ge: int | None = None


@dataclass(frozen=True, slots=True)
class PrefixList:
    """Permits the prefixes that it lists and denies all others."""

    name: str
    rules: tuple[PrefixRule, ...]


@dataclass(frozen=True, slots=True)
class CommunityList:
    """Permits routes that carry any of these large communities."""

    name: str
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A permit clause; clauses with the same name are tried in the order of `seq`."""

    name: str
    seq: int = 10
    prefix_list: str | None = None
    next_hops: str | None = None
    """Prefix list that the route's next hop must match."""
    communities: str | None = None
    """Community list that the route must match."""
    local_preference: int | None = None
    weight: int | None = None
    community: str | None = None
    """Large community that replaces those of the route."""
    clear_communities: bool = False
    """Remove all communities of every kind."""


@dataclass(frozen=True, slots=True)
class BfdProfile:
    name: str
    interval: int
    """Milliseconds, in both directions."""
    multiplier: int


@dataclass(frozen=True, slots=True)
class OspfTimers:
    """Timers in milliseconds.

    With the usual 5 s between LSAs, the network would learn late that a link has come back, or that a second link
    has failed with the first.
    """

    spf_delay: int = 0
    """Time from a topology change to the SPF computation, when the network was quiet before."""
    spf_hold: int = 50
    """Time between two SPF computations; it grows while topology changes keep arriving."""
    spf_max_hold: int = 1000
    lsa_interval: int = 200
    """Time between two of its own LSAs."""
    lsa_arrival: int = 100
    """An LSA that arrives sooner than this after the previous one is discarded."""


@dataclass(frozen=True, slots=True)
class Ospf:
    router_id: IPv4Address
    on_startup: int | None
    """Seconds for which a router that has just started attracts no transit (RFC 6987); None: never."""
    stub: bool
    """True: the router never attracts transit (a stateful router must not be on the path between others)."""
    networks: tuple[IPv4Network, ...]
    """Networks of the ports that OSPF runs on, including `lo`; sorted."""
    redistribute: str | None = None
    """Route-map that selects the static routes to redistribute."""
    timers: OspfTimers = OspfTimers()


@dataclass(frozen=True, slots=True)
class Network:
    """A prefix that the router originates in BGP."""

    prefix: IPv4Network
    route_map: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One BGP session, IPv4 unicast."""

    address: IPv4Address
    asn: int
    device: str
    """Name of the machine at the other end."""
    secret: str
    keepalive: int
    """Seconds."""
    hold: int
    """Seconds."""
    connect_retry: int = 2
    """Seconds between two attempts to reach the other end."""
    update_source: IPv4Address | None = None
    """Set for iBGP, from loopback to loopback."""
    interface: str = ""
    """The port of an eBGP session."""
    role: Literal["provider", "customer", "peer"] | None = None
    """Our own role (RFC 9234)."""
    strict: bool = False
    """Refuse a neighbour that does not announce its role."""
    bfd_profile: str | None = None
    all_paths: bool = False
    client: bool = False
    next_hop_self: bool = False
    max_prefixes: int | None = None
    prefixes_in: str | None = None
    """Name of a prefix list."""
    prefixes_out: str | None = None
    route_map_in: str | None = None
    route_map_out: str | None = None
    announce_while: tuple[str, str] | None = None
    """Two route-maps: the routes of the first are announced only while BGP has a route that the second permits."""

    @property
    def external(self) -> bool:
        """True for eBGP."""
        return self.update_source is None


@dataclass(frozen=True, slots=True)
class Bgp:
    asn: int
    router_id: IPv4Address
    cluster_id: IPv4Address | None
    import_check: bool
    """False: networks are announced even if there is no route to them."""
    networks: tuple[Network, ...]
    neighbours: tuple[Neighbour, ...]
    """Sorted by address."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Static routes, routing protocols and their filters."""

    statics: tuple[StaticRoute, ...]
    prefix_lists: tuple[PrefixList, ...]
    community_lists: tuple[CommunityList, ...]
    route_maps: tuple[RouteMap, ...]
    next_hops: str | None
    """Route-map that selects the routes through which BGP's next hops may be resolved."""
    bfd_profiles: tuple[BfdProfile, ...]
    bgp: Bgp | None
    ospf: Ospf | None


class Queue(StrEnum):
    """The queues of a congested port, in the order in which they are served."""

    LIVENESS = "liveness"
    """Only OSPF and BFD; it neither lends nor borrows bandwidth."""
    MANAGEMENT = "management"
    """BGP and the bastion's sessions."""
    VOICE = "voice"
    """Calls; they borrow no bandwidth."""
    DATA = "data"
    """Everything that is not classified otherwise."""
    LOW = "low"
    """Traffic that the POP marked as above the committed rate; it only gets what the others leave."""


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """Rates of one queue of a shaped port, bit/s."""

    queue: Queue
    rate: int
    """Guaranteed rate."""
    ceil: int
    """Maximum rate, while the others leave it unused."""


@dataclass(frozen=True, slots=True)
class ShapedPort:
    """A port that limits its own sending rate, and so decides itself which packets wait."""

    port: str
    rate: int
    """Total rate of all queues except that of liveness, bit/s."""
    classes: tuple[TrafficClass, ...]
    """In the order of their queues."""


@dataclass(frozen=True, slots=True)
class Router:
    """One router."""

    name: str
    role: Role
    platform: str
    """Platform in the inventory; in an environment another platform may stand in for it."""
    loopback: IPv4Address
    interfaces: tuple[Interface, ...]
    """In the natural order of their names: `ce9` before `ce10`."""
    routing: Routing
    filters: Filters
    shaped: tuple[ShapedPort, ...]
    helpers: Helpers | None
    """None for a router that never has any."""

    def ports(self, *kinds: PortKind) -> tuple[Interface, ...]:
        """Its interfaces of the given kinds."""
        return tuple(interface for interface in self.interfaces if interface.kind in kinds)

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the secrets that its configuration needs."""
        sessions = self.routing.bgp.neighbours if self.routing.bgp else ()
        ospf = {interface.ospf.secret for interface in self.interfaces if interface.ospf}
        return frozenset(ospf | {session.secret for session in sessions})
