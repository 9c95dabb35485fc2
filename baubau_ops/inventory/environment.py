"""How the machines of one inventory are reached: for real, or on the twin.

An environment never changes the intent. `lab` implements the Protocols for the twin; `cli.context` hands them in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Literal, Protocol

from baubau_ops.core.secrets import Secrets

Protocol4 = Literal["icmp", "tcp", "udp"]


@dataclass(frozen=True, slots=True)
class Machine:
    """An end system from which, and to which, probes can be sent."""

    name: str
    """On the twin `<site>-<zone>`, `host-<segment>`, `inet-<isp>`, `prov-host`, `bastion`."""
    zone: str
    """A zone of the city, a data-center segment, `internet`, `province` or `bastion`."""
    owner: str
    """The site, segment, ISP, … it belongs to."""
    address: IPv4Address
    """Where it answers; a data-center host also answers at its services' addresses."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One packet exchange to try.

    A probe `at` the host is an ordinary exchange from the machine. `at` the uplink it is raw frames that leave the
    uplink of the machine's site router towards the POP, as a captured router would send them. With `spoof`,
    `stray` or IPv6, frames are raw as well: they go to the gateway's MAC address with that source. With `dscp` alone
    the packet is raw, and takes the machine's own way. One that `expires_at` a router is UDP whose hops do not suffice
    to get beyond it; with `back` its answer's do not.
    """

    source: str
    """Name of a machine."""
    target: IPv4Address | IPv6Address
    protocol: Protocol4
    port: int = 0
    at: Literal["host", "uplink"] = "host"
    towards: str = ""
    """POP router at the far end of the uplink to use; empty: the first link's."""
    spoof: IPv4Address | IPv6Address | None = None
    stray: bool = False
    """TCP that belongs to no connection: an unsolicited SYN-ACK."""
    dscp: int | None = None
    """The mark that the packet is sent with."""
    back: bool = False
    """UDP of which the answer is what counts: that it arrives, its mark, or that it expires."""
    expires_at: tuple[IPv4Address, ...] = ()
    """The router's addresses: from one of them the sender must be told (ICMP time exceeded); of an answer its
    own sender, and from any address, which may be translated."""
    count: int = 3
    """Attempts; one answer is enough."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a probe."""

    probe: Probe
    sent: int
    """Number of frames sent or connections started."""
    answered: bool
    """An answer from the target itself came back. For raw frames: the target's machine received one (with `back`,
    the source did). For what `expires_at` a router: it told so."""
    refused: bool = False
    """It was rejected (TCP reset, ICMP unreachable): neither open nor dropped."""
    dscp: int | None = None
    """The mark of the raw IPv4 packet that was received."""
    seconds: float = 0.0
    """Seconds until the answer."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What an open-loop prober saw between its start and stop; seconds on one monotonic clock."""

    interval: float
    sent: int
    lost: int
    longest: float
    """From the last answered probe before the longest gap to the first answered one after it, by sending times."""


class Watch(Protocol):
    """A running open-loop prober."""

    def stop(self) -> Outage:
        """Stop, wait for the last answers, and return the outage."""


class Vantage(Protocol):
    """Sends probes from places in the city."""

    def machines(self) -> Sequence[Machine]:
        """Return all end systems."""

    def exchange(self, probes: Sequence[Probe], *, timeout: float = 1.0) -> Sequence[Answer]:
        """Try all probes at once; answers in the same order. `timeout` is in seconds, for each attempt."""

    def throughput(self, source: str, target: str, *, seconds: float = 3.0) -> int:
        """Return the rate of one bulk TCP transfer between two machines, bit/s of payload at the receiver."""

    def watch(self, source: str, target: IPv4Address, *, interval: float = 0.005) -> Watch:
        """Send a UDP echo request every `interval` seconds until stopped."""


class Injector(Protocol):
    """Breaks and repairs links and machines. Only a twin has one."""

    def cut(self, link: str, *, silent: bool) -> None:
        """Stop all traffic on a link; silently, so that both ends stay up, or with both ports down."""

    def mend(self, link: str) -> None: ...

    def power_off(self, node: str) -> None:
        """Cut the power: nothing of the running state survives."""

    def power_on(self, node: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The target of changes, with everything needed to reach it."""

    name: str
    """`lab:<twin>` or `production`."""
    ssh_config: Path
    """OpenSSH configuration, known_hosts included: the only way to reach machines."""
    secrets: Secrets
    state: Path
    """Folder of the journal, snapshots, plans and backups."""
    asks: bool
    """True where every change must be confirmed."""
    connect_timeout: float
    """Seconds."""
    command_timeout: float
    """Seconds."""
    platforms: Mapping[str, str] = field(default_factory=dict)
    """By name of a platform: which other one stands in for it here."""
    vantage: Vantage | None = None
    injector: Injector | None = None
