"""The layout of the map: each ring as a rectangle, its areas outside it, external nodes on the left.

All lengths are in pixels of the drawing. Labels are set in a monospaced font, so their width is known, and they are
put where nothing stands yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.rings import Ring, rings
from baubau_ops.inventory.city.topology import Role, pop_device
from baubau_ops.inventory.views.map.areas import Area, areas

CHARACTER = 6.1
"""Width of a character of labels (font size 10)."""
LINE = 14.0
"""Height of a line of text."""
NODE = 22.0
"""Height of a router's box."""

_LEFT, _GAP, _MARGIN = 320.0, 26.0, 20.0
_TITLE = 20.0
_CORRIDOR = 230.0
_OUTSIDE_X, _CORE_X = 95.0, 235.0
_OUTSIDE_STEP = 34.0


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def overlaps(self, other: Rect) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    @classmethod
    def around(cls, at: Point, width: float, height: float) -> Rect:
        return cls(at.x - width / 2, at.y - height / 2, width, height)


@dataclass(frozen=True, slots=True)
class PlacedArea:
    """An area, and where its sites stand."""

    area: Area
    rect: Rect
    below: bool
    """The POP stands above it."""
    sites: tuple[tuple[str, Point], ...]
    """By site: the place of its mark; its label begins beside it."""


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A router or an external node."""

    name: str
    rect: Rect
    again: bool = False
    """A core drawn once more, at a further ring."""


@dataclass(slots=True)
class Layout:
    width: float = 0
    height: float = 0
    areas: list[PlacedArea] = field(default_factory=list)
    nodes: list[PlacedNode] = field(default_factory=list)
    cores: list[Mapping[str, Rect]] = field(default_factory=list)
    """By ring: the cores' boxes at it."""
    ring_of: dict[str, int] = field(default_factory=dict)
    """By POP device: the ring it is on, from 0."""
    facing: dict[str, float] = field(default_factory=dict)
    """By POP device: 1 where the ring's inside lies below it, -1 where it lies above."""

    def node(self, name: str, ring: int = 0) -> Rect:
        """Return the box of a router; for a core, the one at this ring."""
        at = self.cores[ring] if ring < len(self.cores) else {}
        return at.get(name) or next(node.rect for node in self.nodes if node.name == name)


def text_width(text: str) -> float:
    return len(text) * CHARACTER


def lay_out(inventory: Inventory) -> Layout:
    """Place everything; the same inventory gives the same places."""
    layout = Layout()
    of_pops, elsewhere = areas(inventory)
    found = rings(inventory.backbone) or (Ring("core-1", (), "core-2"),)
    y = _MARGIN + _TITLE
    for number, ring in enumerate(found):
        y = _Band(layout, inventory, number, ring, of_pops).place(y)
    layout.height = _rows_of_areas(layout, elsewhere, y)
    layout.width = max([_LEFT + 400, *(area.rect.x + area.rect.width for area in layout.areas)]) + _MARGIN
    return layout


