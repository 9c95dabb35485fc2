"""The city as a map for print: each kecamatan with its POP and sites, the rings between them, in black and white too.

One SVG without external resources. Nodes and lines carry the name of their object in `data-id`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from html import escape

from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link, LinkKind, link_id, pop_device, site_device
from baubau_ops.inventory.views.map.layout import (
    LINE,
    Labels,
    PlacedArea,
    PlacedNode,
    Point,
    Rect,
    lay_out,
    span_ways,
    text_width,
)

_OUTSIDE = frozenset({LinkKind.ISP, LinkKind.PROVINCE, LinkKind.DATACENTER, LinkKind.BASTION})
_LEGEND_LINE = 20.0

_RULES = """\
text{font:10px "DejaVu Sans Mono","Liberation Mono",monospace;fill:#111}
.title{font:bold 13px sans-serif}
.head{font:bold 11px sans-serif}
.mid{text-anchor:middle}
.area{fill:#f6f7f4;stroke:#8a8f84}
.node rect{fill:#fff;stroke:#222;stroke-width:1.3}
.core rect{fill:#e4eef8;stroke-width:1.8}
.pop rect{fill:#e4eef8;stroke-width:1.8}
.firewall rect{fill:#f6ead9}
.again rect{stroke-dasharray:3 2}
.dot{stroke:#222;fill:#fff}
.built .dot{fill:#222}
.none .dot{stroke-dasharray:1.5 1.5}
.none text{fill:#555}
.access{stroke:#9aa392;stroke-width:.9;fill:none}
.link{stroke:#444;stroke-width:1.2}
.span{stroke:#2f5d8c;stroke-width:2.6;fill:none}
.cross{stroke-dasharray:8 4}
.halo{fill:#fff}
.new .dot{fill:#fff3b8;stroke:#b58900;stroke-width:2.2}
.new text{font-weight:bold}
.cut{stroke:#c62828;stroke-width:3.4;stroke-dasharray:2 5}
"""
_STYLE = "".join(
    f".city-map {rule}" for rule in _RULES.splitlines()
)  # pages that hold it have rules of their own


@dataclass(frozen=True, slots=True)
class Mark:
    """A node's or line's mark: a letter, a pattern and a colour; any one of them identifies it."""

    letter: str
    meaning: str
    colour: str
    pattern: str
    """The content of an SVG pattern of 8 by 8."""
    dashes: str
    """The dashes of a line."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """Marks by the names of nodes and links."""

    new: AbstractSet[str] = frozenset()
    cut: AbstractSet[str] = frozenset()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Names that the map does not show, such as shared risks, are listed below it."""


_NOTHING = Highlights()


def draw_map(inventory: Inventory, highlights: Highlights = _NOTHING) -> str:
    """Return the SVG; the same inventory gives the same text."""
    return _Map(inventory, highlights).draw()


class _Map:
    def __init__(self, inventory: Inventory, highlights: Highlights) -> None:
        self._inventory = inventory
        self._topology = inventory.topology
        self._highlights = highlights
        self._layout = lay_out(inventory)
        self._labels = Labels(
            [
                *(area.rect for area in self._layout.areas),
                *(node.rect for node in self._layout.nodes),
            ]
        )

    def draw(self) -> str:
        body = [
            *(text for area in self._layout.areas for text in self._area(area)),
            *(text for link in self._topology.links.values() for text in self._link(link)),
            *(text for node in self._layout.nodes for text in self._node(node)),
        ]
        legend = list(self._legend(self._layout.height + 24))
        width, height = self._layout.width, self._layout.height + 24 + len(legend) * _LEGEND_LINE
        name = escape(self._inventory.city.name)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="city-map" viewBox="0 0 {width:.0f} {height:.0f}"'
            ' role="img">'
            f"<title>{name}</title><style>{_STYLE}</style>{self._patterns()}"
            f'<text class="title" x="20" y="24">{name}</text>\n' + "\n".join([*body, *legend]) + "\n</svg>\n"
        )

    def _patterns(self) -> str:
        used = dict.fromkeys(self._highlights.marks.values())
        patterns = "".join(
            f'<pattern id="mark-{mark.letter}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="#fff"/>{mark.pattern}</pattern>'
            for mark in used
        )
        return f"<defs>{patterns}</defs>"

    def _classes(self, name: str, *classes: str) -> str:
        found = [*classes]
        found += ["new"] if name in self._highlights.new else []
        found += ["cut"] if name in self._highlights.cut else []
        return " ".join(found)

    def _area(self, placed: PlacedArea) -> Iterator[str]:
        rect = placed.rect
        yield f'<rect class="area" {_box(rect)} rx="5"/>'
        yield f'<text class="head" x="{rect.x + 8:.1f}" y="{rect.y + 15:.1f}">{escape(placed.area.title)}</text>'
        yield from self._access(placed)
        for entry, (name, at) in zip(placed.area.entries, placed.sites, strict=True):
            site = self._inventory.sites[name]
            device = site_device(name)
            classes = self._classes(device, "site", entry.status)
            yield (
                f'<g class="{classes}" data-id="{device}"><title>{escape(site.name)}</title>'
                f'<circle class="dot" cx="{at.x:.1f}" cy="{at.y:.1f}" r="3.4"/>'
                f'<text x="{at.x + 8:.1f}" y="{at.y + 3.5:.1f}">{escape(entry.label)}</text></g>'
            )

    def _access(self, placed: PlacedArea) -> Iterator[str]:
        """Draw lines from the POP along the edge of the area, then down or up each column to the marks."""
        if placed.area.pop is None:
            return
        pop = self._layout.node(pop_device(placed.area.pop)).centre
        edge = placed.rect.y + 4 if placed.below else placed.rect.y + placed.rect.height - 4
        for entry, (name, at) in zip(placed.area.entries, placed.sites, strict=True):
            if entry.pop is None:
                continue
            link = link_id(pop_device(entry.pop), site_device(name))
            yield (
                f'<path class="{self._classes(link, "access")}" data-id="{link}" d="M{pop.x:.1f} {pop.y:.1f}V{edge:.1f}'
                f'H{at.x - 8:.1f}V{at.y:.1f}H{at.x - 3:.1f}"/>'
            )

    def _link(self, link: Link) -> Iterator[str]:
        if link.kind is LinkKind.SPAN:
            yield from self._span(link)
        elif link.kind in _OUTSIDE:
            one, two = (self._layout.node(port.node).centre for port in (link.a, link.b))
            classes = self._classes(link.id, "link")
            yield (
                f'<line class="{classes}" data-id="{link.id}" x1="{one.x:.1f}" y1="{one.y:.1f}" x2="{two.x:.1f}"'
                f' y2="{two.y:.1f}"{self._stroke(link.id)}><title>{link.id}</title></line>'
            )

    def _span(self, link: Link) -> Iterator[str]:
        ways = span_ways(self._layout, link.a.node, link.b.node, self._parallel(link))
        classes = self._classes(link.id, "span", *(["cross"] if self._is_cross(link) else []))
        yield (
            f'<path class="{classes}" data-id="{link.id}" d="{"".join(map(_path, ways))}"{self._stroke(link.id)}>'
            f"<title>{link.id}</title></path>"
        )
        text = f"{link.km:g} km {format_rate(link.capacity)}{self._letter(link.id)}"
        targets = [""] if len(ways) == 1 else [f"> {self._id(link.b.node)} ", f"> {self._id(link.a.node)} "]
        for way, target in zip(ways, targets, strict=True):
            label = target + text
            at = self._labels.beside(way, label)
            halo = Rect.around(at, text_width(label) + 2, LINE - 3)
            yield f'<rect class="halo" {_box(halo)}/>'
            yield f'<text class="mid" data-label="{link.id}" x="{at.x:.1f}" y="{at.y + 3.5:.1f}">{escape(label)}</text>'

    def _parallel(self, link: Link) -> int:
        """Return the number of earlier spans between the same two nodes."""
        ends = {link.a.node, link.b.node}
        same = [one.id for one in self._topology.links_of(link.a.node) if {one.a.node, one.b.node} == ends]
        return same.index(link.id)

    def _is_cross(self, link: Link) -> bool:
        ends = {self._id(link.a.node), self._id(link.b.node)}
        return any(
            {span.a, span.b} == ends and span.role == "cross" for span in self._inventory.backbone.spans
        )

    def _id(self, node: str) -> str:
        return self._topology.nodes[node].id

    def _node(self, placed: PlacedNode) -> Iterator[str]:
        node = self._topology.nodes[placed.name]
        classes = self._classes(node.name, "node", node.role.value, *(["again"] if placed.again else []))
        at = placed.rect.centre
        mark = self._highlights.marks.get(node.name)
        fill = f' style="fill:url(#mark-{mark.letter});stroke:{mark.colour}"' if mark else ""
        identity = "" if placed.again else f' data-id="{node.name}"'
        label = f"{node.id}{self._letter(node.name)}"
        halo = Rect.around(at, text_width(label) + 4, LINE - 3)
        isp = self._inventory.backbone.isps.get(node.name)
        title = f"{node.name} AS{node.asn}{f' {isp.name}' if isp else ''}"
        yield (
            f'<g class="{classes}"{identity}><title>{escape(title)}</title>'
            f'<rect {_box(placed.rect)} rx="5"{fill}/>'
            + (f'<rect {_box(halo)} style="fill:#fff;stroke:none"/>' if mark else "")
            + f'<text class="mid" x="{at.x:.1f}" y="{at.y + 3.5:.1f}">{escape(label)}</text></g>'
        )

    def _stroke(self, name: str) -> str:
        mark = self._highlights.marks.get(name)
        if mark is None:
            return ""
        return f' style="stroke:{mark.colour};stroke-dasharray:{mark.dashes};stroke-width:3.4"'

    def _letter(self, name: str) -> str:
        mark = self._highlights.marks.get(name)
        return f" [{mark.letter}]" if mark else ""

    def _legend(self, y: float) -> Iterator[str]:
        lines = [
            "● built · ○ planned · ◌ no link · > connected to a POP elsewhere · + its backup",
            *(
                f"[{mark.letter}] {mark.meaning}"
                for mark in sorted(set(self._highlights.marks.values()), key=lambda mark: mark.letter)
            ),
            *self._unseen(),
        ]
        for index, text in enumerate(lines):
            at = Point(20, y + index * _LEGEND_LINE)
            yield f'<text class="legend" x="{at.x:.1f}" y="{at.y:.1f}">{escape(text)}</text>'

    def _unseen(self) -> Iterator[str]:
        """List the marks without a place on the map: shared risks, whose members fail together."""
        risks = self._inventory.backbone.risks
        for name, mark in sorted(self._highlights.marks.items()):
            if name in risks:
                yield f"[{mark.letter}] {name}: {risks[name].name}"


def _box(rect: Rect) -> str:
    return f'x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'


def _path(way: Sequence[Point]) -> str:
    return "M" + "L".join(f"{point.x:.1f} {point.y:.1f}" for point in way)
