"""policy.yml resolved to addresses: which source may open which connections.

Derive turns it into filters, and the probes turn it into packets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION
from baubau_ops.network.model.filters import (
    Permit,
    Protocol,
    Socket,
)

INTERNET = "internet"
PROVINCE_PLACE = "province"

# RFC 6890. The documentation prefixes (RFC 5737) are left out on purpose: a twin uses them for its internet.
RESERVED = tuple(
    IPv4Network(prefix)
    for prefix in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
    )
)


class PlaceKind(StrEnum):
    ZONE = "zone"
    SEGMENT = "segment"
    SERVICE = "service"
    PROVINCE = "province"
    INTERNET = "internet"
    BASTION = "bastion"


@dataclass(frozen=True, slots=True)
class Place:
    """One end of an allowed connection."""

    name: str
    kind: PlaceKind
    networks: tuple[IPv4Network, ...]
    """Source networks of its machines; empty for the internet."""
    sockets: tuple[Socket, ...] = ()
    """As a target: only these sockets for a segment or service; any protocol to the networks for other places."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One line of policy.yml."""

    source: Place
    target: Place
    why: str


@dataclass(frozen=True)
class Matrix:
    """All places and the connections that are allowed between them; everything else is denied."""

    places: Mapping[str, Place]
    allowances: tuple[Allowance, ...]
    not_internet: tuple[IPv4Network, ...]
    """Destinations that are not part of `internet`."""
    bogons: tuple[IPv4Network, ...]
    """Sources that cannot come from the internet."""

    def of_kind(self, *kinds: PlaceKind) -> tuple[Place, ...]:
        """The places of the given kinds, by name."""
        return tuple(place for _, place in sorted(self.places.items()) if place.kind in kinds)

    def permit(self, source: str) -> Permit:
        """All connections that the machines of a place may open."""
        if source not in self._permits:
            self._permits[source] = self._permit(source)
        return self._permits[source]

    @cached_property
    def _permits(self) -> dict[str, Permit]:
        """Cache of permits: every router of a city needs the same few."""
        return {}

    def _permit(self, source: str) -> Permit:
        allowed = [allowance.target for allowance in self.allowances if allowance.source.name == source]
        sockets = {socket for target in allowed for socket in target.sockets}
        whole = [target for target in allowed if target.kind not in (PlaceKind.SEGMENT, PlaceKind.SERVICE)]
        networks = {network for target in whole for network in target.networks}
        return Permit(
            name=source,
            sources=self.places[source].networks,
            sockets=tuple(sorted(sockets)),
            networks=tuple(sorted(networks)),
            internet=any(target.kind is PlaceKind.INTERNET for target in allowed),
        )

    def openers(self, target: str) -> tuple[Place, ...]:
        """The places whose machines may open connections to a place, by name."""
        return self._openers.get(target, ())

    @cached_property
    def _openers(self) -> Mapping[str, tuple[Place, ...]]:
        found: defaultdict[str, dict[str, Place]] = defaultdict(dict)
        for allowance in self.allowances:
            found[allowance.target.name][allowance.source.name] = allowance.source
        return {target: tuple(places[name] for name in sorted(places)) for target, places in found.items()}

    def is_internet(self, address: IPv4Address) -> bool:
        """Whether an address is outside all networks that are ours, private or reserved."""
        return not any(address in network for network in self.not_internet)

    def allows(self, source: str, target: IPv4Address, protocol: str, port: int) -> bool:
        """Whether machines of `source` may open `protocol` (`icmp`, `tcp`, `udp`) to an address."""
        permit = self.permit(source)
        return (
            any(target in network for network in permit.networks)
            or any((s.address, s.protocol, s.port) == (target, protocol, port) for s in permit.sockets)
            or (permit.internet and self.is_internet(target))
        )


def matrix(inventory: Inventory) -> Matrix:
    """Resolve policy.yml; InputError for an unknown name."""
    places = {place.name: place for place in _places(inventory)}
    allowances = tuple(
        Allowance(_place(places, reach.source), _place(places, reach.to), reach.why)
        for reach in inventory.policy.reach
    )
    return Matrix(places, allowances, _not_internet(inventory), _bogons(inventory))


def _place(places: Mapping[str, Place], name: str) -> Place:
    if name not in places:
        raise InputError(f'policy.yml: there is no zone, segment, service or other place "{name}".')
    return places[name]


def _places(inventory: Inventory) -> list[Place]:
    numbers = inventory.numbers
    return [
        *(_service(inventory, name) for name in inventory.services),
        *(_segment(inventory, name) for name in inventory.datacenter.segments),
        *(Place(name, PlaceKind.ZONE, (zone.pool,)) for name, zone in inventory.city.zones.items()),
        Place(INTERNET, PlaceKind.INTERNET, ()),
        Place(PROVINCE_PLACE, PlaceKind.PROVINCE, tuple(sorted(inventory.backbone.province.prefixes))),
        Place(BASTION, PlaceKind.BASTION, (IPv4Network(numbers.loopbacks[BASTION]),)),
    ]


def _service(inventory: Inventory, name: str) -> Place:
    address = inventory.numbers.services[name]
    ports = inventory.services[name].ports
    sockets = sorted(Socket(address, Protocol(port.protocol), port.number) for port in ports)
    return Place(name, PlaceKind.SERVICE, (IPv4Network(address),), tuple(sockets))


def _segment(inventory: Inventory, name: str) -> Place:
    inside = [service for service, data in inventory.services.items() if data.segment == name]
    services = [_service(inventory, service) for service in inside]
    networks = {network for service in services for network in service.networks}
    networks |= set(inventory.numbers.lans[name].values())
    sockets = {socket for service in services for socket in service.sockets}
    return Place(name, PlaceKind.SEGMENT, tuple(sorted(networks)), tuple(sorted(sockets)))


def _city_space(inventory: Inventory) -> list[IPv4Network]:
    pools = inventory.city.pools
    zones = (zone.pool for zone in inventory.city.zones.values())
    return [inventory.city.public, pools.loopback, pools.link, pools.service, pools.datacenter, *zones]


def _bogons(inventory: Inventory) -> tuple[IPv4Network, ...]:
    return tuple(collapse_addresses([*RESERVED, *_city_space(inventory)]))


def _not_internet(inventory: Inventory) -> tuple[IPv4Network, ...]:
    outside = inventory.backbone.province.prefixes
    return tuple(collapse_addresses([*RESERVED, *_city_space(inventory), *outside]))
