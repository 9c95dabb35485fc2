"""What the backbone carries when every site uses all it was promised, whole or with parts of it lost.

A site's committed rate may go to the internet or to the data center, in any mix: each link is counted as if
every site chose what is worst for that link. What a loss changes is found from the sites whose ways it is on;
the others go as before, so that a large city's losses take little more than a small one's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import link_id, pop_device, site_device
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
"""bit/s: shares of equal ways are no round numbers."""


@dataclass(frozen=True, slots=True)
class State:
    """How the sites of a group fare."""

    mask: int
    """What they reach."""
    ways: Ways | None
    """Of the POP they use; None when no POP of theirs reaches a core."""
    line: int
    """The place of the line they use."""
    elements: frozenset[Element]
    """Everything whose loss could change this."""


_CUT = State(0, None, 0, frozenset())


@dataclass(frozen=True, slots=True)
class Overload:
    """A link that is promised more than it carries, in the worst direction."""

    link: str
    label: str
    """What people call it: `span wolio–murhum`."""
    towards: str
    load: int
    """bit/s, rounded up."""
    capacity: int
    """bit/s."""
    room: float
    """What may be promised: the capacity times the oversubscription factor, bit/s."""

    @property
    def by(self) -> int:
        """bit/s above the capacity."""
        return self.load - self.capacity

    @property
    def is_refused(self) -> bool:
        """Whether it is more than the written oversubscription allows."""
        return self.load > self.room + _SLACK


class Situation:
    """The backbone with some of its elements lost; asks each POP once."""

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
        """Of sites that use the first of their lines whose POP reaches a core."""
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
    """What the sites of a group reach, without the ways: as `Situation.state(…).mask`, but much faster."""
    if not group.risks.isdisjoint(lost):
        return 0
    for line in group.lines:
        if line.risks.isdisjoint(lost):
            mask = reached(graph, line.pop, lost)
            if mask & _CORE:
                return mask & ~_DNS if graph.number[HOSTS] in lost else mask
    return 0


def loads(found: Ways, demand: Demand) -> Iterator[tuple[Arc, float]]:
    """What some demand puts on each arc, bit/s; an arc may come several times."""
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
    """Take what some sites put on the backbone off the old ways and put it on the new ones."""
    for state, sign in ((before, -1.0), (after, 1.0)):
        if state.ways is not None:
            for arc, rate in loads(state.ways, demands[state.line]):
                load[arc] += sign * rate


class Traffic:
    """A city's backbone with all that was promised on it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.graph = graph_of(files)
        self.groups = group_sites(files, self.graph)
        self.normal = Situation(self.graph, frozenset())
        self.states = tuple(self.normal.state(group.lines, group.risks) for group in self.groups)
        """Of each group, with nothing lost."""

    @cached_property
    def load(self) -> Mapping[Arc, float]:
        """bit/s on each arc, with nothing lost."""
        found: defaultdict[Arc, float] = defaultdict(float)
        for group, state in zip(self.groups, self.states, strict=True):
            if state.ways is not None:
                for arc, rate in loads(state.ways, group.demands[state.line]):
                    found[arc] += rate
        return found

    @cached_property
    def users(self) -> Mapping[Element, tuple[int, ...]]:
        """The places of the groups whose state an element's loss could change."""
        found: defaultdict[Element, list[int]] = defaultdict(list)
        for place, state in enumerate(self.states):
            for element in state.elements:
                found[element].append(place)
        return {element: tuple(places) for element, places in found.items()}

    def changed(self, lost: AbstractSet[Element]) -> dict[int, State]:
        """How the groups fare that a loss concerns, by their places; all others fare as before."""
        situation = Situation(self.graph, lost)
        places = sorted({place for element in lost for place in self.users.get(element, ())})
        return {
            place: situation.state(self.groups[place].lines, self.groups[place].risks) for place in places
        }

    def moved(self, changed: Mapping[int, State]) -> dict[Arc, float]:
        """The load of every arc that what changed puts more or less on, bit/s."""
        found: defaultdict[Arc, float] = defaultdict(float)
        for place, state in changed.items():
            if self.groups[place].sites:
                _move(found, self.groups[place].demands, self.states[place], state)
        return {arc: self.load.get(arc, 0.0) + change for arc, change in found.items()}

    def moved_by_line(self, site: str) -> dict[Arc, float]:
        """The load of every arc that has more when a site of several lines loses the one it uses."""
        lines, demands = self.lines_of(site), demands_of(self.files.sites[site], self._zones)
        used = self.normal.state(lines, _NONE)
        found: defaultdict[Arc, float] = defaultdict(float)
        if used.ways is not None:
            _move(found, demands, used, self._without(lines, used.line))
        return {arc: self.load.get(arc, 0.0) + change for arc, change in found.items() if change > 0}

    def _without(self, lines: tuple[Line, ...], place: int) -> State:
        """Of sites that have lost one of their lines, and nothing else."""
        state = self.normal.state(lines[:place] + lines[place + 1 :], _NONE)
        return replace(state, line=state.line + (state.line >= place))

    @cached_property
    def _zones(self) -> frozenset[str]:
        return zones_to_province(self.files)

    def lines_of(self, site: str) -> tuple[Line, ...]:
        """A site's lines, whatever risks they share."""
        links = self.files.sites[site].links
        return tuple(Line(self.graph.number[pop_device(link.pop)], _NONE) for link in links)

    def overload(self, arc: Arc, load: float) -> Overload:
        """A load as what may be too much."""
        edge = self.graph.edges[arc >> 1]
        whole = math.ceil(load - _SLACK)
        return Overload(edge.id, edge.label, self.graph.head(arc), whole, edge.capacity, edge.room)

    def overloads(self, load: Mapping[Arc, float]) -> tuple[Overload, ...]:
        """The links that carry more than their capacity, each in its worst direction."""
        worst: dict[int, Arc] = {}
        for arc, rate in load.items():
            link = arc >> 1
            if rate > self.graph.edges[link].capacity + _SLACK and rate > load.get(worst.get(link, -1), 0.0):
                worst[link] = arc
        return tuple(self.overload(arc, load[arc]) for _, arc in sorted(worst.items()))

    def overloads_without(self, lost: Collection[str]) -> tuple[Overload, ...]:
        """The links that carry more than their capacity when devices and links are lost, all at once.

        Names are those of the topology; a site's router or line may be among them.
        """
        number = self.graph.number
        elements = frozenset(number[name] for name in lost if name in number)
        changed = self.changed(elements)
        load = defaultdict(float, {**self.load, **self.moved(changed)})
        others = frozenset(name for name in lost if name not in number)
        if others:
            self._take_sites(load, elements, others)
        gone = {element - self.graph.first_link for element in elements}
        return self.overloads({arc: rate for arc, rate in load.items() if arc >> 1 not in gone})

    def _take_sites(
        self, load: defaultdict[Arc, float], elements: frozenset[Element], others: frozenset[str]
    ) -> None:
        """Move the traffic of sites whose own router or lines are lost."""
        situation = Situation(self.graph, elements)
        for name, site in self.files.sites.items():
            router = site_device(name)
            is_lost = [
                router in others or link_id(pop_device(link.pop), router) in others for link in site.links
            ]
            if any(is_lost):
                lines = self.lines_of(name)
                kept = [place for place, lost in enumerate(is_lost) if not lost]
                state = situation.state(tuple(lines[place] for place in kept), _NONE)
                if state.ways is not None:
                    state = replace(state, line=kept[state.line])
                demands = demands_of(site, self._zones)
                _move(load, demands, situation.state(lines, _NONE), state)
