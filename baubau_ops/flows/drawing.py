"""The topology as an SVG: cores above, the ring of POPs as an arc, each POP's sites below it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from html import escape

from baubau_ops.inventory.topology import Link, LinkKind, Node, Role, Topology

WIDTH = 1120
_TOP, _CORE_Y, _RING_Y, _SITE_Y, _SITE_STEP = 60, 170, 290, 430, 34

_STYLE = """
text{font:12px system-ui,sans-serif;fill:#1d2733;text-anchor:middle;dominant-baseline:central}
.node rect{fill:#fff;stroke:#46627f;stroke-width:1.4}
.core rect,.pop rect{fill:#e4eef8}.firewall rect{fill:#f6ead9;stroke:#96682a}
.isp rect,.province rect,.bastion rect{fill:#f3f3f3;stroke:#8a8a8a}
.site rect{fill:#f2f8ee;stroke:#5c8a45}.new rect{fill:#fff3b8;stroke:#b58900;stroke-width:2.4}
line{stroke:#7d90a5;stroke-width:1.6}.span{stroke:#2f5d8c;stroke-width:3}.access{stroke:#8db377}
.cut{stroke:#c62828;stroke-width:3.4;stroke-dasharray:7 6}
"""


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


def draw(
    topology: Topology,
    *,
    new: AbstractSet[str] = frozenset(),
    cut: AbstractSet[str] = frozenset(),
    labels: Mapping[str, str] | None = None,
) -> str:
    """Draw all nodes and links; `new` nodes and `cut` links (by id) stand out, `labels` name nodes."""
    places = _places(topology)
    height = max(point.y for point in places.values()) + 40
    body = [
        *(_line(link, places, link.id in cut) for link in topology.links.values()),
        *(
            _box(node, places[node.name], (labels or {}).get(node.name, node.id), node.name in new)
            for node in topology.nodes.values()
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
        f"<style>{_STYLE}</style>{''.join(body)}</svg>"
    )


def ring_order(topology: Topology) -> list[str]:
    """The POPs as one meets them walking the backbone from the first core, each once."""
    order: list[str] = []
    seen: set[str] = set()
    stack = [node.name for node in topology.with_role(Role.CORE)][:1]
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        if topology.nodes[name].role is Role.POP:
            order.append(name)
        stack += sorted(_backbone_neighbours(topology, name, seen), reverse=True)
    return order


def _backbone_neighbours(topology: Topology, name: str, seen: AbstractSet[str]) -> Iterator[str]:
    for link in topology.links_of(name):
        other = link.far(name).node
        if link.kind is LinkKind.SPAN and other not in seen and topology.nodes[other].role is Role.POP:
            yield other


def _places(topology: Topology) -> dict[str, Point]:
    cores = [node.name for node in topology.with_role(Role.CORE)]
    around = [node.name for node in topology.with_role(Role.ISP, Role.PROVINCE, Role.FIREWALL, Role.BASTION)]
    pops = ring_order(topology)
    places = {name: Point(x, _CORE_Y) for name, x in _row(cores, WIDTH * 0.28)}
    places |= {name: Point(x, _TOP) for name, x in _row(_by_core(topology, around), 60)}
    for index, (name, x) in enumerate(_row(pops, 120)):
        depth = math.sin(math.pi * (index + 0.5) / len(pops)) * 60
        places[name] = Point(x, _RING_Y + depth)
    for pop in pops:
        sites = [
            link.far(pop).node for link in topology.links_of(pop) if link.kind is LinkKind.ACCESS
        ]  # in the order of their names
        for index, site in enumerate(site for site in sites if site not in places):
            places[site] = Point(places[pop].x, _SITE_Y + _SITE_STEP * index)
    return places


def _by_core(topology: Topology, names: Iterable[str]) -> list[str]:
    """Put what hangs on the first core to the left, what hangs on the second to the right."""

    def side(name: str) -> tuple[float, str]:
        cores = sorted(link.far(name).node for link in topology.links_of(name))
        ours = [core for core in cores if topology.nodes[core].role is Role.CORE]
        all_cores = [node.name for node in topology.with_role(Role.CORE)]
        return sum(all_cores.index(core) for core in ours) / max(1, len(ours)), name

    return sorted(names, key=side)


def _row(names: list[str], margin: float) -> Iterator[tuple[str, float]]:
    step = (WIDTH - 2 * margin) / max(1, len(names) - 1)
    for index, name in enumerate(names):
        yield name, WIDTH / 2 if len(names) == 1 else margin + step * index


def _line(link: Link, places: Mapping[str, Point], is_cut: bool) -> str:
    a, b = places[link.a.node], places[link.b.node]
    shift = 5.0 if link.a.name.endswith("-b") else 0.0  # a parallel link lies beside the first
    kind = "cut" if is_cut else link.kind.value
    return (
        f'<line class="{kind}" x1="{a.x:.1f}" y1="{a.y + shift:.1f}" x2="{b.x:.1f}" y2="{b.y + shift:.1f}">'
        f"<title>{escape(link.id)}</title></line>"
    )


def _box(node: Node, at: Point, label: str, is_new: bool) -> str:
    width = max(64, 7.2 * len(label) + 14)
    classes = f"node {node.role.value}{' new' if is_new else ''}"
    return (
        f'<g class="{classes}"><title>{escape(node.name)} AS{node.asn} {node.loopback or ""}</title>'
        f'<rect x="{at.x - width / 2:.1f}" y="{at.y - 13:.1f}" width="{width:.1f}" height="26" rx="6"/>'
        f'<text x="{at.x:.1f}" y="{at.y:.1f}">{escape(label)}</text></g>'
    )
