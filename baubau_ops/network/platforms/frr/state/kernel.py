"""The JSON of iproute2 and nftables as values. ValueError, KeyError or TypeError for unknown content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Network, ip_address, ip_network
from typing import Any, Literal

from baubau_ops.network.state.router_state import Interface, NextHop, Route

Json = Mapping[str, Any]

_DEFAULT = {4: "0.0.0.0/0", 6: "::/0"}
_LINK_LOCAL = IPv6Network("fe80::/10")
_UNUSABLE = frozenset({"dead", "linkdown"})


def routes(document: Sequence[Json], family: Literal[4, 6]) -> tuple[Route, ...]:
    """`ip -j -4|-6 route show table all`, without table local and without link-local and multicast IPv6."""
    return tuple(
        route
        for entry in document
        if entry.get("table") != "local"
        and not (route := _route(entry, family)).prefix.is_multicast
        and not (isinstance(route.prefix, IPv6Network) and route.prefix.subnet_of(_LINK_LOCAL))
    )


def _route(entry: Json, family: Literal[4, 6]) -> Route:
    prefix = _DEFAULT[family] if entry["dst"] == "default" else entry["dst"]
    kind = entry.get("type", "unicast")
    ways = entry.get("nexthops", [entry]) if kind == "unicast" else []
    return Route(
        prefix=ip_network(prefix),
        type=kind,
        next_hops=frozenset(_next_hop(way) for way in ways if not _UNUSABLE & set(way["flags"])),
        protocol=entry.get("protocol", "boot"),
        metric=entry.get("metric", 0),
        table=entry.get("table", "main"),
    )


def _next_hop(way: Json) -> NextHop:
    gateway = way.get("gateway") or way.get("via", {}).get("host")
    return NextHop(ip_address(gateway) if gateway else None, way["dev"])


def counters(document: Json) -> dict[str, int]:
    """`nft -j list counters`."""
    found = [entry["counter"] for entry in document["nftables"] if "counter" in entry]
    return {f"{one['family']}/{one['table']}/{one['name']}": int(one["packets"]) for one in found}


def interfaces(document: Sequence[Json]) -> dict[str, Interface]:
    """`ip -j -s link show`."""
    return {entry["ifname"]: _interface(entry) for entry in document}


def _interface(entry: Json) -> Interface:
    return Interface(
        name=entry["ifname"],
        up="UP" in entry["flags"],
        carrier="LOWER_UP" in entry["flags"],
        received=int(entry["stats64"]["rx"]["packets"]),
    )
