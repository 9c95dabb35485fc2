"""What the derived models must hold whatever the city looks like, shown on the small one."""

from __future__ import annotations

import re
import shutil
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from baubau_ops.core import settings
from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.inventory.load import load
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.filters import (
    PopFilter,
)
from baubau_ops.network.model.router import (
    PortKind,
    PrefixList,
    Queue,
    Router,
    TrafficClass,
)
from baubau_ops.network.platforms.frr.lint.rules import own_checks
from baubau_ops.network.platforms.frr.render.order import interface_order
from baubau_ops.network.platforms.frr.render.queues import htb_classes
from baubau_ops.network.platforms.frr.render.text import render_router
from baubau_ops.network.render.configurations import render


def _copy(folder: Path) -> Path:
    city = folder / "city"
    shutil.copytree(settings.root() / "examples/small", city)
    return city


def _site(pop: str, media: str, segments: str) -> str:
    return (
        "name: Dinas Pariwisata\nkind: agency\nkecamatan: murhum\n"
        f"link: {{pop: {pop}, media: {media}, committed: 50M, peak: 100M, status: planned}}\n"
        f"segments: [{segments}]\n"
    )


@pytest.mark.parametrize(
    ("pop", "media", "segments"),
    [
        ("murhum", "fibre", "office, cctv, wifi"),
        ("batupoaro", "radio", "wifi"),  # a medium that the POP had none of
        ("wolio", "wire", "office, mgmt"),  # one without BFD
    ],
)
def test_a_new_site_changes_its_router_and_its_pop_only(
    tmp_path: Path, inventory: Inventory, pop: str, media: str, segments: str
) -> None:
    folder = _copy(tmp_path)
    (folder / "sites/dinas-pariwisata.yml").write_text(_site(pop, media, segments))
    before, after = render(inventory), render(load(folder))
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {f"pop-{pop}", "ce-dinas-pariwisata"}
    gone = set(before[f"pop-{pop}"].splitlines()) - set(after[f"pop-{pop}"].splitlines())
    # Sets of ports and peers grow within their line; nothing else is touched.
    assert all("{" in line for line in gone)


def test_the_texts_around_a_new_pop_without_sites_are_sound(tmp_path: Path) -> None:
    city = _copy(tmp_path)
    text = (city / "backbone.yml").read_text()
    text = text.replace("pops:\n", "pops:\n  kokalukuna: {kecamatan: kokalukuna}\n")
    old = "  - {a: wolio, b: murhum, km: 1.6, capacity: 10G, assumed: true}\n"
    spans = (
        "{a: wolio, b: kokalukuna, km: 2.2, capacity: 10G}",
        "{a: kokalukuna, b: murhum, km: 3.1, capacity: 10G}",
    )
    new = "".join(f"  - {span}\n" for span in spans)
    assert old in text
    (city / "backbone.yml").write_text(text.replace(old, new))
    for name, device in derive(load(city)).items():
        assert list(own_checks(name, render_router(device))) == []


def test_every_port_is_in_the_topology_with_its_address(
    inventory: Inventory, devices: dict[str, Router]
) -> None:
    topology = inventory.topology
    for device in devices.values():
        known = {
            link.end(device.name).name: link.end(device.name).address
            for link in topology.links_of(device.name)
        }
        known |= {lan.port: lan.gateway for lan in topology.lans_of(device.name)}
        ports = {port.name: port.address for port in device.interfaces if port.kind is not PortKind.LOOPBACK}
        assert ports == known


def test_every_secret_belongs_to_a_session(devices: dict[str, Router]) -> None:
    texts = render_all(devices)
    for name, device in devices.items():
        assert set(re.findall(r"\$\{secret:([^}]+)\}", texts[name])) == device.secrets
    ends: dict[str, int] = {}
    for device in devices.values():
        for secret in device.secrets - {"ospf", "ibgp"}:
            ends[secret] = ends.get(secret, 0) + 1
    # A site's password is known at both ends, an outsider's at ours; nobody else has it.
    assert {
        secret: count for secret, count in ends.items() if secret in ("bgp-isp-1", "bgp-isp-2", "bgp-prov")
    } == {
        "bgp-isp-1": 1,
        "bgp-isp-2": 1,
        "bgp-prov": 1,
    }
    assert {count for secret, count in ends.items() if not secret.startswith(("bgp-isp", "bgp-prov"))} == {2}


