"""The load of the backbone when every site uses its committed rate, with any part of the backbone lost.

A site's committed rate may go to the internet or to the data center, in any mix: each link is counted as if every
site chose the mix that is worst for that link. A loss is computed only for the sites whose paths use the lost part.
The paths of the others do not change, so a loss in a large city takes little longer than in a small one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import pop_device
from baubau_ops.inventory.resilience.backbone import HOSTS, Arc, Element, Graph, graph_of
from baubau_ops.inventory.resilience.routes import BIT, Function, Ways, reached, ways
from baubau_ops.inventory.resilience.site_groups import (
    Demand,
    Line,
    SiteGroup,
    demands_of,
    group_sites,
    zones_to_province,
)

_DNS = BIT[Function.DNS]
_CORE = BIT[Function.CORE]
_NONE: frozenset[Element] = frozenset()
_SLACK = 0.01
"""bit/s: shares of equal paths are no round numbers."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of the sites of a group."""

    mask: int
    """The functions they reach."""
    ways: Ways | None
    """The paths of the POP they use; None when no POP of theirs reaches a core."""
    line: int
    """The index of the line they use."""
    elements: frozenset[Element]
    """Every element whose loss could change this state."""


_CUT = State(0, None, 0, frozenset())


@dataclass(frozen=True, slots=True)
class Overload:
    """A link with more committed rate than capacity, in its worse direction."""

    link: str
    label: str
    """The label on screens: `span wolio–murhum`."""
    towards: str
    load: int
    """bit/s, rounded up."""
    capacity: int
    """bit/s."""
    room: float
    """bit/s that may be committed: the capacity times the oversubscription factor."""

    @property
    def by(self) -> int:
        """bit/s above the capacity."""
        return self.load - self.capacity

    @property
    def is_refused(self) -> bool:
        """Return whether the load exceeds what the written oversubscription allows."""
        return self.load > self.room + _SLACK


class Situation:
    """The backbone with some elements lost; computes each POP once."""

    def __init__(self, graph: Graph, lost: AbstractSet[Element]) -> None:
        self.lost = lost
        self._graph = graph
        self._ways: dict[Element, Ways | None] = {}
        self._hosts = graph.number[HOSTS]

    def ways(self, pop: Element) -> Ways | None:
        """None when the POP is lost."""
        if pop not in self._ways:
            self._ways[pop] = None if pop in self.lost else ways(self._graph, pop, self.lost)
        return self._ways[pop]

    def state(self, lines: tuple[Line, ...], risks: frozenset[Element]) -> State:
        """Return the state of sites; they use the first of their lines whose POP reaches a core."""
        if not risks.isdisjoint(self.lost):
            return _CUT
        for place, line in enumerate(lines):
            found = self.ways(line.pop) if line.risks.isdisjoint(self.lost) else None
            if found is not None and found.reaches_core:
                elements = found.elements | risks | line.risks
                if not found.mask & _DNS:
                    return State(found.mask, found, place, elements)
                is_there = self._hosts not in self.lost
                mask = found.mask if is_there else found.mask & ~_DNS
                return State(mask, found, place, elements | {self._hosts} if is_there else elements)
        return _CUT


def mask_of(graph: Graph, group: SiteGroup, lost: AbstractSet[Element]) -> int:
    """Return the functions that a group's sites reach, without paths: as `Situation.state(…).mask`, but faster."""
    if not group.risks.isdisjoint(lost):
        return 0
    for line in group.lines:
        if line.risks.isdisjoint(lost):
            mask = reached(graph, line.pop, lost)
            if mask & _CORE:
                return mask & ~_DNS if graph.number[HOSTS] in lost else mask
    return 0


def loads(found: Ways, demand: Demand) -> Iterator[tuple[Arc, float]]:
    """Yield the load of some demand on each arc, bit/s; an arc may come several times."""
    for arc, share in found.up.items():
        yield arc, share * demand.up
    for arc, share in found.down.items():
        yield arc, share * demand.down
    if demand.province_up or demand.province_down:
        for arc, share in found.province_up.items():
            yield arc, max(0.0, share - found.up.get(arc, 0.0)) * demand.province_up
        for arc, share in found.province_down.items():
            yield arc, max(0.0, share - found.down.get(arc, 0.0)) * demand.province_down


