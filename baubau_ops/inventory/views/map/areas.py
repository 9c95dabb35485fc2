"""The areas of the map: every kecamatan with its POP, and its sites as lines of text."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.site import LinkStatus, Site

_ROWS = 26
"""Most sites in one column of an area."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A site on the map."""

    site: str
    label: str
    """Its id, and the POPs elsewhere that it is connected to."""
    status: str
    """`built`, `planned`, or `none` without a link."""
    pop: str | None
    """The area's own POP if the site is connected to it: the line to it is drawn."""


@dataclass(frozen=True, slots=True)
class Area:
    """A kecamatan, or the part of one that is connected to one of its POPs."""

    title: str
    pop: str | None
    entries: tuple[Entry, ...]

    @property
    def columns(self) -> int:
        return max(1, -(-len(self.entries) // _ROWS))

    @property
    def rows(self) -> int:
        """Sites in each column, as even as possible."""
        return -(-len(self.entries) // self.columns)


def areas(inventory: Inventory) -> tuple[dict[str, Area], tuple[Area, ...]]:
    """Return the areas of the POPs, by POP, and those of kecamatan that have sites and no POP."""
    of_kecamatan: defaultdict[str, list[str]] = defaultdict(list)
    for pop, data in sorted(inventory.backbone.pops.items()):
        of_kecamatan[data.kecamatan].append(pop)
    by_pop: dict[str, list[Entry]] = {pop: [] for pop in inventory.backbone.pops}
    elsewhere: defaultdict[str, list[Entry]] = defaultdict(list)
    for name, site in inventory.sites.items():
        pops = of_kecamatan.get(site.kecamatan, [])
        own = [link.pop for link in site.links if link.pop in pops]
        if pops:
            home = (own or pops)[0]
            by_pop[home].append(_entry(name, site, home))
        else:
            elsewhere[site.kecamatan].append(_entry(name, site, None))
    found = {
        pop: Area(inventory.backbone.pops[pop].kecamatan, pop, tuple(entries))
        for pop, entries in by_pop.items()
    }
    return found, tuple(Area(name, None, tuple(entries)) for name, entries in sorted(elsewhere.items()))


def _entry(name: str, site: Site, home: str | None) -> Entry:
    others = [
        f"{'+' if link.role == 'backup' else '>'} {link.pop}" for link in site.links if link.pop != home
    ]
    statuses = {link.status for link in site.links if link.role == "primary"}
    status = "none" if not statuses else "built" if LinkStatus.BUILT in statuses else "planned"
    hangs_here = any(link.pop == home for link in site.links)
    return Entry(name, " ".join([name, *others]), status, home if hangs_here else None)
