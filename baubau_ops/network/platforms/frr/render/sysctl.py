"""Kernel settings of a router: only those that exist in a network namespace and on any Debian kernel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from baubau_ops.network.model.router import PortKind, Router

_GLOBAL = {
    "net.ipv4.ip_forward": "1",
    # With the kernel's default of 20, a router with more OSPF ports leaves neighbours in state Init.
    "net.ipv4.igmp_max_memberships": "1000",
    # Equal-cost paths are chosen by port numbers, too: one pair of machines may use both paths.
    "net.ipv4.fib_multipath_hash_policy": "1",
    # The greater of the values of `all` and of the port applies; nftables checks sources, and also counts them.
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    # Answer ARP only for the port's own address, and send requests from that address.
    "net.ipv4.conf.all.arp_announce": "2",
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    "net.ipv4.conf.all.log_martians": "0",
    "net.ipv6.conf.all.forwarding": "0",
}

_PER_PORT = {
    # The network of a port without carrier must not hide an alternative route.
    "ignore_routes_with_linkdown": "1",
    "rp_filter": "0",
    "send_redirects": "0",
}


def sysctl(router: Router) -> Mapping[str, str]:
    """The settings of a router, by key."""
    return _settings(tuple(port.name for port in router.interfaces if port.kind is not PortKind.LOOPBACK))


@lru_cache(maxsize=4096)
def _settings(ports: tuple[str, ...]) -> Mapping[str, str]:
    """Cached, because many sites have the same port names."""
    own = {f"net.ipv4.conf.{port}.{key}": value for port in ports for key, value in _PER_PORT.items()}
    return dict(sorted({**_GLOBAL, **own}.items()))
