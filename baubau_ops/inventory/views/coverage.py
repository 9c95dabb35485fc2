"""The city's progress on its plan: sites built, planned and missing, and the effect of the cheapest next ones.

Only built links count, and of these only those of a medium that the target names. Sites that no file describes
count as missing: the totals of city.yml say how many there are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.phases import CoverageTarget, LinkCost, Phase
from baubau_ops.inventory.files.site import LinkStatus, Site, SiteLink

NEXT = 10
"""Number of next sites listed."""

_IS_BUILT = re.compile(r"links?(\[\d\])?(\.(status|media))?")
"""Paths that, marked as assumed, leave open whether a link is built."""


@dataclass(frozen=True, slots=True)
class Group:
    """Counts of some sites; shares are per cent of `total`."""

    name: str
    total: int
    assumed: bool
    """The total is assumed."""
    listed: int
    """Sites with a file."""
    built: int
    planned: int
    missing: int
    """Without a link, with a file or without."""
    reached: int
    """Built by a medium that counts."""
    share: float
    promised: int
    """Reached once everything planned is built."""
    promised_share: float


@dataclass(frozen=True, slots=True)
class Step:
    """A site that does not count yet, and the share reached with it and all steps before it."""

    site: str
    name: str
    kind: str
    kecamatan: str
    now: str
    """`planned`, `none`, or the medium that it is built or planned by and that does not count."""
    km: float | None
    is_usual_km: bool
    """Its kind's usual length, because its file says none."""
    cost: int
    """Rupiah."""
    sum: int
    """Rupiah, for all steps so far."""
    share: float
    """Share reached, per cent of the target's sites."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress on one target of one phase."""

    phase: str
    first: int
    last: int
    """The phase's first and last year."""
    target: float
    """Per cent, at least."""
    media: tuple[str, ...]
    needed: int
    """Sites that make up the target."""
    whole: Group
    unconfirmed: int
    """Sites reached whose link is assumed to be built, and how."""
    kinds: tuple[Group, ...]
    kecamatan: tuple[Group, ...]
    """Only sites with a file: the plan does not say how many a kecamatan has."""
    unlisted: int
    next: tuple[Step, ...]
    """Cheapest first."""
    unpriced: int
    """Sites that do not count yet and whose cost is not known."""
    assumed: bool
    """A cost is assumed."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole city."""

    kinds: tuple[Group, ...]
    """Every kind of site; any medium counts."""
    targets: tuple[Progress, ...]


def coverage(inventory: Inventory, *, steps: int = NEXT) -> Coverage:
    """Count the sites, and rank the cheapest ones that bring each target nearer."""
    kinds = inventory.city.kinds
    return Coverage(
        tuple(_kind(inventory, kind, None) for kind in kinds),
        tuple(
            _progress(inventory, phase, target, steps)
            for phase in inventory.city.phases
            for target in phase.coverage
        ),
    )


def _progress(inventory: Inventory, phase: Phase, target: CoverageTarget, steps: int) -> Progress:
    kinds = inventory.city.kinds
    sites = {name: site for name, site in inventory.sites.items() if site.kind in target.kinds}
    total = sum(kinds[kind].total for kind in target.kinds)
    is_assumed = any(kinds[kind].assumed for kind in target.kinds)
    whole = _group("all", sites.values(), target.media, total, is_assumed)
    ranked, unpriced = _ranked(inventory, sites, target)
    return Progress(
        phase=phase.name,
        first=phase.first,
        last=phase.last,
        target=target.share,
        media=target.media,
        needed=math.ceil(total * target.share / 100 - 1e-9),  # 70 % of 10 are 7, whatever floats say
        whole=whole,
        unconfirmed=sum(
            any(map(_IS_BUILT.fullmatch, site.assumed))
            for site in sites.values()
            if _is_reached(site, target.media)
        ),
        kinds=tuple(_kind(inventory, kind, target.media) for kind in target.kinds),
        kecamatan=tuple(
            _group(name, (site for site in sites.values() if site.kecamatan == name), target.media)
            for name in inventory.city.kecamatan
        ),
        unlisted=total - len(sites),
        next=_added_up(ranked[:steps], whole),
        unpriced=unpriced,
        assumed=any(cost.assumed for cost in _costs(inventory, target.media)),
    )


