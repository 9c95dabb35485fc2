"""Calls: which prefixes they use, and which rate is guaranteed to them."""

from __future__ import annotations

from ipaddress import IPv4Network

from baubau_ops.inventory.city.inventory import Inventory


def voice_pools(inventory: Inventory) -> tuple[IPv4Network, ...]:
    """The prefixes of the zones whose packets wait in the queue for calls, sorted."""
    return tuple(sorted(zone.pool for zone in inventory.city.zones.values() if zone.queue == "voice"))


def voice_rate(inventory: Inventory, site: str) -> int | None:
    """Rate guaranteed to a site's calls, bit/s; None for a site without a segment for calls."""
    data, zones = inventory.sites[site], inventory.city.zones
    if not any(zones[zone].queue == "voice" for zone in data.segments):
        return None
    return inventory.city.kinds[data.kind].voice
