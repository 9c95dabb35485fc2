"""The address space of a synthetic city: a pool for everything, each large enough, side by side in 10.0.0.0/8."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.generate.backbone import most_spans
from baubau_ops.inventory.generate.sites import KINDS, ZONES, composition, link_count, pop_count

SPACE = IPv4Network("10.0.0.0/8")

_FIXED_ROUTERS = 5  # two cores, two firewalls, the bastion
_FIXED_LINKS = 7  # firewalls and bastion to each core, the Province
_SMALLEST = {"loopback": 1 << 10, "link": 1 << 12, "service": 1 << 8, "datacenter": 1 << 11}
_SMALLEST_ZONE = 1 << 16  # a small city can grow, too


def needed(sites: int) -> dict[str, int]:
    """Addresses that grow with the sites, by pool; a segment takes twice its size."""
    pops = pop_count(sites)
    found = {
        "loopback": sites + pops + _FIXED_ROUTERS + 2,
        "link": 2 * (link_count(sites) + most_spans(pops) + _FIXED_LINKS),
        "service": 0,
        "datacenter": 0,
        **dict.fromkeys(ZONES, 0),
    }
    for variant, count in composition(sites).items():
        for zone in variant.segments:
            found[zone] += count * _block(variant.kind, zone)
    return found


def pools(sites: int) -> dict[str, IPv4Network]:
    """The prefix of every pool, by pool; InputError with the arithmetic when there are too many sites."""
    sizes = _sizes(sites)
    total = sum(sizes.values())
    if total > SPACE.num_addresses:
        shown = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise InputError(
            f"{sites:,} sites need {total:,} addresses ({shown});"
            f" {SPACE} has {SPACE.num_addresses:,}. At most {_most(sites):,} sites fit."
        )
    found = {}
    start = int(SPACE.network_address)
    for name, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        found[name] = IPv4Network((start, 33 - size.bit_length()))  # larger before smaller: all are aligned
        start += size
    return found


def _block(kind: str, zone: str) -> int:
    return 1 << (33 - KINDS[kind][zone])


def _sizes(sites: int) -> Mapping[str, int]:
    """Powers of two with an eighth and the largest block to spare: for new sites, and for alignment."""
    largest = {zone: max(_block(kind, zone) for kind in KINDS if zone in KINDS[kind]) for zone in ZONES}
    found = {}
    for name, count in needed(sites).items():
        least = _SMALLEST.get(name, _SMALLEST_ZONE)
        wanted = count + count // 8 + largest.get(name, 0)
        found[name] = max(least, 1 << (wanted - 1).bit_length())
    return found


def _most(too_many: int) -> int:
    """The largest number of sites that fits."""
    fits, fails = 1, too_many
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if sum(_sizes(middle).values()) > SPACE.num_addresses:
            fails = middle
        else:
            fits = middle
    return fits
