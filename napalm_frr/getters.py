"""The parsers of the getters: they convert the device's output to NAPALM's models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napalm.base import models

VENDOR = "FRRouting"
_MASK = "<removed>"
_SECRETS = (
    re.compile(r"^(\s*neighbor \S+ password) .+$", re.MULTILINE),
    re.compile(r"^(\s*ip ospf message-digest-key \d+ md5) \S+$", re.MULTILINE),
    re.compile(r"^(\s*ip ospf authentication-key) \S+.*$", re.MULTILINE),
    re.compile(r"^(\s*(?:enable )?password) .+$", re.MULTILINE),
    re.compile(r"^(\s*key-string) .+$", re.MULTILINE),
)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_CLOCK = "%Y/%m/%d %H:%M:%S"


def masked(body: str) -> str:
    """Return a configuration without its passwords and keys."""
    for pattern in _SECRETS:
        body = pattern.sub(rf"\1 {_MASK}", body)
    return body


def facts(blocks: Mapping[str, str]) -> models.FactsDict:
    """Read vendor, version, name and uptime (seconds)."""
    version = re.search(r"FRRouting (\S+)", blocks["version"])
    return {
        "uptime": float(blocks["uptime"].split()[0]),
        "vendor": VENDOR,
        "os_version": version.group(1) if version else "",
        "serial_number": blocks["serial"].strip(),
        "model": blocks["os"].strip().strip('"'),
        "hostname": blocks["hostname"].strip(),
        "fqdn": blocks["fqdn"].strip(),
        "interface_list": sorted(link["ifname"] for link in json.loads(blocks["links"])),
    }


def interfaces(blocks: Mapping[str, str]) -> dict[str, models.InterfaceDict]:
    """Read the state of the interfaces; values unknown to the kernel (speed, last flap) are -1."""
    shown = json.loads(blocks["running"])
    speeds = dict(line.split() for line in blocks["speeds"].splitlines())
    now = datetime.strptime(blocks["clock"].strip(), _CLOCK)
    return {
        name: {
            "is_up": "LOWER_UP" in link["flags"] and link["operstate"] in ("UP", "UNKNOWN"),
            "is_enabled": "UP" in link["flags"],
            "description": str(shown.get(name, {}).get("description", "")),
            "last_flapped": _last_flap(shown.get(name, {}), now),
            "speed": float(speeds.get(name, -1)),
            "mtu": int(link["mtu"]),
            "mac_address": str(link.get("address", "")).upper(),
        }
        for link in json.loads(blocks["links"])
        for name in [link["ifname"]]
    }


def interfaces_ip(blocks: Mapping[str, str]) -> dict[str, models.InterfacesIPDict]:
    """Read the addresses of the interfaces; one without any does not appear."""
    found: dict[str, models.InterfacesIPDict] = {}
    for link in json.loads(blocks["addresses"]):
        for address in link["addr_info"]:
            entry: models.InterfacesIPDictEntry = {"prefix_length": int(address["prefixlen"])}
            family = found.setdefault(link["ifname"], {})
            if address["family"] == "inet":
                family.setdefault("ipv4", {})[address["local"]] = entry
            elif address["family"] == "inet6":
                family.setdefault("ipv6", {})[address["local"]] = entry
    return found


def bgp_neighbors(blocks: Mapping[str, str]) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
    """Read BGP's neighbors by VRF; without soft reconfiguration, received counts are those of accepted prefixes."""
    summary, neighbors = json.loads(blocks["summary"]), json.loads(blocks["neighbors"])
    found: dict[str, models.BGPStateNeighborsPerVRFDict] = {}
    for vrf, families in summary.items():
        router_id = next((str(family["routerId"]) for family in families.values()), "")
        peers = {
            name: _peer(peer)
            for name, peer in neighbors.get(vrf, {}).items()
            if isinstance(peer, dict) and "remoteAs" in peer
        }
        found["global" if vrf == "default" else vrf] = {"router_id": router_id, "peers": peers}
    return found


def routes(blocks: Mapping[str, str], destination: str, protocol: str) -> dict[str, list[models.RouteDict]]:
    """Read the routes to a destination, one entry for each next hop; BGP's attributes come from its table."""
    paths = _bgp_paths(json.loads(blocks["bgp"] or "{}"), destination)
    found: dict[str, list[models.RouteDict]] = {}
    for prefix, entries in json.loads(blocks["routes"]).items():
        for route in entries:
            if protocol and route["protocol"] != protocol.lower():
                continue
            for hop, origin in _hops(route.get("nexthops", [])):
                attributes = _attributes(origin, paths.get(prefix, [])) if route["protocol"] == "bgp" else {}
                found.setdefault(prefix, []).append(_route(route, hop, attributes))
    return found


