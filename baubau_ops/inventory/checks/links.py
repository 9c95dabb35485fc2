"""Checks a site's links: rates fit each other and the calls; two links are a primary and a backup."""

from __future__ import annotations

from collections.abc import Iterator

from baubau_ops.core.units import format_rate
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.site import Rates, Site, SiteLink
from baubau_ops.inventory.files.yaml import DocumentPath


def placed_links(site: Site) -> Iterator[tuple[DocumentPath, SiteLink]]:
    """Yield every link in the file, including invalid ones, with its path."""
    if site.link is not None:
        yield ("link",), site.link
    for index, link in enumerate(site.multi):
        yield ("links", index), link


def links(file: str, site: Site) -> Iterator[Finding]:
    """Check that rates fit each other, that there is one primary, that the POPs differ, and that there are segments."""
    yield from _together(file, site)
    if site.links and not site.segments:
        message = "a site with a link needs a segment. Name its zones, such as [office]."
        yield Finding(file, ("segments",), message)
    for path, link in placed_links(site):
        yield from _rates(file, path, link)


def _together(file: str, site: Site) -> Iterator[Finding]:
    if site.link is not None and site.multi:
        message = "both link and links are given. Keep links, and move the other one into it."
        yield Finding(file, ("link",), message, at_key=True)
        return
    if site.link is not None or len(site.multi) == 1:
        ((path, only),) = placed_links(site)
        if only.role == "backup":
            message = "a backup without a primary. Leave the role out, or add the primary link."
            yield Finding(file, (*path, "role"), message)
    if len(site.multi) == 2:
        yield from _pair(file, *site.multi)


def _pair(file: str, first: SiteLink, second: SiteLink) -> Iterator[Finding]:
    if first.pop == second.pop:
        message = (
            f'both links end at POP "{second.pop}": one loss takes both, and both ports of the site\'s router'
            f' would be called "to-{second.pop}". Choose another POP for one.'
        )
        yield Finding(file, ("links", 1, "pop"), message)
    if first.role == second.role == "primary":
        message = "both links are primary. Write role: backup for one of them."
        yield Finding(file, ("links", 1), message)
    elif first.role == second.role:
        message = "both links are backup. Write role: primary for the one that carries the traffic."
        yield Finding(file, ("links",), message)


def _rates(file: str, path: DocumentPath, link: SiteLink) -> Iterator[Finding]:
    below = [way for way in ("down", "up") if getattr(link.peak, way) < getattr(link.committed, way)]
    if not below:
        return
    is_same = link.peak.down == link.peak.up and link.committed.down == link.committed.up
    for way in below[:1] if is_same else below:
        peak, committed = _rate(link.peak, way), _rate(link.committed, way)
        where = (*path, "peak") if is_same else (*path, "peak", way)
        message = f"{peak} is below the committed rate {committed}. Raise the peak or lower the rate."
        yield Finding(file, where, message)


def voice(file: str, site: Site, city: City) -> Iterator[Finding]:
    """Check that calls have a rate, and that every link has room for data in addition to them."""
    kind = city.kinds.get(site.kind)
    zones = [zone for zone in site.segments if zone in city.zones and city.zones[zone].queue == "voice"]
    if kind is None or not zones:
        return
    if kind.voice is None:
        message = f'a site of kind "{site.kind}" has no rate for calls. Add voice to the kind in city.yml.'
        yield Finding(file, ("segments", zones[0]), message)
        return
    for path, link in placed_links(site):
        least = min(link.committed.down, link.committed.up)
        if least <= kind.voice:
            message = (
                f"{format_rate(least)} leave nothing for data beside {format_rate(kind.voice)} for calls"
                f" (city.yml, kinds.{site.kind}.voice). Raise the rate or lower that one."
            )
            yield Finding(file, (*path, "committed"), message)


def _rate(rates: Rates, way: str) -> str:
    return format_rate(getattr(rates, way))
