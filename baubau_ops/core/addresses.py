"""Addresses and prefixes built from numbers: the ipaddress module goes through text, four times slower."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network


def host(address: IPv4Address) -> IPv4Network:
    """The /32 of an address."""
    return IPv4Network(int(address))


def prefix_order(prefix: IPv4Network) -> tuple[int, int]:
    """The key by which prefixes sort as they do by themselves."""
    return int(prefix.network_address), prefix.prefixlen


def interface(prefix: IPv4Network, index: int) -> IPv4Interface:
    """The address with this place in its prefix, and the prefix's length."""
    return IPv4Interface((int(prefix.network_address) + index, prefix.prefixlen))