def render_all(devices: dict[str, Router]) -> dict[str, str]:
    return {name: render_router(device) for name, device in devices.items()}


def _list(device: Router, name: str) -> PrefixList:
    return next(item for item in device.routing.prefix_lists if item.name == name)


def test_site_filters_are_exact_on_both_sides(inventory: Inventory, devices: dict[str, Router]) -> None:
    for site, data in inventory.sites.items():
        numbers = inventory.numbers.sites[site]
        own = {numbers.segments[zone] for zone in data.segments} | {IPv4Network(numbers.loopback)}
        router, pops = devices[f"ce-{site}"], [devices[f"pop-{link.pop}"] for link in data.links]
        for item in (_list(router, "own"), *(_list(pop, f"from-{site}") for pop in pops)):
            assert {rule.prefix for rule in item.rules} == own
            assert all(rule.ge is None for rule in item.rules)
        default = {IPv4Network("0.0.0.0/0")}
        for device in (router, *pops):
            assert {rule.prefix for rule in _list(device, "default-only").rules} == default


def test_the_ports_of_a_site_with_two_links_take_its_sources_whichever_is_in_use(
    inventory: Inventory, devices: dict[str, Router]
) -> None:
    numbers = inventory.numbers.sites["rsud"]
    own = {IPv4Network(numbers.loopback), *numbers.segments.values()}
    for link in inventory.topology.links_of("ce-rsud"):
        forward = devices[link.a.node].filters.forward
        assert isinstance(forward, PopFilter)
        (port,) = (site for site in forward.sites if site.port == link.a.name)
        assert set(port.sources) == own | {IPv4Network(link.b.address.ip)}
        assert not any(site.sources for site in forward.sites if site != port)
        text = render_router(devices[link.a.node])
        (strict,) = (line for line in text.splitlines() if "fib saddr . iif" in line)
        assert f'"{link.a.name}"' not in strict


def test_a_new_backup_link_changes_the_sites_router_and_its_pops_only(
    tmp_path: Path, inventory: Inventory
) -> None:
    folder = _copy(tmp_path)
    file = folder / "sites/bappeda.yml"
    link = "{pop: murhum, media: fibre, committed: 50M, peak: 100M, status: built}"
    text = file.read_text()
    assert f"link: {link}\n" in text
    backup = link.replace("murhum,", "batupoaro, role: backup,")
    file.write_text(
        text.replace(f"link: {link}\n", f"links:\n  - {link}\n  - {backup}\n").replace("[link]", "[links]")
    )
    before, after = render(inventory), render(load(folder))
    assert {name for name in after if after[name] != before[name]} == {
        "ce-bappeda",
        "pop-batupoaro",
        "pop-murhum",
    }


def test_calls_have_a_class_of_their_own_that_borrows_nothing(
    inventory: Inventory, devices: dict[str, Router]
) -> None:
    guaranteed = inventory.city.kinds["hospital"].voice
    for name in ("ce-rsud", "pop-betoambari", "pop-wolio"):
        ports = {one.name for one in devices[name].interfaces if "rsud" in one.description}
        shaped = [port for port in devices[name].shaped if port.port in ports]
        assert shaped
        for port in shaped:
            classes = {item.queue: item for item in port.classes}
            assert (classes[Queue.VOICE].rate, classes[Queue.VOICE].ceil) == (guaranteed, guaranteed)
            served = [one.priority for one in htb_classes(port) if one.limit]
            assert served == sorted(served)
    (office,) = devices["ce-bappeda"].shaped
    assert Queue.VOICE not in {item.queue for item in office.classes}
    for device in devices.values():
        for port in device.shaped:
            if device.role in INFRASTRUCTURE and port.port.startswith("to-"):
                calls = Queue.VOICE in {item.queue for item in port.classes}
                assert calls == (not port.port.startswith(("to-isp", "to-prov")))


def test_only_calls_bear_the_mark_of_calls(devices: dict[str, Router]) -> None:
    for name, device in devices.items():
        marking = [line for line in render_router(device).splitlines() if "dscp set ef" in line]
        wanted = device.role in (Role.POP, Role.FIREWALL) or name == "ce-rsud"
        assert len(marking) == wanted
        assert all(re.search(r"ip [sd]addr \{ 10\.116\.0\.0/16 \}", line) for line in marking)