class _Band:
    """One ring: its first half above the corridor from left to right, the other half below on the way back."""

    def __init__(
        self, layout: Layout, inventory: Inventory, number: int, ring: Ring, of_pops: Mapping[str, Area]
    ) -> None:
        self._layout = layout
        self._inventory = inventory
        self._number = number
        half = -(-len(ring.pops) // 2)
        self._above = [of_pops[pop] for pop in ring.pops[:half]]
        self._below = [of_pops[pop] for pop in reversed(ring.pops[half:])]
        self._ends = (ring.start, str(ring.end))

    def place(self, top: float) -> float:
        """Return where the next band may begin."""
        outside = list(self._outside()) if self._number == 0 else [[], [], []]
        room = [len(names) * _OUTSIDE_STEP for names in outside]
        corridor_top = top + max([room[0], *(_height(area) for area in self._above)])
        corridor = max(_CORRIDOR, room[1] + 2 * _OUTSIDE_STEP)
        corridor_end = corridor_top + corridor
        self._cores(corridor_top + NODE, corridor_end - NODE)
        self._stack(outside[0], corridor_top + NODE - room[0])
        self._stack(outside[1], corridor_top + corridor / 2 - (len(outside[1]) - 1) * _OUTSIDE_STEP / 2)
        self._stack(outside[2], corridor_end - NODE + _OUTSIDE_STEP)
        for column, x, width in self._columns():
            if column < len(self._above):
                self._area(self._above[column], x, width, corridor_top, below=False)
            if column < len(self._below):
                self._area(self._below[column], x, width, corridor_end, below=True)
        return corridor_end + max([room[2], *(_height(area) for area in self._below)]) + 2 * _GAP

    def _outside(self) -> Iterator[list[str]]:
        """Return the external nodes connected to the first core only, to both, and to the second only."""
        topology = self._inventory.topology
        cores = [node.name for node in topology.with_role(Role.CORE)]
        others = topology.with_role(Role.ISP, Role.PROVINCE, Role.FIREWALL, Role.BASTION)
        at = {
            node.name: {link.far(node.name).node for link in topology.links_of(node.name)} for node in others
        }
        yield [name for name, near in at.items() if near == {cores[0]}]
        yield [name for name, near in at.items() if len(near) != 1]
        yield [name for name, near in at.items() if near == {cores[1]}]

    def _stack(self, names: Iterable[str], y: float) -> None:
        for index, name in enumerate(names):
            at = Point(_OUTSIDE_X, y + index * _OUTSIDE_STEP)
            self._layout.nodes.append(PlacedNode(name, _box(name, at)))

    def _cores(self, upper: float, lower: float) -> None:
        first, last = self._ends
        boxes = {first: _box(first, Point(_CORE_X, upper)), last: _box(last, Point(_CORE_X, lower))}
        self._layout.cores.append(boxes)
        self._layout.nodes += [PlacedNode(name, rect, self._number > 0) for name, rect in boxes.items()]

    def _columns(self) -> Iterator[tuple[int, float, float]]:
        x = _LEFT
        for column in range(len(self._above)):
            width = max(_width(area) for area in [self._above[column], *self._below[column : column + 1]])
            yield column, x, width
            x += width + _GAP

    def _area(self, area: Area, x: float, width: float, edge: float, *, below: bool) -> None:
        height = _height(area)
        rect = Rect(x, edge if below else edge - height, width, height)
        self._layout.areas.append(_placed(area, rect, below=below))
        assert area.pop is not None, "areas on a ring have a POP"
        name = pop_device(area.pop)
        self._layout.ring_of[name] = self._number
        self._layout.facing[name] = -1.0 if below else 1.0
        at = Point(rect.centre.x, edge - NODE if below else edge + NODE)
        self._layout.nodes.append(PlacedNode(name, _box(area.pop, at)))


def _rows_of_areas(layout: Layout, found: Sequence[Area], y: float) -> float:
    """Areas without a POP, in rows below everything; returns where they end."""
    right = max([_LEFT + 400, *(area.rect.x + area.rect.width for area in layout.areas)])
    x, tallest = _LEFT, 0.0
    for area in found:
        width, height = _width(area), _height(area)
        if x > _LEFT and x + width > right:
            x, y, tallest = _LEFT, y + tallest + _GAP, 0.0
        layout.areas.append(_placed(area, Rect(x, y, width, height), below=True))
        x, tallest = x + width + _GAP, max(tallest, height)
    return y + tallest


def _box(label: str, at: Point) -> Rect:
    return Rect.around(at, text_width(label) + 32, NODE)


def _column_width(area: Area) -> float:
    return max([60.0, *(text_width(entry.label) for entry in area.entries)]) + 26


def _width(area: Area) -> float:
    # A POP's box and the label of the span to the next must have room.
    return max(
        _column_width(area) * area.columns, text_width(area.pop or "") + 150, text_width(area.title) + 16
    )


def _height(area: Area) -> float:
    return _TITLE + area.rows * LINE + 10


def _placed(area: Area, rect: Rect, *, below: bool) -> PlacedArea:
    top = rect.y + _TITLE + LINE / 2 + 2
    sites = tuple(
        (
            entry.site,
            Point(rect.x + 14 + index // area.rows * _column_width(area), top + index % area.rows * LINE),
        )
        for index, entry in enumerate(area.entries)
    )
    return PlacedArea(area, rect, below, sites)


class Labels:
    """Puts texts where nothing stands yet."""

    def __init__(self, taken: Iterable[Rect]) -> None:
        self.taken = list(taken)

    def beside(self, way: Sequence[Point], text: str) -> Point:
        """Return the centre of a label along a polyline: the first free place, from its middle outwards."""
        width = text_width(text) + 4
        level = [(0.0, -9.0), (0.0, 9.0)]
        aside = [(-width / 2 - 5, 0.0), (width / 2 + 5, 0.0)]
        is_steep = abs(way[-1].y - way[0].y) > abs(way[-1].x - way[0].x)
        places = [
            Rect.around(Point(at.x + dx, at.y + dy), width, LINE)
            for share in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
            for at in [_along(way, share)]
            for dx, dy in (aside if is_steep else [*level, *aside])
        ]
        free = (place for place in places if not any(place.overlaps(other) for other in self.taken))
        found = next(free, places[0])
        self.taken.append(found)
        return found.centre


def _along(way: Sequence[Point], share: float) -> Point:
    lengths = [abs(b.x - a.x) + abs(b.y - a.y) for a, b in pairwise(way)]
    left = share * sum(lengths)
    for (a, b), length in zip(pairwise(way), lengths, strict=True):
        if left <= length and length:
            part = left / length
            return Point(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part)
        left -= length
    return way[-1]


def span_ways(layout: Layout, a: str, b: str, parallel: int) -> list[list[Point]]:
    """Return the polyline of a span; between POPs of two rings it is two stubs, one from each end."""
    rings = {layout.ring_of[name] for name in (a, b) if name in layout.ring_of}
    if len(rings) > 1:
        return [_stub(layout, a), _stub(layout, b)]
    ring = max(rings, default=0)
    one, two = layout.node(a, ring).centre, layout.node(b, ring).centre
    if any(_is_between(node.rect.centre, one, two) for node in layout.nodes):  # a bow through the corridor
        depth = 70 * layout.facing.get(a, layout.facing.get(b, 1.0))
        return [[one, Point(one.x + 30, one.y + depth), Point(two.x - 30, two.y + depth), two]]
    shift = 7.0 * parallel
    return [[Point(one.x + shift, one.y + shift), Point(two.x + shift, two.y + shift)]]


def _stub(layout: Layout, name: str) -> list[Point]:
    at = layout.node(name).centre
    return [at, Point(at.x, at.y + 50 * layout.facing[name])]


def _is_between(at: Point, one: Point, two: Point) -> bool:
    return at.y == one.y == two.y and min(one.x, two.x) < at.x < max(one.x, two.x)
