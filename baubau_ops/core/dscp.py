"""The marks that packets carry in their IPv4 header, and that choose the queue they wait in."""

from __future__ import annotations

from enum import IntEnum


class Dscp(IntEnum):
    """A differentiated services code point (RFC 2474); only those that this network sets (RFC 4594)."""

    CS0 = 0
    CS1 = 8
    EF = 46
    CS6 = 48


def dscp_name(value: int | None) -> str:
    """`EF`; a mark that this network does not set is shown as its number."""
    return next((mark.name for mark in Dscp if mark == value), str(value))
