"""The model of a router: everything its text says, as plain values. Nothing here is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Literal

from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.model.filters import Filters
from baubau_ops.network.model.helpers import Helpers


class PortKind(StrEnum):
    """What a port leads to, seen from its own router."""

    LOOPBACK = "loopback"
    BACKBONE = "backbone"
    """Another router of the infrastructure: OSPF runs here."""
    SITE = "site"
    """From a POP to a site's router."""
    UPLINK = "uplink"
    """From a site's router to one of its POPs."""
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
    """A route by hand; without next hop it discards."""

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
    """Permits what it lists, refuses the rest."""

    name: str
    rules: tuple[PrefixRule, ...]


@dataclass(frozen=True, slots=True)
class CommunityList:
    """Permits routes with any of these large communities."""

    name: str
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A permitting clause; clauses of one name are tried in the order of `seq`."""

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
    """Large community to put in place of those it has."""
    clear_communities: bool = False
    """Remove all communities, of every kind."""


@dataclass(frozen=True, slots=True)
class BfdProfile:
    name: str
    interval: int
    """ms, both directions."""
    multiplier: int


@dataclass(frozen=True, slots=True)
class OspfTimers:
    """Milliseconds. The usual 5 s between LSAs hold back the news of a link that comes back, or of a second one that
    fails with the first."""

    spf_delay: int = 0
    """From the news to the computation of paths, when all was quiet."""
    spf_hold: int = 50
    """Between two computations; it grows while there is news."""
    spf_max_hold: int = 1000
    lsa_interval: int = 200
    """Between two of its own LSAs."""
    lsa_arrival: int = 100
    """What comes sooner after the one before is not taken."""


@dataclass(frozen=True, slots=True)
class Ospf:
    router_id: IPv4Address
    on_startup: int | None
    """Seconds for which a router that has just started attracts no transit (RFC 6987); None: never."""
    stub: bool
    """True: never attracts transit (a stateful router must not stand in the middle of other paths)."""
    networks: tuple[IPv4Network, ...]
    """Those of the ports that it runs on, `lo` included; sorted."""
    redistribute: str | None = None
    """Route-map of the static routes that are redistributed."""
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
    """RFC 9234, ours."""
    strict: bool = False
    """Refuse a neighbour that does not tell its role."""
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
    """Route-maps: what is announced only while BGP knows a route that the second one permits."""

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
    """False: networks are announced whether or not there is a route to them."""
    networks: tuple[Network, ...]
    neighbours: tuple[Neighbour, ...]
    """Sorted by address."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Which routes it has by itself, learns and tells."""

    statics: tuple[StaticRoute, ...]
    prefix_lists: tuple[PrefixList, ...]
    community_lists: tuple[CommunityList, ...]
    route_maps: tuple[RouteMap, ...]
    next_hops: str | None
    """Route-map: which routes BGP's next hops may resolve through."""
    bfd_profiles: tuple[BfdProfile, ...]
    bgp: Bgp | None
    ospf: Ospf | None


class Queue(StrEnum):
    """Where packets wait at a full port, in the order in which they are served."""

    LIVENESS = "liveness"
    """OSPF and BFD alone; neither lends nor borrows."""
    MANAGEMENT = "management"
    """BGP, and the bastion's sessions."""
    VOICE = "voice"
    """Calls; they borrow nothing."""
    DATA = "data"
    """Whatever nothing else says of."""
    LOW = "low"
    """What its POP marked as above the committed rate; it only gets what the others leave."""


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """What one queue of a shaped port may send, bit/s."""

    queue: Queue
    rate: int
    """Guaranteed."""
    ceil: int
    """At most, while the others leave it."""


@dataclass(frozen=True, slots=True)
class ShapedPort:
    """A port that sends no faster than it should, and chooses itself what waits."""

    port: str
    rate: int
    """Of all queues but that of liveness together, bit/s."""
    classes: tuple[TrafficClass, ...]
    """In the order of their queues."""


@dataclass(frozen=True, slots=True)
class Router:
    """One router."""

    name: str
    role: Role
    platform: str
    """As the inventory has it; in an environment another one may stand in for it."""
    loopback: IPv4Address
    interfaces: tuple[Interface, ...]
    """In the natural order of their names: `ce9` before `ce10`."""
    routing: Routing
    filters: Filters
    shaped: tuple[ShapedPort, ...]
    helpers: Helpers | None
    """None where there never are any."""

    def ports(self, *kinds: PortKind) -> tuple[Interface, ...]:
        """Its interfaces of some kinds."""
        return tuple(interface for interface in self.interfaces if interface.kind in kinds)

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the secrets its text needs."""
        sessions = self.routing.bgp.neighbours if self.routing.bgp else ()
        ospf = {interface.ospf.secret for interface in self.interfaces if interface.ospf}
        return frozenset(ospf | {session.secret for session in sessions})
