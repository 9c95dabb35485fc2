"""A search in a core's log of translations, and its results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Search criteria; a value that is None or empty matches everything. Times are UTC."""

    since: datetime
    """Translations that ended earlier are left out."""
    until: datetime
    """Translations that began later are left out."""
    inside: tuple[IPv4Network, ...]
    public: IPv4Address | None
    port: int | None
    """The public port."""
    most: int
    """InputError if more translations match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationEvent:
    """The beginning or end of a translation."""

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
