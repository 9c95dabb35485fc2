"""Bare machines: namespaces with ports, addresses and routes, in which no process runs."""

from __future__ import annotations

from pathlib import Path

from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Bare

_SYSCTLS = {
    # The host may forward by default, and namespaces inherit that; a machine with two LANs must not route.
    "net/ipv4/ip_forward": "0",
    "net/ipv4/conf/all/ignore_routes_with_linkdown": "1",
    "net/ipv4/conf/default/ignore_routes_with_linkdown": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    # Only probes may send frames: a neighbour's drop counters are evidence.
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


def quiet(twin: str, bare: Bare) -> None:
    """Set the sysctls of a new namespace, before it gets ports."""
    with netns.entered(NETNS / name_of(twin, bare.name)):
        for key, value in _SYSCTLS.items():
            Path("/proc/sys", key).write_text(value)


def configure(twin: str, bare: Bare) -> None:
    """Give a machine its addresses and routes; its ports must exist."""
    lines = ["link set lo up"]
    lines += [f"addr add {address}/32 dev lo" for address in bare.extra]
    lines += [f"addr add {address} dev {port}" for port, address in sorted(bare.ports.items())]
    for route in bare.routes:
        source = f" src {route.source}" if route.source else ""
        lines.append(f"route add {route.to} via {route.via} dev {route.port} metric {route.metric}{source}")
    netns.ip_batch(lines, netns=name_of(twin, bare.name))
