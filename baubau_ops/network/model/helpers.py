"""Services on a router besides routing and filters, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class IspProbe:
    """How a core monitors one ISP."""

    isp: str
    port: str
    address: IPv4Address
    """Our address on the link."""
    peer: IPv4Address
    patience: int
    """Extra unanswered intervals before the ISP counts as dead; not all ISPs are given up at the same moment."""
    targets: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True)
class IspTracking:
    """A core's monitoring of ISPs, for the case that a session is up but nothing beyond the ISP answers."""

    probes: tuple[IspProbe, ...]
    last_resort: int
    """Local preference of the default routes that the cores originate themselves."""
    interval: float = 1.0
    """Seconds between two probes."""
    failures: int = 3
    recoveries: int = 10


@dataclass(frozen=True, slots=True)
class TranslationLog:
    """A core's log of which inside address used which public address and port."""

    days: int
    """Days for which it is kept."""


@dataclass(frozen=True, slots=True)
class StateSync:
    """A firewall sends its connection table to its partner, so that connections survive its loss."""

    address: IPv4Address
    partner: IPv4Address


@dataclass(frozen=True, slots=True)
class Helpers:
    """The helper services of one router."""

    tracking: IspTracking | None = None
    translations: TranslationLog | None = None
    state_sync: StateSync | None = None
