from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import bad_input
import pytest

from baubau_ops.inventory.city.costs import span_cost
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import (
    MAX_PORT_NAME,
    LinkKind,
    Role,
    link_id,
    port_towards,
    span_ids,
)
from baubau_ops.inventory.files.backbone import Span
from baubau_ops.inventory.load import load


def test_the_platform_is_the_role_s_or_the_site_s(city: Path) -> None:
    assert {node.platform for node in load(city).topology.ours} == {"frr"}
    file = city / "city.yml"
    file.write_text(file.read_text() + "platforms: {site: routeros, core: ios}\n")
    site = city / "sites/dinkes.yml"
    site.write_text(site.read_text() + "platform: frr\n")
    nodes = load(city).topology.nodes
    names = ("core-1", "pop-wolio", "dc-1", "ce-rsud", "ce-dinkes", "isp-1", "bastion")
    assert [nodes[name].platform for name in names] == ["ios", "frr", "frr", "routeros", "frr", "", ""]


def test_every_node_of_the_small_city(small: Inventory) -> None:
    roles = {name: node.role for name, node in small.topology.nodes.items()}
    assert {role: sorted(n for n, r in roles.items() if r is role) for role in Role} == {
        Role.CORE: ["core-1", "core-2"],
        Role.POP: ["pop-batupoaro", "pop-betoambari", "pop-murhum", "pop-wolio"],
        Role.FIREWALL: ["dc-1", "dc-2"],
        Role.SITE: [f"ce-{site}" for site in sorted(small.sites)],
        Role.ISP: ["isp-1", "isp-2"],
        Role.PROVINCE: ["prov"],
        Role.BASTION: ["bastion"],
    }
    assert [node.name for node in small.topology.ours if node.loopback is None] == []


def test_both_ends_of_a_link_share_its_prefix_and_ports_are_unique(small: Inventory) -> None:
    seen: set[tuple[str, str]] = set()
    for link in small.topology.links.values():
        assert link.a.address.network == link.b.address.network
        assert link.a.address.network.prefixlen == 31
        assert link.end(link.a.node) is link.a
        assert link.far(link.a.node) is link.b
        for port in (link.a, link.b):
            assert (port.node, port.name) not in seen
            assert re.fullmatch(r"to-[a-z0-9-]+|ce[0-9]+", port.name)
            assert len(port.name) <= MAX_PORT_NAME
            seen.add((port.node, port.name))


def test_the_site_has_the_odd_end_and_the_pop_numbers_its_ports(small: Inventory) -> None:
    link = small.topology.links["pop-murhum--ce-puskesmas-wajo"]
    assert (link.kind, link.media) == (LinkKind.ACCESS, "leased")
    assert (str(link.a.address), link.a.name) == ("10.254.0.36/31", "ce2")
    assert (str(link.b.address), link.b.name) == ("10.254.0.37/31", "to-murhum")


def test_a_site_with_two_links_has_a_port_to_each_pop(small: Inventory) -> None:
    links = small.topology.links_of("ce-rsud")
    assert [(link.a.node, link.a.name, link.b.name, str(link.b.address)) for link in links] == [
        ("pop-betoambari", "ce1", "to-betoambari", "10.254.0.39/31"),
        ("pop-wolio", "ce2", "to-wolio", "10.254.0.41/31"),
    ]
    # The primary comes first, however the file orders them; each has rates of its own.
    site = small.sites["rsud"]
    turned = site.model_copy(update={"multi": tuple(reversed(site.multi))})
    assert turned.links == site.links
    assert [turned.link_path(link.pop) for link in turned.links] == [("links", 1), ("links", 0)]
    assert [link.peak and link.peak.up for link in links] == [200_000_000, 100_000_000]


def test_parallel_spans_have_names_of_their_own(small: Inventory) -> None:
    assert span_ids(small.backbone)[:2] == ["core-1--core-2", "core-1--core-2-b"]
    assert small.topology.links["core-1--core-2-b"].a.name == "to-core-2-b"
    assert port_towards("pop-wolio") == "to-wolio"
    assert link_id("a", "b", 2) == "a--b-c"


@pytest.mark.parametrize(("km", "capacity", "cost"), [(0.3, "10G", 10), (4.7, "10G", 15), (1, "1G", 101)])
def test_costs_follow_capacity_and_length(km: float, capacity: str, cost: int) -> None:
    assert span_cost(Span(a="core-1", b="wolio", km=km, capacity=capacity)) == cost  # type: ignore[arg-type]


def test_a_pinned_cost_wins(small: Inventory) -> None:
    assert span_cost(small.backbone.spans[0].model_copy(update={"cost": 77})) == 77


def test_lans_hold_gateway_and_host(small: Inventory) -> None:
    (lan,) = (lan for lan in small.topology.lans_of("ce-dinkes") if lan.zone == "office")
    assert (str(lan.gateway), str(lan.host), str(lan.prefix)) == (
        "10.64.0.129/26",
        "10.64.0.130",
        "10.64.0.128/26",
    )
    assert {lan.router for lan in small.topology.lans if lan.zone == "services"} == {"dc-1", "dc-2"}


def test_a_pop_is_found_by_either_name(small: Inventory) -> None:
    assert (
        small.topology.find("wolio") == small.topology.find("pop-wolio") == small.topology.nodes["pop-wolio"]
    )
    assert small.topology.find("nowhere") is None


def test_a_site_without_a_link_has_no_router(city: Path) -> None:
    bad_input.edit(
        bad_input.DINKES,
        ("link: {pop: wolio, media: fibre, committed: 50M, peak: 100M, status: built}\n", ""),
        ("assumed: [link]", "assumed: [name]"),
    )(city)
    inventory = load(city)
    assert "ce-dinkes" not in inventory.topology.nodes
    assert inventory.topology.links_of("pop-wolio")
    assert not [link for link in inventory.topology.links if "dinkes" in link]


def test_order_of_files_and_spans_does_not_matter(small: Inventory) -> None:
    spans = tuple(reversed(small.backbone.spans[2:]))
    backbone = small.backbone.model_copy(update={"spans": (*small.backbone.spans[:2], *spans)})
    again = replace(small, backbone=backbone, sites=dict(reversed(small.sites.items())))
    assert again.topology == small.topology
