"""Which places made a line: asked of the small city, whose files are known."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from baubau_ops.cli.app import run
from baubau_ops.core import settings
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load
from baubau_ops.network.blame.edits import Changes, Item
from baubau_ops.network.blame.lines import BlamedLine, blame, differing
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.lines.keys import keys
from baubau_ops.network.platforms.frr.lines.origins import written
from baubau_ops.network.platforms.frr.render.text import render_router
from tests.network.conftest import small_city


@cache
def lines_of(device: str) -> tuple[BlamedLine, ...]:
    return blame(small_city(), device)


def line(device: str, text: str) -> BlamedLine:
    return next(one for one in lines_of(device) if one.text.strip() == text)


def places(found: BlamedLine) -> list[str]:
    """The causes as `FILE PATH`; that each line number is right is another test's."""
    return [f"{cause.place.split('/')[-1].split(':')[0]} {cause.path}".rstrip() for cause in found.causes]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """Another city, which has no name, number or rate in common with the small one but by chance."""
    return generate(tmp_path_factory.mktemp("other") / "city", sites=100, seed=3)


def test_marks_leave_the_text_of_every_router_as_it_is(devices: dict[str, Router]) -> None:
    for device in devices.values():
        assert "".join(f"{one.text}\n" for one in written(device)) == render_router(device)


def test_a_template_line_holds_the_fixed_words_of_what_it_wrote(devices: dict[str, Router]) -> None:
    templates: dict[str, list[str]] = {}
    for device in devices.values():
        for one in written(device):
            if one.template is None:
                assert one.text == "end" or one.text.startswith("#@ section ")
                continue
            file = one.template.file
            source = templates.setdefault(file, (settings.root() / file).read_text().splitlines())
            if "program(" in source[one.template.line - 1]:
                continue  # a value of many lines
            fixed = source[one.template.line - 1].split("{{")[0].split("{%")[0]
            assert one.text.lstrip("\t ").startswith(fixed.lstrip("\t ").rstrip()), (one, fixed)


def test_a_macro_is_named_where_its_line_stands(devices: dict[str, Router]) -> None:
    (found,) = [
        one for one in written(devices["ce-dinkes"]) if "ip daddr . meta l4proto . th dport" in one.text
    ][:1]
    assert found.template is not None
    source = (settings.root() / found.template.file).read_text().splitlines()[found.template.line - 1]
    assert found.template.file == "netconf/frr/nft-permit.j2"
    assert "ip daddr . meta l4proto . th dport" in source


@pytest.mark.parametrize(
    ("device", "text", "expected"),
    [
        ("core-1", "ip route 10.80.0.0/14 Null0 250", ["city.yml zones.cctv.pool"]),
        ("core-1", "ip address 10.255.0.2/32", ["allocations.yml loopbacks.core-1"]),
        ("core-1", "interface lo", []),
        ("pop-wolio", "log syslog informational", []),
        ("pop-wolio", "hostname pop-wolio", ["backbone.yml pops.wolio"]),
    ],
)
def test_everything_that_made_a_line_is_named(device: str, text: str, expected: list[str]) -> None:
    assert places(line(device, text)) == expected


@pytest.mark.parametrize(
    ("device", "text", "first"),
    [
        ("ce-dinkes", "hostname ce-dinkes", "dinkes.yml"),
        ("ce-dinkes", "ip address 10.254.0.33/31", "allocations.yml sites.dinkes.links.wolio.prefix"),
        ("ce-dinkes", "neighbor 10.254.0.32 remote-as 64496", "city.yml asn"),
        ("ce-dinkes", "transmit-interval 100", "city.yml link_classes.fibre.bfd.interval"),
        ("pop-wolio", "ip daddr { 10.255.0.1/32 } goto police", "policy.yml"),
    ],
)
def test_the_most_particular_place_comes_first(device: str, text: str, first: str) -> None:
    assert places(line(device, text))[0].startswith(first)


@pytest.mark.parametrize("device", ["ce-dinkes", "pop-wolio", "core-1", "dc-1"])
def test_every_line_is_blamed_on_the_inventory_or_holds_in_every_city(device: str, other: Inventory) -> None:
    role = small_city().topology.nodes[device].role
    texts = [
        render_router(one) for name, one in derive(other).items() if other.topology.nodes[name].role == role
    ]
    elsewhere = {line for text in texts for line in text.splitlines()}
    for one in lines_of(device):
        assert one.template is not None or one.text == "end" or one.text.startswith("#@ section ")
        assert one.causes or one.text in elsewhere, one


def test_a_computed_cost_is_blamed_on_what_it_is_computed_from() -> None:
    cost = next(one for one in lines_of("core-1") if one.text == " ip ospf cost 12")
    assert places(cost)[0] == "backbone.yml spans[1].km"


def test_sites_elsewhere_made_nothing() -> None:
    assert not [one for one in lines_of("ce-dinkes") for cause in one.causes if "bappeda" in str(cause)]


def test_the_place_is_the_line_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(settings.root() / "examples/small", folder)
    city = folder / "city.yml"
    city.write_text("# moved\n# down\n" + city.read_text())
    number = next(n for n, one in enumerate(city.read_text().splitlines(), 1) if one.startswith("asn:"))
    found = next(one for one in blame(load(folder), "ce-dinkes") if one.text.endswith("remote-as 64496"))
    assert found.causes[0].place == f"{city}:{number}"


def test_a_number_that_is_not_locked_is_blamed_on_its_pool(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(settings.root() / "examples/small", folder)
    (folder / "allocations.yml").unlink()
    found = next(one for one in blame(load(folder), "ce-dinkes") if one.text.startswith(" bgp router-id "))
    assert "city.yml pools.loopback" in places(found)


def test_a_line_is_told_apart_by_its_block_not_by_its_place() -> None:
    before = keys("interface a\n ip x\nexit\n!\ninterface b\n ip x\nexit\n")
    after = keys("interface b\n ip x\nexit\n!\ninterface a\nexit\n")
    assert differing(before, after) == {2}


def test_a_sequence_number_is_no_part_of_a_line() -> None:
    before = keys("ip prefix-list a seq 5 permit 10.0.0.0/8\nip prefix-list a seq 10 permit 10.1.0.0/16\n")
    after = keys("ip prefix-list a seq 5 permit 10.1.0.0/16\n")
    assert differing(before, after) == {1}


def test_renaming_spares_fields_and_longer_names() -> None:
    documents: dict[str, Any] = {
        "x.yml": {"wolio": 1, "a": {"wolio": "wolio", "b": ["pop-wolio", "wolio-2", "c--pop-wolio-b"]}}
    }
    (changed,) = Changes(documents, {}).of(Item("x.yml", ("a", "wolio"), "name"))
    assert changed["x.yml"]["a"] == {"woliox": "woliox", "b": ["pop-woliox", "wolio-2", "c--pop-woliox-b"]}
    assert documents["x.yml"]["a"]["wolio"] == "wolio"


def test_the_command_tells_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    city = str(settings.root() / "examples/small")
    assert (
        run(["net", "blame", "ce-dinkes", "--grep", "remote-as", "--inventory", city, "--output", "json"])
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    (found,) = document["lines"]
    assert found["template"].startswith("netconf/frr/bgp.j2:")
    assert found["inventory"][0]["path"] == "asn"
    assert run(["net", "blame", "ce-dinkes", "--line", "9999", "--inventory", city]) == 2
