"""What else runs on a router beside routing and filters, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class IspProbe:
    """How one ISP is watched."""

    isp: str
    port: str
    address: IPv4Address
    """Ours."""
    peer: IPv4Address
    patience: int
    """Silent intervals beyond the usual before it counts as dead: not all ISPs are given up at one moment."""
    targets: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True)
class IspTracking:
    """A core's watch over ISPs whose session is up though nothing answers beyond them."""

    probes: tuple[IspProbe, ...]
    last_resort: int
    """Local preference of the defaults that the cores make themselves."""
    interval: float = 1.0
    """Seconds between two questions."""
    failures: int = 3
    recoveries: int = 10


@dataclass(frozen=True, slots=True)
class TranslationLog:
    """A core's record of whose traffic had which public address and port."""

    days: int
    """How long it is kept."""


@dataclass(frozen=True, slots=True)
class StateSync:
    """A firewall tells its partner of its connections, so that they outlive it."""

    address: IPv4Address
    partner: IPv4Address


@dataclass(frozen=True, slots=True)
class Helpers:
    """The services of one router."""

    tracking: IspTracking | None = None
    translations: TranslationLog | None = None
    state_sync: StateSync | None = None