def _move(load: defaultdict[Arc, float], demands: tuple[Demand, ...], before: State, after: State) -> None:
    """Move the load of some sites from their old paths to the new ones."""
    for state, sign in ((before, -1.0), (after, 1.0)):
        if state.ways is not None:
            for arc, rate in loads(state.ways, demands[state.line]):
                load[arc] += sign * rate


class Traffic:
    """A city's backbone with all committed rates on it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.graph = graph_of(files)
        self.groups = group_sites(files, self.graph)
        self.normal = Situation(self.graph, frozenset())
        self.states = tuple(self.normal.state(group.lines, group.risks) for group in self.groups)
        """The state of each group without any loss."""

    @cached_property
    def load(self) -> Mapping[Arc, float]:
        """bit/s on each arc without any loss."""
        found: defaultdict[Arc, float] = defaultdict(float)
        for group, state in zip(self.groups, self.states, strict=True):
            if state.ways is not None:
                for arc, rate in loads(state.ways, group.demands[state.line]):
                    found[arc] += rate
        return found

    @cached_property
    def users(self) -> Mapping[Element, tuple[int, ...]]:
        """Return the indexes of the groups whose state an element's loss could change."""
        found: defaultdict[Element, list[int]] = defaultdict(list)
        for place, state in enumerate(self.states):
            for element in state.elements:
                found[element].append(place)
        return {element: tuple(places) for element, places in found.items()}

    def changed(self, lost: AbstractSet[Element]) -> dict[int, State]:
        """Return the states of the groups that a loss affects, by index; all others stay the same."""
        situation = Situation(self.graph, lost)
        places = sorted({place for element in lost for place in self.users.get(element, ())})
        return {
            place: situation.state(self.groups[place].lines, self.groups[place].risks) for place in places
        }

    def moved(self, changed: Mapping[int, State]) -> dict[Arc, float]:
        """Return the load, bit/s, of every arc whose load the changed states alter."""
        found: defaultdict[Arc, float] = defaultdict(float)
        for place, state in changed.items():
            if self.groups[place].sites:
                _move(found, self.groups[place].demands, self.states[place], state)
        return {arc: self.load.get(arc, 0.0) + change for arc, change in found.items()}

    def moved_by_line(self, site: str) -> dict[Arc, float]:
        """Return the load of every arc that carries more when a site with several lines loses the one it uses."""
        lines, demands = self.lines_of(site), demands_of(self.files.sites[site], self._zones)
        used = self.normal.state(lines, _NONE)
        found: defaultdict[Arc, float] = defaultdict(float)
        if used.ways is not None:
            _move(found, demands, used, self._without(lines, used.line))
        return {arc: self.load.get(arc, 0.0) + change for arc, change in found.items() if change > 0}

    def _without(self, lines: tuple[Line, ...], place: int) -> State:
        """Return the state of sites that have lost one of their lines, and nothing else."""
        state = self.normal.state(lines[:place] + lines[place + 1 :], _NONE)
        return replace(state, line=state.line + (state.line >= place))

    @cached_property
    def _zones(self) -> frozenset[str]:
        return zones_to_province(self.files)

    def lines_of(self, site: str) -> tuple[Line, ...]:
        """Return a site's lines without regard to shared risks."""
        links = self.files.sites[site].links
        return tuple(Line(self.graph.number[pop_device(link.pop)], _NONE) for link in links)

    def overload(self, arc: Arc, load: float) -> Overload:
        """Return the load of an arc as an `Overload`."""
        edge = self.graph.edges[arc >> 1]
        whole = math.ceil(load - _SLACK)
        return Overload(edge.id, edge.label, self.graph.head(arc), whole, edge.capacity, edge.room)

    def overloads(self, load: Mapping[Arc, float]) -> tuple[Overload, ...]:
        """Return the links that carry more than their capacity, each in its worse direction."""
        worst: dict[int, Arc] = {}
        for arc, rate in load.items():
            link = arc >> 1
            if rate > self.graph.edges[link].capacity + _SLACK and rate > load.get(worst.get(link, -1), 0.0):
                worst[link] = arc
        return tuple(self.overload(arc, load[arc]) for _, arc in sorted(worst.items()))
