"""What is asked of a core's record of translations, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; what is None or empty matches everything. Times are UTC."""

    since: datetime
    """What ended before is left out."""
    until: datetime
    """What began later is left out."""
    inside: tuple[IPv4Network, ...]
    public: IPv4Address | None
    port: int | None
    """Public port."""
    most: int
    """More translations than these are refused: InputError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationEvent:
    """A translation begins or ends."""

    at: datetime
    """UTC."""
    ends: bool
    protocol: str
    inside: IPv4Address
    inside_port: int
    public: IPv4Address
    public_port: int
    remote: IPv4Address
    remote_port: int
