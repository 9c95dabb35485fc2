"""What a router lets through, as plain values; part of its derived model.

Drop counters, named so that a probe can tell which router dropped a packet, and why:

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

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.core.addresses import host


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
    """The other firewall's ports: news of its connections comes from the one that the packet leaves by."""


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
    """All of a router's packet filter."""

    input: InputFilter
    forward: SiteFilter | PopFilter | CoreFilter | FirewallFilter
    not_internet: tuple[IPv4Network, ...]
    """Everything that is not the internet: private, reserved, the city's own, the Province's."""
    voice: tuple[IPv4Network, ...]
    """Where calls come from and go to: what is marked so that it waits in the short queue."""
    bogons: tuple[IPv4Network, ...]
    """Sources that cannot come from the internet."""

    @property
    def isps(self) -> tuple[IspPort, ...]:
        """Its ports to the internet."""
        return self.forward.isps if isinstance(self.forward, CoreFilter) else ()

    @property
    def keeps_state(self) -> bool:
        """Whether it tells answers from what somebody else began."""
        return isinstance(self.forward, SiteFilter | FirewallFilter) or bool(self.isps)

    @property
    def counters(self) -> tuple[str, ...]:
        """The drop counters that it has, by name."""
        found = {"deny_forward", "deny_input", "deny_ipv6", "deny_ipv6_link", "deny_spoof", "deny_zone"}
        if isinstance(self.forward, PopFilter):
            found |= {"deny_police"}
        if self.keeps_state:
            found |= {"deny_invalid"}
        if self.isps:
            found |= {"deny_bogon", "deny_isp", "deny_leak"}
        return tuple(sorted(found))
