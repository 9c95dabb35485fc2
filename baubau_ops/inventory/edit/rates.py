"""Changes the rates of a site's link: only two values in its file change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from baubau_ops.core import files
from baubau_ops.core.errors import InputError
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import pop_id
from baubau_ops.inventory.edit.site import Edit, editing, rates_text, scalar_text
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.problems import shown
from baubau_ops.inventory.files.site import Site, SiteLink
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.load import assemble, read_folder
from baubau_ops.inventory.numbers import lockfile


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRates:
    """The new rates of a link: `50M`, or `50M/20M` for down and up; None leaves a rate unchanged."""

    site: str
    committed: str | None = None
    peak: str | None = None
    pop: str | None = None
    """The link's POP, for a site with two links."""


@dataclass(frozen=True, slots=True)
class RateEdit(Edit):
    """An edit of a link's rates; the lock does not change."""

    old: SiteLink
    new: SiteLink

    @property
    def is_nothing(self) -> bool:
        """Return whether the link already has these rates."""
        return (self.old.committed, self.old.peak) == (self.new.committed, self.new.peak)


@no_garbage_collection()
def plan_rates(folder: Path, new: NewRates, *, today: date | None = None) -> RateEdit:
    """Return the edit for the new rates. InputError for a missing link or impossible rates."""
    source = read_folder(folder)
    before = assemble(source, folder, today=today)
    old = _link(before, new)
    file = folder / "sites" / f"{new.site}.yml"
    text = file.read_bytes().decode()  # keeps the file's line endings
    path = before.sites[new.site].link_path(old.pop)
    for key, rate in (("committed", new.committed), ("peak", new.peak)):
        if rate is not None:
            text = _with_rate(text, (*path, key), rate)
    source.drop(f"sites/{new.site}.yml")
    source.add_text(f"sites/{new.site}.yml", text, Site)
    after = assemble(source, folder, today=today)
    changed = next(link for link in after.sites[new.site].links if link.pop == old.pop)
    return RateEdit(new.site, file, text, lockfile.write(before.allocations), before, after, old, changed)


def change_rates(folder: Path, new: NewRates, *, today: date | None = None) -> RateEdit:
    """Write the new rates to the site's file. Raises the errors of `plan_rates`, and then writes nothing."""
    with editing(folder):
        edit = plan_rates(folder, new, today=today)
        if not edit.is_nothing:
            files.write_atomic(edit.file, edit.text)
    return edit


def _link(inventory: Inventory, new: NewRates) -> SiteLink:
    site = inventory.sites.get(new.site)
    if site is None:
        guess = did_you_mean(new.site, inventory.sites)
        raise InputError(f'There is no site "{new.site}".{guess}', remedy="See: baubau inventory list sites")
    pops = [link.pop for link in site.links]
    if not pops:
        file = shown(inventory.folder / "sites" / f"{new.site}.yml")
        raise InputError(
            f'The site "{new.site}" has no link whose rates could be changed.',
            remedy=f"Write its link into {file} first.",
        )
    if new.pop is None and len(pops) > 1:
        raise InputError(
            f'The site "{new.site}" has links at {" and ".join(pops)}.', remedy=f"Say which: --pop {pops[0]}"
        )
    wanted = None if new.pop is None else pop_id(new.pop, pops)
    found = next((link for link in site.links if wanted in (None, link.pop)), None)
    if found is None:
        raise InputError(
            f'The site "{new.site}" has no link at POP "{new.pop}".{did_you_mean(str(new.pop), pops)}',
            remedy=f"It has: {', '.join(pops)}.",
        )
    return found


def _with_rate(text: str, path: DocumentPath, rate: str) -> str:
    """Return the text with another rate, keeping the file's style: one rate for both directions, or one for each."""
    try:
        return yaml.replaced(text, path, rates_text(rate))
    except KeyError:
        down, _, up = rate.partition("/")
        text = yaml.replaced(text, (*path, "down"), scalar_text(down))
        return yaml.replaced(text, (*path, "up"), scalar_text(up or down))