def test_nothing_internal_is_told_to_isps(inventory: Inventory, devices: dict[str, Router]) -> None:
    for core, data in inventory.backbone.cores.items():
        told = {rule.prefix for rule in _list(devices[core], "to-isp").rules}
        assert told == {inventory.city.public, data.nat}


def test_next_hops_resolve_through_no_discard_and_no_default(devices: dict[str, Router]) -> None:
    for device in devices.values():
        discards = {route.prefix for route in device.routing.statics if route.next_hop is None}
        for rule in _list(device, "bgp-next-hops").rules:
            assert rule.prefix.prefixlen > 0
            # A discard passes the list only if it is as long as `ge` asks for.
            longest = rule.ge or rule.prefix.prefixlen
            assert not any(
                prefix.prefixlen >= longest and prefix.subnet_of(rule.prefix) for prefix in discards
            )


def test_discards_cover_no_loopback_and_no_link(inventory: Inventory, devices: dict[str, Router]) -> None:
    pools = inventory.city.pools
    for core in inventory.topology.with_role(Role.CORE):
        for route in devices[core.name].routing.statics:
            if route.next_hop is None:
                assert not route.prefix.overlaps(pools.loopback)
                assert not route.prefix.overlaps(pools.link)


def test_ospf_runs_between_infrastructure_routers_only(devices: dict[str, Router]) -> None:
    for device in devices.values():
        for port in device.interfaces:
            inside = bool(port.neighbour) and port.neighbour in devices
            wanted = inside and {device.role, devices[port.neighbour].role} <= INFRASTRUCTURE
            assert (port.ospf is not None) == wanted, f"{device.name} {port.name}"


def test_firewalls_never_carry_transit(devices: dict[str, Router]) -> None:
    stubs = {name for name, device in devices.items() if device.routing.ospf and device.routing.ospf.stub}
    assert stubs == {"dc-1", "dc-2"}


def test_control_is_guaranteed_on_every_shaped_port(inventory: Inventory, devices: dict[str, Router]) -> None:
    control = inventory.city.control
    for device in devices.values():
        for port in device.shaped:
            liveness, management, *others = port.classes
            assert liveness == TrafficClass(Queue.LIVENESS, control, control)
            assert (management.queue, management.rate) == (Queue.MANAGEMENT, control)
            assert control + sum(item.rate for item in others) <= port.rate
            # However much data is waiting, management's rate is left over.
            assert all(item.ceil <= port.rate - control for item in others)


def test_rates_of_a_site(inventory: Inventory, devices: dict[str, Router]) -> None:
    link = inventory.sites["smpn-14"].links[0]
    pop, router = devices["pop-betoambari"], devices["ce-smpn-14"]
    port = next(port for port in pop.interfaces if port.neighbour == "ce-smpn-14")
    download = next(shaped for shaped in pop.shaped if shaped.port == port.name)
    upload = router.shaped[0]
    assert [(item.rate, item.ceil) for item in download.classes if item.queue is Queue.DATA] == [
        (link.committed.down, link.peak.down)
    ]
    assert [(item.rate, item.ceil) for item in upload.classes if item.queue is Queue.DATA] == [
        (link.committed.up, link.peak.up)
    ]


def test_a_span_too_small_for_control_is_refused(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    backbone = (folder / "backbone.yml").read_text()
    old = "{a: wolio, b: murhum, km: 1.6, capacity: 10G, assumed: true}"
    assert old in backbone
    (folder / "backbone.yml").write_text(
        backbone.replace(old, old.replace("10G", "2M, oversubscription: 1000"))
    )
    with pytest.raises(InputError) as error:
        derive(load(folder))
    assert error.value.message == (
        "pop-murhum--pop-wolio: 2M leave nothing for data beside twice 1M for routing and management."
    )


def test_order_of_interfaces_is_frrs() -> None:
    names = ["to-core-2-b", "lo", "ce10", "ce2", "to-core-2", "lan-x", "ce1", "to-core-10"]
    assert sorted(names, key=interface_order) == [
        "ce1",
        "ce2",
        "ce10",
        "lan-x",
        "lo",
        "to-core-2",
        "to-core-2-b",
        "to-core-10",
    ]
