"""The map and the tree: everything is on them, nothing covers a label, and the same city gives the same drawing."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import LinkKind, Role, site_device
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load
from baubau_ops.inventory.resilience.impacts import resilience
from baubau_ops.inventory.views.map.layout import Rect, lay_out, text_width
from baubau_ops.inventory.views.map.marks import SEVERITY_MARKS, resilience_marks
from baubau_ops.inventory.views.map.svg import Highlights, draw_map
from baubau_ops.inventory.views.tree import graph_text

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session", params=["small", "city", "one site", "three rings"])
def drawn_city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    if request.param in ("small", "city"):
        return load(ROOT / {"small": "examples/small", "city": "inventory"}[request.param])
    sites = {"one site": 1, "three rings": 1200}[request.param]
    return generate(tmp_path_factory.mktemp("city"), sites=sites, seed=2)


def boxes_of_labels(svg: ElementTree.Element) -> list[tuple[str, Rect]]:
    """Every label with the box its letters fill: the font's characters are all of one width."""
    found = []
    for text in svg.iter(f"{SVG}text"):
        if text.get("class") in ("title", "head", "legend"):
            continue
        width, x, y = text_width(text.text or ""), float(text.get("x", "")), float(text.get("y", ""))
        left = x - width / 2 if text.get("class") == "mid" else x
        found.append((text.text or "", Rect(left, y - 8, width, 10)))
    return found


def test_everything_is_on_the_map(drawn_city: Inventory) -> None:
    svg = ElementTree.fromstring(draw_map(drawn_city))
    drawn = [element.get("data-id") for element in svg.iter() if element.get("data-id")]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) >= set(drawn_city.topology.nodes)
    assert set(drawn) >= {site_device(name) for name in drawn_city.sites}
    kinds = set(LinkKind) - {LinkKind.ACCESS}
    assert set(drawn) >= {link.id for link in drawn_city.topology.links.values() if link.kind in kinds}
    shown = " ".join(text.text or "" for text in svg.iter(f"{SVG}text")).split()
    assert set(shown) >= set(drawn_city.sites) | set(drawn_city.backbone.pops)


def test_no_label_covers_another_or_leaves_the_page(drawn_city: Inventory) -> None:
    marks = resilience_marks(resilience(drawn_city))
    svg = ElementTree.fromstring(draw_map(drawn_city, Highlights(marks=marks)))
    boxes = boxes_of_labels(svg)
    covered = [(one, two) for (one, a), (two, b) in combinations(boxes, 2) if a.overlaps(b)]
    assert covered == []
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    page = Rect(0, 0, width, height)
    for text, box in boxes:
        assert box.x >= 0, text
        assert box.x + box.width <= page.width, text
        assert box.y + box.height <= page.height, text


def test_areas_and_routers_stand_apart(drawn_city: Inventory) -> None:
    layout = lay_out(drawn_city)
    places = [(area.area.title, area.rect) for area in layout.areas]
    places += [(node.name, node.rect) for node in layout.nodes]
    assert [(one, two) for (one, a), (two, b) in combinations(places, 2) if a.overlaps(b)] == []
    for area in layout.areas:
        for name, at in area.sites:
            assert area.rect.x < at.x < area.rect.x + area.rect.width, name
            assert area.rect.y < at.y < area.rect.y + area.rect.height, name


def test_the_map_is_one_file_and_always_the_same(drawn_city: Inventory) -> None:
    text = draw_map(drawn_city)
    assert draw_map(drawn_city) == text
    addresses = set(re.findall(r"https?://[^\s\"']+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|<image|href=|<script", text)


def test_marks_are_told_apart_without_colours() -> None:
    marks = list(SEVERITY_MARKS.values())
    assert len({mark.letter for mark in marks}) == len(marks)
    assert len({mark.dashes for mark in marks}) == len(marks)
    assert len({re.sub(r"#[0-9a-f]+", "", mark.pattern) for mark in marks}) == len(marks)


def test_marks_stand_on_nodes_spans_and_below(drawn_city: Inventory) -> None:
    marks = resilience_marks(resilience(drawn_city))
    svg = ElementTree.fromstring(draw_map(drawn_city, Highlights(marks=marks)))
    patterns = {pattern.get("id") for pattern in svg.iter(f"{SVG}pattern")}
    assert patterns == {f"mark-{mark.letter}" for mark in marks.values()}
    legend = [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") == "legend"]
    labels = [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") == "mid"]
    for name, mark in marks.items():
        assert f"[{mark.letter}] {mark.meaning}" in legend
        if name in drawn_city.backbone.risks:
            assert any(line.startswith(f"[{mark.letter}] {name}: ") for line in legend)
        elif name in drawn_city.topology.nodes:
            assert f"{drawn_city.topology.nodes[name].id} [{mark.letter}]" in labels


def test_new_and_cut_stand_out() -> None:
    city = load(ROOT / "examples/small")
    highlights = Highlights(new=frozenset({"ce-dinkes"}), cut=frozenset({"pop-murhum--pop-wolio"}))
    svg = ElementTree.fromstring(draw_map(city, highlights))
    classes = {element.get("data-id"): (element.get("class") or "").split() for element in svg.iter()}
    assert [name for name, found in classes.items() if "new" in found] == ["ce-dinkes"]
    assert [name for name, found in classes.items() if "cut" in found] == ["pop-murhum--pop-wolio"]


def test_the_tree_names_everything(drawn_city: Inventory) -> None:
    tree = graph_text(drawn_city, {"core-1": "C"})
    words = set(tree.split())
    assert words >= {*drawn_city.backbone.pops, *drawn_city.sites, "isp-1", "isp-2", "prov", "dc-1", "dc-2"}
    spans = [link for link in drawn_city.topology.links.values() if link.kind is LinkKind.SPAN]
    cross = sum(span.role == "cross" for span in drawn_city.backbone.spans)
    assert tree.count(" km  ") == len(spans) + cross  # at both ends of a span across
    assert tree.count("[C]") == 1
    assert tree.count("├─ ") + tree.count("└─ ") >= len(drawn_city.topology.with_role(Role.POP, Role.SITE))


def test_the_tree_of_a_small_city() -> None:
    tree = graph_text(load(ROOT / "examples/small"), {"core-1--pop-wolio": "1"}).splitlines()
    assert tree[0] == "Kota Baubau (kecil): 4 POPs on 1 ring, 6 of 6 sites linked"
    start = tree.index("Ring 1: 4 POPs")
    assert tree[start + 1 : start + 7] == [
        "core-1",
        "│  2.1 km  10G  [1]",
        "├─ wolio  2 sites  ╌╌ batupoaro 2.5 km  10G",
        "│  ├─ dinkes  Dinas Kesehatan  fibre 100M",
        "│  └─ rsud  RSUD Kota Baubau  fibre 100M backup",
        "│  1.6 km  10G",
    ]
    assert tree[-1] == "core-2"
