"""Packet filters of routers as plain values; part of the derived model.

Each drop counter has a name, so that a probe can tell which router dropped a packet, and why:

- `deny_ipv6`      IPv6 that would be routed; on every router, before anything else
- `deny_ipv6_link` IPv6 noise on a link (link-local, multicast, unspecified source); on every router
- `deny_spoof`     a source that was not allocated behind the port it came from (LAN, site and Province ports)
- `deny_bogon`     a source from the internet that must be forged: private, reserved or our own
- `deny_input`     addressed to the router itself, from a source or for a service that is not permitted
- `deny_zone`      what policy.yml does not allow between zones, services, Province, bastion, internet
- `deny_isp`       a new connection from the internet
- `deny_invalid`   belongs to no connection that the firewall knows (routers that track connections)
- `deny_leak`      would have gone out to an ISP with a source that is not public
- `deny_police`    above the site's peak rate, on the POP's port to the site
- `deny_forward`   between ports that have no traffic to exchange
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.core.addresses import host


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True, order=True)
class Socket:
    """Address, protocol and port on which a service listens."""

    address: IPv4Address
    protocol: Protocol
    port: int


@dataclass(frozen=True, slots=True)
class Permit:
    """Connections that one zone or segment may open."""

    name: str
    """Zone, segment, `province` or `bastion`."""
    sources: tuple[IPv4Network, ...]
    sockets: tuple[Socket, ...] = ()
    """Services, each by exact address, protocol and port."""
    networks: tuple[IPv4Network, ...] = ()
    """Whole networks, with any protocol: zones, the Province, the bastion."""
    internet: bool = False

    @property
    def addresses(self) -> tuple[IPv4Network, ...]:
        """All destinations except the internet, without ports, sorted: for stateless filters."""
        hosts = {host(socket.address) for socket in self.sockets}
        return tuple(sorted(hosts | set(self.networks)))


@dataclass(frozen=True, slots=True)
class PeerPort:
    """A neighbour's address and the only port on which it is accepted."""

    port: str
    address: IPv4Address


@dataclass(frozen=True, slots=True)
class InputFilter:
    """Sources that may talk to the router itself."""

    loopback: IPv4Address
    bastion: IPv4Address
    management_ports: tuple[str, ...]
    """Ports on which the bastion's packets arrive."""
    ospf: tuple[PeerPort, ...]
    bfd: tuple[PeerPort, ...]
    """Neighbours with a BFD session for OSPF."""
    bfd_multihop: tuple[PeerPort, ...]
    """Neighbours with a BFD session for BGP."""
    ebgp: tuple[PeerPort, ...]
    ibgp: tuple[IPv4Address, ...]
    ibgp_ports: tuple[str, ...]
    state_sync: tuple[IPv4Address, ...] = ()
    """Addresses of the other firewall's ports: a state update has the address of the port that it leaves by."""


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Filter of a site router: stateful, between its LANs and its uplinks."""

    uplinks: tuple[str, ...]
    lans: tuple[tuple[str, str], ...]
    """(port, zone)."""
    outbound: tuple[Permit, ...]
    """Per zone of the LANs: connections that their machines may open."""
    inbound: tuple[Permit, ...]
    """Per source: connections that it may open to the LANs' prefixes."""


@dataclass(frozen=True, slots=True)
class SitePort:
    """A POP's port to a site, which polices what the site sends; rates in bit/s at layer 3."""

    port: str
    committed: int
    peak: int
    voice: int | None
    """Rate that is guaranteed to calls, and also their limit; None for a site without calls."""
    sources: tuple[IPv4Network, ...]
    """Every source that may arrive from a site with two links, whichever link is in use; empty for other sites."""


@dataclass(frozen=True, slots=True)
class PopFilter:
    """Filter of a POP: stateless, and it does not trust site routers."""

    backbone: tuple[str, ...]
    sites: tuple[SitePort, ...]
    zones: tuple[Permit, ...]
    """Per zone: destinations that its machines may send to, answers included, so also those they may receive from."""
    routers: tuple[IPv4Network, ...]
    """Loopbacks and links: addresses of site routers and of the infrastructure."""
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
    """Our networks that the Province's machines may exchange packets with."""


@dataclass(frozen=True, slots=True)
class CoreFilter:
    """Filter of a core: stateless, except for flows through an ISP's port."""

    backbone: tuple[str, ...]
    bastion_port: str
    bastion: IPv4Address
    managed: tuple[IPv4Network, ...]
    """Networks that the bastion may reach."""
    isps: tuple[IspPort, ...]
    province: ProvincePort | None
    internet_sources: tuple[IPv4Network, ...]
    """Pools of the zones that may use the internet."""
    nat: IPv4Network
    """Public prefix that their addresses are translated to."""


@dataclass(frozen=True, slots=True)
class FirewallFilter:
    """Filter of the data center's firewall: stateful, between the cores and the LANs of the services."""

    backbone: tuple[str, ...]
    lans: tuple[tuple[str, str], ...]
    """(port, segment)."""
    inbound: tuple[Permit, ...]
    """Per source: services that it may open connections to."""
    outbound: tuple[Permit, ...]
    """Per segment: connections that its hosts may open."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The complete packet filter of a router."""

    input: InputFilter
    forward: SiteFilter | PopFilter | CoreFilter | FirewallFilter
    not_internet: tuple[IPv4Network, ...]
    """Every address that is not on the internet: private, reserved, the city's own, the Province's."""
    voice: tuple[IPv4Network, ...]
    """Networks that calls come from and go to: their packets are marked for the short queue."""
    bogons: tuple[IPv4Network, ...]
    """Sources that cannot come from the internet."""

    @property
    def isps(self) -> tuple[IspPort, ...]:
        """Ports to the internet."""
        return self.forward.isps if isinstance(self.forward, CoreFilter) else ()

    @property
    def keeps_state(self) -> bool:
        """Whether it tracks connections and so can tell answers from new connections."""
        return isinstance(self.forward, SiteFilter | FirewallFilter) or bool(self.isps)

    @property
    def counters(self) -> tuple[str, ...]:
        """Names of the drop counters that it has."""
        found = {"deny_forward", "deny_input", "deny_ipv6", "deny_ipv6_link", "deny_spoof", "deny_zone"}
        if isinstance(self.forward, PopFilter):
            found |= {"deny_police"}
        if self.keeps_state:
            found |= {"deny_invalid"}
        if self.isps:
            found |= {"deny_bogon", "deny_isp", "deny_leak"}
        return tuple(sorted(found))
