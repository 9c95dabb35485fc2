"""What verify is to find: shortest paths, choices of BGP, forwarding tables, on the small city and broken ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import product

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.network.expect.bgp import preference_in
from baubau_ops.network.expect.expectation import Expectation, NextHop
from baubau_ops.network.expect.network import expect_routers, expected
from baubau_ops.network.expect.ospf import MAX_METRIC, shortest_paths
from baubau_ops.network.model.router import RouteMap, Router

DEFAULT = IPv4Network("0.0.0.0/0")


@pytest.fixture
def intent(inventory: Inventory) -> Expectation:
    return expected(inventory)


def _without(devices: Mapping[str, Router], *links: tuple[str, str]) -> dict[str, Router]:
    """The city after some pairs of neighbours lost all links between them."""
    cut = {frozenset(link) for link in links}
    return {
        name: replace(
            device,
            interfaces=tuple(
                port for port in device.interfaces if frozenset((name, port.neighbour)) not in cut
            ),
        )
        for name, device in devices.items()
    }


def _inside(devices: Mapping[str, Router]) -> dict[str, Router]:
    return {name: device for name, device in devices.items() if device.role in INFRASTRUCTURE}


def _floyd(devices: Mapping[str, Router]) -> dict[tuple[str, str], float]:
    """Distances by another algorithm (Floyd and Warshall)."""
    found: dict[tuple[str, str], float] = {(name, name): 0 for name in devices}
    for name, device in devices.items():
        stub = device.routing.ospf is not None and device.routing.ospf.stub
        for port in device.interfaces:
            if port.ospf:
                cost = MAX_METRIC if stub else port.ospf.cost
                pair = (name, port.neighbour)
                found[pair] = min(found.get(pair, float("inf")), cost)
    for via, start, end in product(devices, repeat=3):
        length = found.get((start, via), float("inf")) + found.get((via, end), float("inf"))
        if length < found.get((start, end), float("inf")):
            found[start, end] = length
    return found


@pytest.mark.parametrize(
    "cut",
    [
        (),
        (("core-1", "core-2"),),
        (("core-1", "pop-wolio"),),
        (("core-1", "core-2"), ("pop-wolio", "pop-batupoaro"), ("pop-murhum", "pop-batupoaro")),
    ],
)
def test_distances_agree_with_another_algorithm(
    devices: dict[str, Router], cut: tuple[tuple[str, str], ...]
) -> None:
    city = _inside(_without(devices, *cut))
    distances = _floyd(city)
    for root in city:
        paths = shortest_paths(city, root)
        assert {name: float(reached.cost) for name, reached in paths.items()} == {
            end: cost for (start, end), cost in distances.items() if start == root and cost < float("inf")
        }


def test_next_hops_lie_on_shortest_paths(devices: dict[str, Router]) -> None:
    """Every first hop, and no other port, begins a path of the least cost."""
    city = _inside(devices)
    distances = _floyd(city)
    for root, device in city.items():
        stub = device.routing.ospf is not None and device.routing.ospf.stub
        for name, reached in shortest_paths(city, root).items():
            best = {
                NextHop(port.peer, port.name)
                for port in device.interfaces
                if port.ospf
                and name != root
                and (MAX_METRIC if stub else port.ospf.cost) + distances[port.neighbour, name] == reached.cost
            }
            assert reached.next_hops == best


def test_the_firewalls_carry_no_transit_even_without_the_core_link(devices: dict[str, Router]) -> None:
    city = _inside(_without(devices, ("core-1", "core-2")))
    ways = shortest_paths(city, "core-1")["core-2"].next_hops
    assert {way.interface for way in ways} == {"to-wolio"}


def test_a_service_is_reached_through_the_active_firewall(inventory: Inventory, intent: Expectation) -> None:
    service = IPv4Network(inventory.numbers.services["satu-data"])
    for core in ("core-1", "core-2"):
        route = intent.routers[core].fib[service]
        assert {way.interface for way in route.next_hops} == {"to-dc-1"}
        assert route.protocol == "bgp"
    for firewall in inventory.datacenter.firewalls:
        route = intent.routers[firewall].fib[service]
        assert {way.interface for way in route.next_hops} == {"lan-services"}
        assert route.protocol == "static"


def test_losing_the_active_firewall_moves_services_to_the_other(
    inventory: Inventory, devices: dict[str, Router]
) -> None:
    left = {name: device for name, device in devices.items() if name != "dc-1"}
    left = _without(left, ("core-1", "dc-1"), ("core-2", "dc-1"))
    for name, device in left.items():
        assert device.routing.bgp is not None
        neighbours = tuple(one for one in device.routing.bgp.neighbours if one.device != "dc-1")
        routing = replace(device.routing, bgp=replace(device.routing.bgp, neighbours=neighbours))
        left[name] = replace(device, routing=routing)
    route = expect_routers(left).routers["core-1"].fib[IPv4Network(inventory.numbers.services["dns"])]
    assert {way.interface for way in route.next_hops} == {"to-dc-2"}


def test_cores_prefer_their_own_isp_and_pops_the_nearer_core(intent: Expectation) -> None:
    def way_out(device: str) -> set[str]:
        return {way.interface for way in intent.routers[device].fib[DEFAULT].next_hops}

    assert way_out("core-1") == {"to-isp-1"}
    assert way_out("core-2") == {"to-isp-2"}
    assert way_out("pop-wolio") == {"to-core-1"}
    assert way_out("pop-betoambari") == {"to-core-2"}


def test_without_isps_the_cores_own_default_remains(inventory: Inventory, devices: dict[str, Router]) -> None:
    left = {}
    for name, device in devices.items():
        assert device.routing.bgp is not None
        neighbours = tuple(
            one for one in device.routing.bgp.neighbours if one.device not in inventory.backbone.isps
        )
        routing = replace(device.routing, bgp=replace(device.routing.bgp, neighbours=neighbours))
        left[name] = replace(device, routing=routing)
    found = expect_routers(left).routers
    assert DEFAULT not in found["core-1"].fib  # what is nobody's dies here
    assert {way.interface for way in found["pop-wolio"].fib[DEFAULT].next_hops} == {"to-core-1"}
    for site in inventory.topology.with_role(Role.SITE):
        assert DEFAULT in found[site.name].fib


def test_discards_are_at_the_cores_only(inventory: Inventory, intent: Expectation) -> None:
    pools = {zone.pool for zone in inventory.city.zones.values()}
    for name, device in intent.routers.items():
        discards = {prefix for prefix, route in device.fib.items() if route.type == "blackhole"}
        assert (pools <= discards) == name.startswith("core-")
        assert name.startswith("core-") or not discards


def test_a_site_knows_its_own_networks_and_a_default(inventory: Inventory, intent: Expectation) -> None:
    for site in inventory.topology.with_role(Role.SITE):
        lans = {lan.prefix for lan in inventory.topology.lans_of(site.name)}
        links = {link.end(site.name).address.network for link in inventory.topology.links_of(site.name)}
        assert set(intent.routers[site.name].fib) == lans | links | {DEFAULT}
        sessions = intent.routers[site.name].bgp.values()
        assert len(sessions) == len(links)
        for session in sessions:
            assert session.accepted == {DEFAULT}
            assert session.sent == lans | {IPv4Network(site.loopback or "")}


def test_a_site_with_two_links_uses_its_primary_and_everybody_knows_the_backup(
    inventory: Inventory, intent: Expectation
) -> None:
    primary, backup = (f"pop-{link.pop}" for link in inventory.sites["rsud"].links)
    own = {IPv4Network(inventory.numbers.sites["rsud"].loopback)}
    own |= {lan.prefix for lan in inventory.topology.lans_of("ce-rsud")}
    assert _ways(intent, "ce-rsud", DEFAULT) == {"to-betoambari"}
    for prefix in own - {lan.prefix for lan in inventory.topology.lans_of("ce-rsud")}:
        assert _ways(intent, primary, prefix) == {"ce1"}
        # The backup POP has a path of its own, but follows the primary's, over the backbone.
        assert _ways(intent, backup, prefix) <= {"to-core-1", "to-batupoaro", "to-murhum"}
    for pop in (primary, backup):
        for session in intent.routers[pop].bgp.values():
            if session.neighbour.startswith("core-"):
                assert own <= session.sent
                assert own <= session.accepted  # the other POP's path
        for core in inventory.backbone.cores:
            (back,) = (one for one in intent.routers[core].bgp.values() if one.neighbour == pop)
            assert own <= back.accepted
            assert (back.addpath_send, back.addpath_receive) == (True, True)


def _ways(intent: Expectation, device: str, prefix: IPv4Network) -> set[str]:
    return {way.interface for way in intent.routers[device].fib[prefix].next_hops}


def test_losing_the_primary_pop_moves_a_site_to_its_backup(
    inventory: Inventory, devices: dict[str, Router]
) -> None:
    lost = "pop-betoambari"
    left = {name: device for name, device in devices.items() if name != lost}
    left = _without(left, *((lost, name) for name in left))
    for name, device in left.items():
        assert device.routing.bgp is not None
        neighbours = tuple(one for one in device.routing.bgp.neighbours if one.device != lost)
        routing = replace(device.routing, bgp=replace(device.routing.bgp, neighbours=neighbours))
        left[name] = replace(device, routing=routing)
    after = expect_routers(left)
    office = inventory.numbers.sites["rsud"].segments["office"]
    assert _ways(after, "ce-rsud", DEFAULT) == {"to-wolio"}
    assert _ways(after, "pop-wolio", office) == {"ce2"}
    assert _ways(after, "core-1", office) == {"to-wolio"}


@pytest.mark.parametrize(
    ("pop", "tag", "preference"),
    [
        ("pop-wolio", "64496:1:50", 50),
        ("pop-wolio", None, 50),  # the inventory says backup, whatever the router in the office says
        ("pop-wolio", "64496:1:300", 50),
        ("pop-betoambari", None, None),
        ("pop-betoambari", "64496:1:50", 50),  # it may ask for less
        ("pop-betoambari", "64496:1:300", None),
    ],
)
def test_a_site_can_only_lower_its_preference(
    devices: dict[str, Router], pop: str, tag: str | None, preference: int | None
) -> None:
    router = devices["ce-rsud"]
    assert router.routing.bgp is not None
    neighbours = tuple(replace(one, route_map_out="tag") for one in router.routing.bgp.neighbours)
    routing = replace(
        router.routing,
        route_maps=(RouteMap("tag", community=tag),),
        bgp=replace(router.routing.bgp, neighbours=neighbours),
    )
    city = {**devices, "ce-rsud": replace(router, routing=routing)}
    assert devices[pop].routing.bgp is not None
    (session,) = (one for one in devices[pop].routing.bgp.neighbours if one.device == "ce-rsud")
    assert preference_in(city, devices[pop], session) == preference


def test_isps_learn_public_space_only(inventory: Inventory, intent: Expectation) -> None:
    for name, isp in inventory.backbone.isps.items():
        session = intent.routers[isp.core].bgp[isp.peer]
        assert session.neighbour == name
        assert session.sent == {inventory.city.public, inventory.backbone.cores[isp.core].nat}


def test_the_bastion_is_reached_through_the_nearer_core(inventory: Inventory, intent: Expectation) -> None:
    bastion = IPv4Network(inventory.numbers.loopbacks["bastion"])
    assert {way.interface for way in intent.routers["core-1"].fib[bastion].next_hops} == {"to-bastion"}
    assert {way.interface for way in intent.routers["pop-wolio"].fib[bastion].next_hops} == {"to-core-1"}
    # Both cores are equally far from a firewall: it uses both.
    assert {way.interface for way in intent.routers["dc-1"].fib[bastion].next_hops} == {
        "to-core-1",
        "to-core-2",
    }


def test_adjacencies_have_two_ends(devices: dict[str, Router], intent: Expectation) -> None:
    for name, device in intent.routers.items():
        for adjacency in device.ospf.values():
            there = intent.routers[adjacency.neighbour].ospf
            back = next(
                one for one in there.values() if one.address == _address(devices[name], adjacency.interface)
            )
            assert (back.neighbour, back.cost, back.hello) == (name, adjacency.cost, adjacency.hello)
        for session in device.bgp.values():
            if session.neighbour in intent.routers:
                backs = [
                    one for one in intent.routers[session.neighbour].bgp.values() if one.neighbour == name
                ]
                assert len(backs) == 1
                assert (backs[0].addpath_send, backs[0].addpath_receive) == (
                    session.addpath_receive,
                    session.addpath_send,
                )
                assert (backs[0].local_role, backs[0].remote_role) == (
                    session.remote_role,
                    session.local_role,
                )


def _address(device: Router, name: str) -> IPv4Address:
    return next(port.address.ip for port in device.interfaces if port.name == name)