def _kind(inventory: Inventory, kind: str, media: Collection[str] | None) -> Group:
    sites = (site for site in inventory.sites.values() if site.kind == kind)
    data = inventory.city.kinds[kind]
    return _group(kind, sites, media, data.total, data.assumed)


def _group(
    name: str,
    sites: Iterable[Site],
    media: Collection[str] | None,
    total: int | None = None,
    is_assumed: bool = False,
) -> Group:
    """Count sites; without `total` only the listed ones exist, without `media` every medium counts."""
    listed = tuple(sites)
    all_of_them = len(listed) if total is None else total
    built = sum(_is_reached(site, None) for site in listed)
    planned = sum(bool(site.links) for site in listed) - built
    reached = sum(_is_reached(site, media) for site in listed)
    promised = sum(any(_counts(link, media) for link in site.links) for site in listed)
    return Group(
        name=name,
        total=all_of_them,
        assumed=is_assumed,
        listed=len(listed),
        built=built,
        planned=planned,
        missing=all_of_them - built - planned,
        reached=reached,
        share=_share(reached, all_of_them),
        promised=promised,
        promised_share=_share(promised, all_of_them),
    )


def _is_reached(site: Site, media: Collection[str] | None) -> bool:
    return any(link.status is LinkStatus.BUILT and _counts(link, media) for link in site.links)


def _counts(link: SiteLink, media: Collection[str] | None) -> bool:
    return media is None or link.media in media


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _ranked(inventory: Inventory, sites: dict[str, Site], target: CoverageTarget) -> tuple[list[Step], int]:
    """Return the sites that do not count yet, cheapest first, and the number of sites without a known cost."""
    waiting = [(name, site) for name, site in sites.items() if not _is_reached(site, target.media)]
    steps = [_step(inventory, name, site, target) for name, site in waiting]
    priced = [step for step in steps if step is not None]
    return sorted(priced, key=lambda step: (step.cost, step.site)), len(steps) - len(priced)


def _step(inventory: Inventory, name: str, site: Site, target: CoverageTarget) -> Step | None:
    """The site's own cost; None when city.yml does not say enough."""
    link = next((link for link in site.links if _counts(link, target.media)), None)
    cost = inventory.city.link_classes[link.media if link else target.media[0]].cost
    # A line of another medium takes another route: its length is not the fibre's.
    own_km, usual_km = link.km if link else None, inventory.city.kinds[site.kind].km
    km = own_km if own_km is not None else usual_km
    if cost is None or (km is None and cost.km):
        return None
    money = cost.site + round(cost.km * (km or 0))
    other = site.links[0] if site.links and link is None else None
    now = f"{other.media}, {other.status}" if other else "planned" if link else "none"
    return Step(
        site=name,
        name=site.name,
        kind=site.kind,
        kecamatan=site.kecamatan,
        now=now,
        km=km,
        is_usual_km=own_km is None and km is not None,
        cost=money,
        sum=money,
        share=0.0,
    )


def _added_up(steps: Iterable[Step], whole: Group) -> tuple[Step, ...]:
    found: list[Step] = []
    for number, step in enumerate(steps, 1):
        before = found[-1].sum if found else 0
        share = _share(whole.reached + number, whole.total)
        found.append(replace(step, sum=before + step.cost, share=share))
    return tuple(found)


def _costs(inventory: Inventory, media: Iterable[str]) -> list[LinkCost]:
    classes = (inventory.city.link_classes[medium] for medium in media)
    return [each.cost for each in classes if each.cost is not None]
