"""The consequences of every single loss: sites cut off, links over capacity, parts with one path left.

The model is the designed routing; see `routes` for the paths, `traffic` for the loads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import link_id, pop_device, site_device
from baubau_ops.inventory.files.services import Service
from baubau_ops.inventory.resilience.backbone import Element
from baubau_ops.inventory.resilience.double_failures import DoubleFailures, double_failures
from baubau_ops.inventory.resilience.losses import Loss, LossKind, backbone_losses
from baubau_ops.inventory.resilience.redundancy import Dominators
from baubau_ops.inventory.resilience.routes import BIT, Function, functions
from baubau_ops.inventory.resilience.traffic import Overload, State, Traffic

_HOSTS = BIT[Function.DNS]
"""The function that stands for the data center's hosts: a site that reaches DNS reaches every service's hosts."""


class Severity(IntEnum):
    """How severe the consequences of a loss are, the worst last: for colours and for sorting."""

    NONE = 0
    EXPOSED = 1
    """A POP or site has one path left."""
    DEGRADED = 2
    """A link is over its capacity."""
    CUT = 3
    """A site is cut off from something."""
    SERVICE = 4
    """A service is lost."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Sites that lose the same functions."""

    functions: tuple[Function, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """The consequences of one loss."""

    loss: Loss
    cuts: tuple[Cut, ...] = ()
    """The largest first; each site is in at most one of them."""
    degraded: tuple[Overload, ...] = ()
    """Links over their capacity that carry more than without the loss."""
    exposed: tuple[str, ...] = ()
    """POPs, and sites with two lines, that had two disjoint paths to the cores and have one left."""
    last: tuple[Function, ...] = ()
    """Functions that had two sources and have one left: ISPs, firewalls, route reflectors."""
    services: tuple[str, ...] = ()
    """Services that no site reaches any longer, or that lose a dependency."""

    @property
    def sites(self) -> int:
        """Number of sites that lose anything."""
        return sum(len(cut.sites) for cut in self.cuts)

    @property
    def severity(self) -> Severity:
        if self.services:
            return Severity.SERVICE
        if self.cuts:
            return Severity.CUT
        if self.degraded:
            return Severity.DEGRADED
        return Severity.EXPOSED if self.exposed or self.last else Severity.NONE


@dataclass(frozen=True, slots=True)
class Tier:
    """The verdict on the services of one tier: *titik tunggal kegagalan*."""

    tier: int
    services: tuple[str, ...]
    points: tuple[Impact, ...]
    """The single losses that take a service of this tier away, the worst first."""

    @property
    def is_allowed(self) -> bool:
        """The plan allows no single point of failure on tier 1."""
        return self.tier > 1 or not self.points


@dataclass(frozen=True)
class Resilience:
    """The result for the whole city."""

    normal: tuple[Overload, ...]
    """Links over their capacity without any loss."""
    backbone: tuple[Impact, ...]
    """One for every router, external node, link and shared risk, in this order."""
    sites: tuple[Impact, ...]
    """One for every line and router of a site."""
    doubles: DoubleFailures
    tiers: tuple[Tier, ...]
    """By tier, 1 first; only those that have services."""

    @property
    def is_allowed(self) -> bool:
        """Return whether the plan allows every single point of failure found."""
        return all(tier.is_allowed for tier in self.tiers)


def resilience(files: Files) -> Resilience:
    """Return the consequences of every loss for a city with valid files (an `Inventory`, or its files)."""
    survey = _Survey(files)
    losses = backbone_losses(files, survey.traffic.graph)
    changed = [survey.traffic.changed(loss.elements) for loss in losses]
    backbone = tuple(survey.backbone(loss, states) for loss, states in zip(losses, changed, strict=True))
    sites = tuple(survey.sites())
    return Resilience(
        normal=survey.traffic.overloads(survey.traffic.load),
        backbone=backbone,
        sites=sites,
        doubles=double_failures(survey.traffic, losses, changed, survey.counted),
        tiers=tuple(_tiers(files.services, (*backbone, *sites))),
    )


class _Survey:
    """The city without any loss, to compare with."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.traffic = Traffic(files)
        self.counted = sum(BIT.values())
        """The functions that exist: a city may have no DNS yet."""
        if "dns" not in files.services:
            self.counted &= ~_HOSTS
        groups = zip(self.traffic.groups, self.traffic.states, strict=True)
        self.users = sum(len(group.sites) for group, state in groups if state.mask & _HOSTS)
        self.needing = _needing(files.services)
        self.ways = self._ways(frozenset())
        self.sources = self._sources(frozenset())

    def backbone(self, loss: Loss, states: Mapping[int, State]) -> Impact:
        """Return the consequences of a loss in the backbone."""
        traffic, lost = self.traffic, loss.elements
        cut: defaultdict[int, list[str]] = defaultdict(list)
        without_hosts = 0
        for place, state in states.items():
            before, sites = traffic.states[place].mask, traffic.groups[place].sites
            missing = before & ~state.mask
            if missing & _HOSTS:
                without_hosts += len(sites)
            if missing and sites:
                cut[missing].extend(sites)
        gone = {element - traffic.graph.first_link for element in lost}
        moved = {
            arc: load
            for arc, load in traffic.moved(states).items()
            if arc >> 1 not in gone and load > traffic.load.get(arc, 0.0)
        }
        left = self._sources(lost)
        return Impact(
            loss,
            cuts=self._cuts(cut),
            degraded=traffic.overloads(moved),
            exposed=tuple(
                sorted(name for name, ways in self._ways(lost).items() if ways == 1 < self.ways[name])
            ),
            last=tuple(each for each, count in left.items() if count == 1 < self.sources[each]),
            services=self._services(cut, is_all=0 < self.users == without_hosts),
        )

    def sites(self) -> Iterator[Impact]:
        """Return the consequences of losing each line and each router of a site."""
        traffic = self.traffic
        for group, state in zip(traffic.groups, traffic.states, strict=True):
            for site in group.sites:
                router = site_device(site)
                links = self.files.sites[site].links
                for line, link in enumerate(links):
                    lost = link_id(pop_device(link.pop), router)
                    mask = self._mask_without(site, line) if len(links) > 1 else 0
                    yield self._of_site(Loss(lost, LossKind.LINE, lost), site, state.mask & ~mask, line)
                yield self._of_site(Loss(router, LossKind.SITE, router), site, state.mask, None)

    def _mask_without(self, site: str, line: int) -> int:
        lines = self.traffic.lines_of(site)
        return self.traffic.normal.state(lines[:line] + lines[line + 1 :], frozenset()).mask

    def _of_site(self, loss: Loss, site: str, missing: int, line: int | None) -> Impact:
        is_exposed = line is not None and self.ways.get(site) == 2
        degraded: tuple[Overload, ...] = ()
        if line is not None and line == self._used(site):
            degraded = self.traffic.overloads(self.traffic.moved_by_line(site))
        return Impact(
            loss,
            cuts=self._cuts({missing: [site]}) if missing else (),
            degraded=degraded,
            exposed=(site,) if is_exposed else (),
            services=self._services({missing: [site]}, is_all=False) if site in self.needing else (),
        )

    def _used(self, site: str) -> int:
        return self.traffic.normal.state(self.traffic.lines_of(site), frozenset()).line

    def _cuts(self, cut: Mapping[int, list[str]]) -> tuple[Cut, ...]:
        counted = ((functions(mask & self.counted), tuple(sorted(sites))) for mask, sites in cut.items())
        found = [Cut(lost, sites) for lost, sites in counted if lost]
        return tuple(sorted(found, key=lambda one: (-len(one.sites), one.sites)))

    def _services(self, cut: Mapping[int, list[str]], *, is_all: bool) -> tuple[str, ...]:
        if is_all:
            return tuple(sorted(self.files.services))
        lost = (site for mask, sites in cut.items() if mask & BIT[Function.DATACENTER] for site in sites)
        return tuple(sorted({service for site in lost for service in self.needing.get(site, ())}))

    def _ways(self, lost: AbstractSet[Element]) -> dict[str, int]:
        """Return the disjoint paths to the cores (0, 1 or 2) of every POP and every site with several lines."""
        traffic, dominators = self.traffic, Dominators(self.traffic.graph, lost)
        found = {
            traffic.graph.elements[pop].removeprefix("pop-"): dominators.ways(pop)
            for pop in traffic.graph.pops
        }
        for group in traffic.groups:
            if len(group.lines) > 1:
                is_there = group.risks.isdisjoint(lost)
                pops = [line.pop for line in group.lines if is_there and line.risks.isdisjoint(lost)]
                found |= dict.fromkeys(group.sites, dominators.ways_of_site(pops))
        return found

    def _sources(self, lost: AbstractSet[Element]) -> dict[Function, int]:
        """Return how many sources of each function reach a core."""
        graph = self.traffic.graph
        return {
            Function.REFLECTOR: sum(core not in lost for core in graph.cores),
            Function.ISP: sum(graph.is_attached(isp, lost) for isp in graph.isps),
            Function.DATACENTER: sum(graph.is_attached(each, lost) for each in graph.firewalls),
        }


def _needing(services: Mapping[str, Service]) -> Mapping[str, frozenset[str]]:
    """Return, by site, the services that are lost without it, including those that depend on such a service."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in services:
        for needed in _all_needed(name, services):
            for site in services[needed].sites:
                found[site].add(name)
    return {site: frozenset(names) for site, names in found.items()}


def _all_needed(service: str, services: Mapping[str, Service]) -> set[str]:
    found, waiting = {service}, [service]
    while waiting:
        for name in services[waiting.pop()].depends:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _tiers(services: Mapping[str, Service], impacts: Iterable[Impact]) -> Iterator[Tier]:
    by_tier: defaultdict[int, set[str]] = defaultdict(set)
    for name, service in services.items():
        by_tier[service.tier].add(name)
    open_points = [impact for impact in impacts if impact.services]
    open_points.sort(key=lambda impact: (-len(impact.services), -impact.sites, impact.loss.id))
    for tier, names in sorted(by_tier.items()):
        points = tuple(impact for impact in open_points if not names.isdisjoint(impact.services))
        yield Tier(tier, tuple(sorted(names)), points)
