"""From a city to its twin: nothing is missing, nothing collides, everything has a way out."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, MAX_PORT_NAME
from baubau_ops.lab.injector import find_booted, find_link
from baubau_ops.lab.layout import outside
from baubau_ops.lab.layout.clients import PROBE_PORT
from baubau_ops.lab.layout.compose import compose
from baubau_ops.lab.layout.layout import End, Layout
from baubau_ops.lab.nodes.plant import plant_port
from baubau_ops.lab.record import dump_layout, load_layout


def day0(layout: Layout, name: str) -> str:
    """What FRR of a router starts with."""
    return layout.booted[name].files["/etc/frr/frr.conf"].text


def test_every_node_is_booted_or_bare_and_every_lan_has_its_machine(city: Inventory, layout: Layout) -> None:
    assert set(city.topology.nodes) <= layout.places
    assert BASTION in layout.bare
    owners = {(bare.gateway.place, bare.gateway.port) for bare in layout.bare.values()}
    second = {(city.datacenter.firewalls[1], lan.port) for lan in city.topology.lans_of("dc-2")}
    assert {(lan.router, lan.port) for lan in city.topology.lans} - second <= owners


def test_every_end_of_a_wire_is_at_a_place_and_no_port_is_used_twice(layout: Layout) -> None:
    ends = [end for wire in layout.wires.values() for end in wire.ends]
    assert {end.place for end in ends} <= layout.places
    assert len(ends) == len(set(ends))
    assert max(len(end.port) for end in ends) <= MAX_PORT_NAME


def test_macs_and_plant_ports_are_distinct_unicast_and_short(layout: Layout) -> None:
    ends = [end for wire in layout.wires.values() for end in wire.ends]
    assert len({end.mac for end in ends}) == len({plant_port(end) for end in ends}) == len(ends)
    assert all(int(end.mac[:2], 16) & 0b11 == 0b10 for end in ends)  # locally administered, not a group
    assert all(len(plant_port(end)) <= MAX_PORT_NAME for end in ends)


def test_a_port_keeps_its_mac() -> None:
    assert End("core-1", "to-wolio").mac == End("core-1", "to-wolio").mac != End("core-1", "to-murhum").mac


def test_every_port_of_a_machine_is_wired_and_every_route_leaves_by_one_in_its_subnet(layout: Layout) -> None:
    for bare in layout.bare.values():
        wired = {end.port for wire in layout.wires_of(bare.name) for end in wire.at(bare.name)}
        assert wired == set(bare.ports)
        for route in bare.routes:
            assert route.via in bare.ports[route.port].network
            assert route.source is None or route.source in bare.addresses


def test_a_host_of_the_data_center_stands_behind_both_firewalls(city: Inventory, layout: Layout) -> None:
    host = layout.bare["host-services"]
    assert set(host.ports) == {"lan-dc-1", "lan-dc-2"}
    assert [(route.port, route.metric) for route in host.routes] == [("lan-dc-1", 1), ("lan-dc-2", 2)]
    here = {city.numbers.services[name] for name, each in city.services.items() if each.segment == "services"}
    assert set(host.extra) == here


def test_the_seat_reaches_loopbacks_links_and_equipment_by_either_core(
    city: Inventory, layout: Layout
) -> None:
    seat = layout.bare[BASTION]
    pools = city.city.pools
    for target in (pools.loopback, pools.link, city.city.zones["mgmt"].pool):
        assert [r.port for r in seat.routes if r.to == target] == ["to-core-1", "to-core-2"]
    assert not [route for route in seat.routes if route.to.prefixlen == 0]


def test_a_site_machine_knows_where_a_captured_router_would_send(layout: Layout) -> None:
    assert [up.port for up in layout.bare["rsud-cctv"].uplinks] == ["to-betoambari", "to-wolio"]
    (uplink,) = layout.bare["dinkes-cctv"].uplinks
    wire = next(w for w in layout.wires_of("ce-dinkes") if End("ce-dinkes", uplink.port) in w.ends)
    (far,) = wire.far("ce-dinkes")
    assert (far.place, far.mac) == ("pop-wolio", uplink.mac)


def test_machines_answer_on_every_service_port_and_the_probe_port(city: Inventory, layout: Layout) -> None:
    services = {port.number for service in city.services.values() for port in service.ports}
    assert set(layout.ports) == services | {PROBE_PORT}


def test_outside_speaks_the_citys_side_of_every_session(city: Inventory, layout: Layout) -> None:
    for name, isp in city.backbone.isps.items():
        text = day0(layout, name)
        assert f"neighbor {isp.address.ip} remote-as {city.city.asn}" in text
        assert f"neighbor {isp.address.ip} password ${{secret:bgp-{name}}}" in text
        assert f"neighbor {isp.address.ip} default-originate route-map selfish" in text
        assert "route-map selfish permit 10\n set community no-export\n" in text
        assert ("detect-multiplier" in text) == (isp.bfd is not None)
    prov = day0(layout, "prov")
    assert "password ${secret:bgp-prov}" in prov
    assert all(f"network {prefix}" in prov for prefix in city.backbone.province.prefixes)
    assert "default-originate" not in prov


def test_outside_addresses_do_not_meet(city: Inventory, layout: Layout) -> None:
    hosts = [bare for bare in layout.bare.values() if bare.machine.zone == "internet"]
    lans = [bare.ports["eth0"].network for bare in hosts]
    exchanges = [outside._exchange(index) for index in range(outside.MAX_ISPS)]
    nets = [*lans, *exchanges]
    assert all(net.subnet_of(outside.INTERNET) for net in nets)
    assert not [1 for i, a in enumerate(nets) for b in nets[i + 1 :] if a.overlaps(b)]
    assert not city.city.public.overlaps(outside.INTERNET)


def test_a_missing_day0_text_is_named(city: Inventory) -> None:
    texts = {node.name: "" for node in city.topology.ours if node.name != "pop-wolio"}
    with pytest.raises(InputError, match=r"^There is no day-0 text for pop-wolio\.$"):
        compose(city, texts)


def test_the_layout_survives_its_record(layout: Layout, tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "layout.json"
    path.write_text(dump_layout(layout))
    assert load_layout(path) == layout
    path.write_text("{}")
    assert load_layout(path) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("wolio--murhum", "pop-murhum--pop-wolio"),
        ("murhum--wolio", "pop-murhum--pop-wolio"),
        ("pop-wolio--core-1", "core-1--pop-wolio"),
        ("core-1--wolio", "core-1--pop-wolio"),
        ("core-2--core-1-b", "core-1--core-2-b"),
        ("core-1--core-2", "core-1--core-2"),
        ("ce-dinkes--wolio", "pop-wolio--ce-dinkes"),
        ("isp-2--isp-1", "isp-1--isp-2"),
        ("ce-dinkes:lan-office", "ce-dinkes:lan-office"),
    ],
)
def test_links_are_found_as_people_write_them(layout: Layout, written: str, found: str) -> None:
    assert find_link(layout, written)[0].id == found


def test_a_machines_port_on_a_lan_is_found_and_one_on_a_link_is_not(layout: Layout) -> None:
    wire, end = find_link(layout, "dinkes-office:eth0")
    assert (wire.id, end) == ("ce-dinkes:lan-office", End("dinkes-office", "eth0"))
    assert find_link(layout, "ce-dinkes:lan-office") == (wire, None)
    with pytest.raises(InputError, match=r'^The twin has no link "core-1:to-core-2"\.'):
        find_link(layout, "core-1:to-core-2")


def test_a_misspelt_link_or_router_is_corrected(layout: Layout) -> None:
    with pytest.raises(
        InputError, match=r'^The twin has no link "woli--murhum"\. Did you mean "wolio--murhum"\?$'
    ):
        find_link(layout, "woli--murhum")
    with pytest.raises(InputError, match=r'^The twin boots no "core-9"\. Did you mean "core-'):
        find_booted(layout, "core-9")
    assert find_booted(layout, "wolio").name == "pop-wolio"


def test_addresses_lead_to_their_machine(layout: Layout) -> None:
    for bare in layout.bare.values():
        for address in bare.addresses:
            assert layout.owner(address) is bare
    assert layout.owner(IPv4Address("10.99.99.99")) is None
    assert IPv4Network("10.255.0.0/22").supernet_of(IPv4Network(f"{layout.addresses['core-1']}/32"))


def test_a_machine_on_a_lan_with_others_is_named_by_its_port(layout: Layout) -> None:
    lan = layout.wires["ce-dinkes:lan-office"]
    more = replace(lan, ends=(*lan.ends, End("kiosk", "eth0")))
    grown = replace(layout, wires={**layout.wires, lan.id: more})
    assert find_link(grown, lan.id) == (more, None)
    assert find_link(grown, "kiosk:eth0") == (more, End("kiosk", "eth0"))
    assert more.far("kiosk") == lan.ends
    assert grown.wires_of("kiosk") == (more,)
