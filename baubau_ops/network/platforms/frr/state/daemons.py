"""FRR's JSON (as of 8.4) as values. ValueError, KeyError or TypeError for unknown content.

Nothing is assumed: a required key must be present, unless FRR omits it for "none".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_network
from typing import Any, Literal

from baubau_ops.network.model.router import OspfTimers
from baubau_ops.network.state.router_state import (
    BfdPeer,
    BgpSession,
    Network,
    OspfInterface,
    OspfNeighbour,
    OspfProcess,
    Readable,
    Unread,
)

Json = Mapping[str, Any]

_OWN = "(unspec)"
"""Replaces the peer in a path that the router itself originates."""
_NO_BGP = "Default BGP instance not found"
_AUTHENTICATION: Mapping[str | None, Literal["none", "simple", "md5"]] = {
    None: "none",
    "authenticationNone": "none",
    "authenticationSimplePassword": "simple",
    "authenticationMessageDigest": "md5",
}


def ospf_neighbours(document: Json) -> tuple[OspfNeighbour, ...]:
    """`show ip ospf neighbor json`; `{}` if OSPF is not configured."""
    found = [
        OspfNeighbour(
            # "to-wolio:10.254.0.0": the interface and its own address
            interface=entry["ifaceName"].rsplit(":", 1)[0],
            router_id=IPv4Address(router_id),
            # "Full/-", "Full/DR"
            state=entry["nbrState"].split("/")[0],
        )
        for router_id, entries in (document["neighbors"] if document != {} else {}).items()
        for entry in entries
    ]
    return tuple(sorted(found, key=lambda one: (one.interface, one.router_id)))


def ospf_interfaces(document: Json) -> dict[str, OspfInterface]:
    """`show ip ospf interface json`; `{}` if OSPF is not configured."""
    entries = document["interfaces"] if document != {} else {}
    return {name: _ospf_interface(name, entry) for name, entry in entries.items() if entry["ospfEnabled"]}


def _ospf_interface(name: str, entry: Json) -> OspfInterface:
    return OspfInterface(
        name=name,
        area=entry["area"],
        network_type=entry["networkType"],
        cost=int(entry["cost"]),
        hello=entry["timerMsecs"] / 1000,
        dead=float(entry["timerDeadSecs"]),
        retransmit=float(entry["timerRetransmitSecs"]),
        passive=bool(entry.get("timerPassiveIface", False)),
        authentication=_AUTHENTICATION[entry.get("authentication")],
    )


def ospf_process(document: Json) -> OspfProcess:
    """`show ip ospf json`; FRR omits the `max-metric` keys if it is not configured, or has expired."""
    areas = document["areas"].values()
    return OspfProcess(
        router_id=IPv4Address(document["routerId"]),
        on_startup=document.get("postStartEnabledSecs"),
        stub=any(area.get("indefiniteActiveAdmin", False) for area in areas),
        timers=OspfTimers(
            spf_delay=document["spfScheduleDelayMsecs"],
            spf_hold=document["holdtimeMinMsecs"],
            spf_max_hold=document["holdtimeMaxMsecs"],
            lsa_interval=document["lsaMinIntervalMsecs"],
            lsa_arrival=document["lsaMinArrivalMsecs"],
        ),
        starting=max(float(area.get("activeStartupRemainderMsecs", 0)) for area in areas) / 1000,
    )


def bfd_peers(document: list[Json]) -> tuple[BfdPeer, ...]:
    """`show bfd peers json`; the intervals are converted to those in effect."""
    if not isinstance(document, list):
        raise TypeError("not a list")
    return tuple(sorted(map(_bfd_peer, document), key=lambda one: (one.peer, one.interface)))


def _bfd_peer(entry: Json) -> BfdPeer:
    return BfdPeer(
        peer=IPv4Address(entry["peer"]),
        interface=entry.get("interface", ""),
        status=entry["status"],
        transmit=max(entry["transmit-interval"], entry["remote-receive-interval"]) / 1000,
        receive=max(entry["receive-interval"], entry["remote-transmit-interval"]) / 1000,
        multiplier=int(entry["remote-detect-multiplier"]),
        diagnostic=entry["diagnostic"],
    )


def bgp_sessions(
    neighbours: Json, routes: Readable[Json], sent: Mapping[str, Readable[Json]]
) -> dict[IPv4Address, BgpSession]:
    """`show bgp neighbors json`, and `show bgp ipv4 unicast json` for the accepted prefixes.

    `sent` holds, by peer, `show bgp ipv4 unicast neighbors PEER advertised-routes json`.
    """
    accepted = routes if isinstance(routes, Unread) else accepted_prefixes(routes)
    preferences = routes if isinstance(routes, Unread) else _preferences(routes)
    sessions = {}
    for peer, entry in neighbours.items():
        address = IPv4Address(peer)
        family = entry["addressFamilyInfo"].get("ipv4Unicast")
        if family is None:
            absent = Unread("IPv4 unicast is not activated")
            sessions[address] = _bgp_session(address, entry, {}, absent, absent, absent)
            continue
        received = _accepted(accepted, peer, family["acceptedPrefixCounter"])
        preferred = (
            preferences if isinstance(preferences, Unread) else frozenset(preferences.get(peer, frozenset()))
        )
        told = _sent(peer, entry, sent)
        sessions[address] = _bgp_session(address, entry, family, preferred, received, told)
    return sessions


def accepted_prefixes(routes: Json) -> dict[str, frozenset[Network]]:
    """Accepted prefixes, by the peer that they came from."""
    if routes.get("warning") == _NO_BGP:
        return {}
    found: defaultdict[str, set[Network]] = defaultdict(set)
    for prefix, paths in routes["routes"].items():
        for path in paths:
            found[path["peerId"]].add(ip_network(prefix))
    return {peer: frozenset(prefixes) for peer, prefixes in found.items()}


def originated_prefixes(routes: Json) -> frozenset[Network]:
    """The router's own prefixes that may be announced."""
    return frozenset(
        ip_network(prefix)
        for prefix, paths in routes.get("routes", {}).items()
        if any(path["peerId"] == _OWN and path.get("valid") for path in paths)
    )