def ping(output: str, count: int) -> models.PingResultDict:
    """Read ping's report: RTTs in milliseconds, or -1 and no results without an answer."""
    replies = re.findall(r"bytes from (\S+?):? .*time=([\d.]+) ms", output)
    counted = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    if counted is None:
        return {"error": output.strip() or "ping said nothing"}
    sent, received = map(int, counted.groups())
    times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+) ms", output)
    low, mean, high, deviation = map(float, times.groups()) if times else (0.0, 0.0, 0.0, 0.0)
    return {
        "success": {
            "probes_sent": sent,
            "packet_loss": max(sent, count) - received,
            "rtt_min": low,
            "rtt_max": high,
            "rtt_avg": mean,
            "rtt_stddev": deviation,
            "results": [{"ip_address": address, "rtt": float(rtt)} for address, rtt in replies],
        }
    }


def seconds(uptime: str) -> int:
    """Convert a duration of FRR (`00:00:27`, `1d02h03m` or `2w3d04h`) to seconds; -1 if there is none."""
    if clock := re.fullmatch(r"(\d+):(\d\d):(\d\d)", uptime):
        hours, minutes, rest = map(int, clock.groups())
        return hours * 3600 + minutes * 60 + rest
    parts = re.findall(r"(\d+)([wdhms])", uptime)
    return sum(int(number) * _UNITS[unit] for number, unit in parts) if parts else -1


def _last_flap(shown: Mapping[str, Any], now: datetime) -> float:
    times = [shown[key] for key in ("lastLinkUp", "lastLinkDown") if key in shown]
    if not times:
        return -1.0
    latest = max(datetime.strptime(str(time).split(".")[0], _CLOCK) for time in times)
    return max((now - latest).total_seconds(), 0.0)


def _peer(peer: Mapping[str, Any]) -> models.BGPStateNeighborDict:
    up = peer["bgpState"] == "Established"
    return {
        "local_as": int(peer["localAs"]),
        "remote_as": int(peer["remoteAs"]),
        "remote_id": str(peer.get("remoteRouterId", "")),
        "is_up": up,
        "is_enabled": not peer.get("adminShutDown", False),
        "description": str(peer.get("nbrDesc", "")),
        "uptime": int(peer.get("bgpTimerUpMsec", 0)) // 1000 if up else -1,
        "address_family": {_family(name): _counts(info) for name, info in _families(peer)},
    }


def _families(peer: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from peer.get("addressFamilyInfo", {}).items()


def _family(name: str) -> str:
    return {"ipv4Unicast": "ipv4", "ipv6Unicast": "ipv6"}.get(name, name)


def _counts(info: Mapping[str, Any]) -> models.BGPStateAddressFamilyDict:
    accepted = int(info.get("acceptedPrefixCounter", -1))
    return {
        "received_prefixes": int(info.get("receivedPrefixCounter", accepted)),
        "accepted_prefixes": accepted,
        "sent_prefixes": int(info.get("sentPrefixCounter", -1)),
    }


def _hops(nexthops: list[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each directly connected next hop, with the protocol's next hop that it may resolve."""
    resolved = any(hop.get("resolver") for hop in nexthops)
    origin: Mapping[str, Any] = {}
    for hop in nexthops:
        if not hop.get("resolver"):
            origin = hop
        if not (resolved and hop.get("recursive")):
            yield hop, origin


def _route(route: Mapping[str, Any], hop: Mapping[str, Any], attributes: dict[str, Any]) -> models.RouteDict:
    selected = bool(route.get("selected", False))
    return {
        "protocol": str(route["protocol"]),
        "current_active": selected,
        "last_active": selected,
        "age": seconds(str(route.get("uptime", ""))),
        "next_hop": str(hop.get("ip", "")),
        "outgoing_interface": str(hop.get("interfaceName", "")),
        "selected_next_hop": bool(hop.get("fib", False)),
        "preference": int(route.get("distance", 0)),
        "inactive_reason": "" if selected else "a better route is known",
        "routing_table": str(route.get("vrfName", "default")),
        "protocol_attributes": attributes,
    }


def _bgp_paths(table: Mapping[str, Any], destination: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return BGP's paths by prefix, from the answer for one prefix or for all longer prefixes."""
    if "routes" in table:
        return dict(table["routes"])
    return {str(table.get("prefix", destination)): list(table.get("paths", []))}


def _attributes(hop: Mapping[str, Any], paths: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the attributes of the path that a next hop comes from."""
    for path in paths:
        if any(hop.get("ip") == nexthop.get("ip") for nexthop in path.get("nexthops", [])):
            as_path = path.get("aspath", {}).get("string") if "aspath" in path else path.get("path", "")
            peer = path.get("peer", {})
            return {
                "as_path": "" if as_path == "Local" else str(as_path),
                "peer_id": str(peer.get("peerId", path.get("peerId", ""))),
                "local_preference": int(path.get("locPrf", path.get("localpref", 100))),
                "metric": int(path.get("metric", path.get("med", 0))),
                "communities": list(path.get("community", {}).get("list", [])),
            }
    return {}
