"""The derived device model: everything a router's text says, as plain values. Nothing here is rendered.

Drop counters (table `inet baubau`), named so that a probe can tell which device dropped a packet, and why:

- `deny_ipv6`      IPv6 that would be routed; every router, before anything else
- `deny_ipv6_link` IPv6 noise of a link (link-local, multicast, unspecified source); every router
- `deny_spoof`     a source that was not allocated behind the port it came from (LAN, site and Province ports)
- `deny_bogon`     a source from the internet that can only be forged: private, reserved or our own
- `deny_input`     addressed to the router itself, by someone or for something not permitted
- `deny_zone`      what policy.yml does not allow between zones, services, Province, bastion, internet
- `deny_isp`       a new connection from the internet
- `deny_invalid`   belongs to no connection that the firewall knows (routers that track connections)
- `deny_leak`      would have left to an ISP with a source that is not public
- `deny_police`    above the site's peak rate, on the POP's site port
- `deny_forward`   between ports that have nothing to exchange
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Literal

from baubau_ops.core.addresses import host
from baubau_ops.inventory.topology import Role
from baubau_ops.network.helpers import Helpers

COUNTERS = (
    "deny_bogon",
    "deny_forward",
    "deny_input",
    "deny_invalid",
    "deny_ipv6",
    "deny_ipv6_link",
    "deny_isp",
    "deny_leak",
    "deny_police",
    "deny_spoof",
    "deny_zone",
)


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
    """The frr section."""

    statics: tuple[StaticRoute, ...]
    prefix_lists: tuple[PrefixList, ...]
    community_lists: tuple[CommunityList, ...]
    route_maps: tuple[RouteMap, ...]
    next_hops: str | None
    """Route-map: which routes BGP's next hops may resolve through."""
    bfd_profiles: tuple[BfdProfile, ...]
    bgp: Bgp | None
    ospf: Ospf | None


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True, order=True)
class Socket:
    """Where a service listens."""

    address: IPv4Address
    protocol: Protocol
    port: int


@dataclass(frozen=True, slots=True)
class Permit:
    """What one zone or segment may open."""

    name: str
    """Zone, segment, `province` or `bastion`."""
    sources: tuple[IPv4Network, ...]
    sockets: tuple[Socket, ...] = ()
    """Services, exact."""
    networks: tuple[IPv4Network, ...] = ()
    """Whole networks, any protocol: zones, the Province, the bastion."""
    internet: bool = False

    @property
    def addresses(self) -> tuple[IPv4Network, ...]:
        """Every destination but the internet, without ports, sorted: for filters that keep no state."""
        hosts = {host(socket.address) for socket in self.sockets}
        return tuple(sorted(hosts | set(self.networks)))


@dataclass(frozen=True, slots=True)
class PeerPort:
    """A neighbour's address and the port behind which alone it may be."""

    port: str
    address: IPv4Address


@dataclass(frozen=True, slots=True)
class InputFilter:
    """Who may talk to the router itself."""

    loopback: IPv4Address
    bastion: IPv4Address
    management_ports: tuple[str, ...]
    """Ports through which the bastion's packets arrive."""
    ospf: tuple[PeerPort, ...]
    bfd: tuple[PeerPort, ...]
    """OSPF's sessions."""
    bfd_multihop: tuple[PeerPort, ...]
    """BGP's sessions."""
    ebgp: tuple[PeerPort, ...]
    ibgp: tuple[IPv4Address, ...]
    ibgp_ports: tuple[str, ...]
    state_sync: tuple[IPv4Address, ...] = ()
    """The other firewall's ports: conntrackd sends from the one that its packet leaves by."""


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """A site's router: stateful, between its LANs and its uplinks."""

    uplinks: tuple[str, ...]
    lans: tuple[tuple[str, str], ...]
    """(port, zone)."""
    outbound: tuple[Permit, ...]
    """By zone of the LANs: what their machines may open."""
    inbound: tuple[Permit, ...]
    """Who may open connections to which of the LANs' prefixes."""


@dataclass(frozen=True, slots=True)
class SitePort:
    """A POP's port to a site: policed by what the site sends, bit/s at layer 3."""

    port: str
    committed: int
    peak: int
    voice: int | None
    """Guaranteed for calls, and all they have; None where there are none."""
    sources: tuple[IPv4Network, ...]
    """All that may come from a site with two links, whichever of them is in use now; empty for other sites."""


@dataclass(frozen=True, slots=True)
class PopFilter:
    """A POP: keeps no state, trusts no site's router."""

    backbone: tuple[str, ...]
    sites: tuple[SitePort, ...]
    zones: tuple[Permit, ...]
    """By zone: what its machines may send to, answers included, and so from whom they may receive."""
    routers: tuple[IPv4Network, ...]
    """Loopbacks and links: addresses of sites' routers and of the infrastructure."""
    bastion: IPv4Address


@dataclass(frozen=True, slots=True)
class IspPort:
    port: str
    address: IPv4Address
    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class ProvincePort:
    port: str
    peer: IPv4Address
    prefixes: tuple[IPv4Network, ...]
    reachable: tuple[IPv4Network, ...]
    """Ours that the Province's machines may exchange packets with."""


@dataclass(frozen=True, slots=True)
class CoreFilter:
    """A core: keeps no state, save for flows through an ISP's port."""

    backbone: tuple[str, ...]
    bastion_port: str
    bastion: IPv4Address
    managed: tuple[IPv4Network, ...]
    """What the bastion may reach."""
    isps: tuple[IspPort, ...]
    province: ProvincePort | None
    internet_sources: tuple[IPv4Network, ...]
    """Pools of the zones that may use the internet."""
    nat: IPv4Network
    """What their addresses are translated to."""


@dataclass(frozen=True, slots=True)
class FirewallFilter:
    """The data center's firewall: stateful, between the cores and the LANs of services."""

    backbone: tuple[str, ...]
    lans: tuple[tuple[str, str], ...]
    """(port, segment)."""
    inbound: tuple[Permit, ...]
    """By source: what of the services it may open."""
    outbound: tuple[Permit, ...]
    """By segment: what its hosts may open."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The nftables section."""

    input: InputFilter
    forward: SiteFilter | PopFilter | CoreFilter | FirewallFilter
    not_internet: tuple[IPv4Network, ...]
    """Everything that is not the internet: private, reserved, the city's own, the Province's."""
    voice: tuple[IPv4Network, ...]
    """Where calls come from and go to: what is marked so that it waits in the short queue."""
    bogons: tuple[IPv4Network, ...]
    """Sources that cannot come from the internet."""


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """One leaf of a shaped port. Rates in bit/s, sizes in bytes."""

    minor: int
    parent: int
    """Minor number of the class above, 0 for the root."""
    rate: int
    ceil: int
    burst: int
    priority: int
    quantum: int
    limit: int | None
    """Length of its queue; None for a class that has classes below it."""


@dataclass(frozen=True, slots=True)
class ShapedPort:
    port: str
    default: int
    """Minor number of the class that takes what nothing classified."""
    classes: tuple[TrafficClass, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """One router."""

    name: str
    role: Role
    loopback: IPv4Address
    interfaces: tuple[Interface, ...]
    routing: Routing
    filters: Filters
    qos: tuple[ShapedPort, ...]
    sysctl: Mapping[str, str]
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