def _preferences(routes: Json) -> dict[str, set[int | None]]:
    """Local preferences of the paths, by the peer that they were accepted from."""
    found: defaultdict[str, set[int | None]] = defaultdict(set)
    for paths in routes.get("routes", {}).values():
        for path in paths:
            found[path["peerId"]].add(path.get("locPrf"))
    return found


def _accepted(
    accepted: Readable[Mapping[str, frozenset[Network]]], peer: str, count: int
) -> Readable[frozenset[Network]]:
    if isinstance(accepted, Unread):
        return accepted
    prefixes = accepted.get(peer, frozenset())
    # With add-path, a peer sends several paths for one prefix, and FRR counts paths: only zero and non-zero must agree.
    if bool(prefixes) != bool(count):
        return Unread(f"the table moved while it was read: {count} counted, {len(prefixes)} listed")
    return prefixes


def _sent(peer: str, entry: Json, sent: Mapping[str, Readable[Json]]) -> Readable[frozenset[Network]]:
    if entry["bgpState"] != "Established":
        return frozenset()
    document = sent.get(peer, Unread("the advertised routes were not listed"))
    if isinstance(document, Unread):
        return document
    return frozenset(map(ip_network, document["advertisedRoutes"]))


def _bgp_session(
    peer: IPv4Address,
    entry: Json,
    family: Json,
    preferences: Readable[frozenset[int | None]],
    accepted: Readable[frozenset[Network]],
    sent: Readable[frozenset[Network]],
) -> BgpSession:
    paths = entry.get("neighborCapabilities", {}).get("addPath", {}).get("ipv4Unicast", {})
    return BgpSession(
        peer=peer,
        state=entry["bgpState"],
        remote_as=int(entry["remoteAs"]),
        local_as=int(entry["localAs"]),
        local_role=_role(entry["localRole"]),
        remote_role=_role(entry["remoteRole"]),
        # ebgp-multihop appears under the same key, but never with 1
        ttl_hops=entry.get("externalBgpNbrMaxHopsAway"),
        password=bool(entry.get("authenticationEnabled", 0)),
        hold=entry["bgpTimerHoldTimeMsecs"] / 1000,
        keepalive=entry["bgpTimerKeepAliveIntervalMsecs"] / 1000,
        connect_retry=float(entry["connectRetryTimer"]),
        addpath_send=_both(paths, "tx", "rx"),
        addpath_receive=_both(paths, "rx", "tx"),
        limit=family.get("prefixAllowedMax"),
        last_error=entry.get("lastNotificationReason") or entry.get("lastResetDueTo", ""),
        preferences=preferences,
        accepted=accepted,
        sent=sent,
    )


def _role(word: str) -> str:
    return "" if word == "undefined" else word


def _both(paths: Json, ours: str, theirs: str) -> bool:
    """RFC 7911: we announced `ours`, the peer announced `theirs` (FRR stores both under one direction)."""
    offered = f"{ours}Advertised" in paths or f"{ours}AdvertisedAndReceived" in paths
    taken = f"{theirs}Received" in paths or f"{theirs}AdvertisedAndReceived" in paths
    return offered and taken
