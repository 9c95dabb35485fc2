"""policy.yml resolved: who may open what, by address and port."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace
from typing import cast

import pytest

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.network.policy import Matrix, PlaceKind, matrix


@pytest.fixture
def small(inventory: Inventory) -> Matrix:
    return matrix(inventory)


def test_an_office_reaches_services_by_their_ports_only(inventory: Inventory, small: Matrix) -> None:
    dns = inventory.numbers.services["dns"]
    assert small.allows("office", dns, "udp", 53)
    assert small.allows("office", dns, "tcp", 53)
    assert not small.allows("office", dns, "tcp", 443)
    assert not small.allows("office", dns, "icmp", 0)


def test_cameras_reach_the_command_center_only(inventory: Inventory, small: Matrix) -> None:
    services = inventory.numbers.services
    assert small.allows("cctv", services["command-center"], "tcp", 554)
    assert not small.allows("cctv", services["dns"], "udp", 53)
    assert not small.allows("cctv", IPv4Address("203.0.113.2"), "tcp", 443)


def test_the_internet_is_neither_city_nor_province_nor_private(inventory: Inventory, small: Matrix) -> None:
    city = inventory.city
    outside = [IPv4Address("203.0.113.2"), IPv4Address("8.8.8.8")]
    inside = [
        city.public[1],
        city.pools.loopback[1],
        city.pools.service[1],
        *(zone.pool[1] for zone in city.zones.values()),
        inventory.backbone.province.prefixes[0][10],
        *map(IPv4Address, ("10.1.2.3", "192.168.1.1", "169.254.1.1", "127.0.0.1", "224.0.0.5")),
    ]
    for zone in ("wifi", "office"):
        assert all(small.allows(zone, address, "tcp", 443) for address in outside)
    assert not any(small.allows("wifi", address, "tcp", 443) for address in inside)


def test_city_space_outside_of_private_space_is_no_internet(inventory: Inventory) -> None:
    """Pools need not be private: what is ours is never the internet, nor may it come from there."""
    pools = inventory.city.pools.model_copy(update={"service": IPv4Network("9.9.9.0/24")})
    city = inventory.city.model_copy(update={"pools": pools})
    other = cast(
        Inventory,
        SimpleNamespace(
            city=city,
            backbone=inventory.backbone,
            datacenter=inventory.datacenter,
            numbers=inventory.numbers,
            services=inventory.services,
            policy=inventory.policy,
        ),
    )
    resolved = matrix(other)
    assert not resolved.is_internet(IPv4Address("9.9.9.9"))
    assert IPv4Network("9.9.9.0/24") in resolved.bogons


def test_segments_send_from_their_lans_and_services(inventory: Inventory, small: Matrix) -> None:
    services = small.places["services"]
    assert services.kind is PlaceKind.SEGMENT
    assert set(inventory.numbers.lans["services"].values()) <= set(services.networks)
    assert IPv4Network(inventory.numbers.services["satu-data"]) in services.networks
    assert IPv4Network(inventory.numbers.services["command-center"]) not in services.networks


def test_a_segment_without_services_offers_nothing(inventory: Inventory) -> None:
    other = cast(
        Inventory,
        SimpleNamespace(
            city=inventory.city,
            backbone=inventory.backbone,
            datacenter=inventory.datacenter,
            numbers=inventory.numbers,
            services={},
            policy=Policy.model_validate({"reach": [{"from": "office", "to": "services", "why": "x"}]}),
        ),
    )
    permit = matrix(other).permit("office")
    assert (permit.sockets, permit.networks, permit.internet) == ((), (), False)


def test_openers_are_those_who_may_come_in(small: Matrix) -> None:
    assert [place.name for place in small.openers("mgmt")] == ["bastion"]
    assert small.openers("office") == ()


def test_an_unknown_name_is_refused(inventory: Inventory) -> None:
    policy = Policy.model_validate({"reach": [{"from": "offices", "to": "services", "why": "x"}]})
    other = cast(
        Inventory,
        SimpleNamespace(
            city=inventory.city,
            backbone=inventory.backbone,
            datacenter=inventory.datacenter,
            numbers=inventory.numbers,
            services=inventory.services,
            policy=policy,
        ),
    )
    with pytest.raises(InputError) as error:
        matrix(other)
    assert error.value.message == 'policy.yml: there is no zone, segment, service or other place "offices".'
