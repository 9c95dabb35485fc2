"""Groups of sites that every failure of the backbone affects in the same way.

Sites with the same POPs in the same order, whose lines and routers share the same risks, are one group: a city
of 10,000 sites has some hundreds of them, and each computation on the backbone is done once per group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import pop_device
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.resilience.backbone import RISK, Element, Graph


@dataclass(frozen=True, slots=True)
class Line:
    """The line from the sites of a group to a POP."""

    pop: Element
    risks: frozenset[Element]
    """Shared-risk groups that take the line down."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Committed rates, bit/s."""

    up: int
    down: int
    province_up: int
    """Committed rates, bit/s, of the sites that the policy lets talk to the Province."""
    province_down: int

    def __add__(self, other: Demand) -> Demand:
        return Demand(
            self.up + other.up,
            self.down + other.down,
            self.province_up + other.province_up,
            self.province_down + other.province_down,
        )


NOTHING = Demand(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SiteGroup:
    lines: tuple[Line, ...]
    """The primary first; it is used while its POP reaches a core."""
    risks: frozenset[Element]
    """Shared-risk groups that take the routers of the sites down."""
    sites: tuple[str, ...]
    """Sorted; empty for a POP without sites of this group."""
    demands: tuple[Demand, ...]
    """Committed rates of all sites together, by the line they use."""


def demands_of(site: Site, to_province: frozenset[str]) -> tuple[Demand, ...]:
    """Return a site's committed rates on each of its lines."""
    rates = (link.committed for link in site.links)
    if to_province.isdisjoint(site.segments):
        return tuple(Demand(rate.up, rate.down, 0, 0) for rate in rates)
    return tuple(Demand(rate.up, rate.down, rate.up, rate.down) for rate in rates)


def zones_to_province(files: Files) -> frozenset[str]:
    """Return the zones that exchange packets with the Province, whichever side opens the connection."""
    reach = files.policy.reach
    return frozenset(line.source for line in reach if line.to == "province") | frozenset(
        line.to for line in reach if line.source == "province"
    )


def group_sites(files: Files, graph: Graph) -> tuple[SiteGroup, ...]:
    """Return all connected sites in groups, and an empty group for every POP that has none of its own."""
    keys: defaultdict[tuple[tuple[Line, ...], frozenset[Element]], list[str]] = defaultdict(list)
    number, none = graph.number, frozenset[Element]()
    plain = {pop: Line(number[pop_device(pop)], none) for pop in files.backbone.pops}
    for pop in plain.values():
        keys[(pop,), none] = []
    for name, site in files.sites.items():
        if site.links:
            lines = tuple(
                Line(plain[link.pop].pop, _risks(link.srlg, number)) if link.srlg else plain[link.pop]
                for link in site.links
            )
            keys[lines, _risks(site.srlg, number) if site.srlg else none].append(name)
    zones = zones_to_province(files)
    return tuple(
        SiteGroup(lines, risks, tuple(sites), _sum(files, sites, zones, len(lines)))
        for (lines, risks), sites in keys.items()
    )


def _risks(groups: tuple[str, ...], number: Mapping[str, Element]) -> frozenset[Element]:
    return frozenset(number[f"{RISK}{group}"] for group in groups)


def _sum(files: Files, sites: list[str], zones: frozenset[str], lines: int) -> tuple[Demand, ...]:
    totals = [NOTHING] * lines
    for site in sites:
        for line, demand in enumerate(demands_of(files.sites[site], zones)):
            totals[line] += demand
    return tuple(totals)
