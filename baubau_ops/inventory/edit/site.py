"""Adds and removes sites so that the inventory is valid after any crash.

Adding writes the lock first: a crash before the site's file is written leaves a reservation. Removing deletes the
file first: a crash before the lock is written leaves one too. Proposed numbers of other objects stay proposed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from baubau_ops.core import files
from baubau_ops.core.errors import FailedError, InputError, InvalidInventoryError, Problem
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import pop_id
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import shown, shown_path
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.load import assemble, load, read_folder, site_name_problem
from baubau_ops.inventory.numbers import lockfile, quarantine, sections

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./()-]*(?: [A-Za-z0-9_./()&+-]+)*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """A site to add; rates are written as `50M`, or `50M/20M` for down and up."""

    id: str
    name: str
    kind: str
    pop: str
    media: str
    committed: str
    peak: str
    segments: tuple[str, ...]
    kecamatan: str | None = None
    """District of the site; default: the POP's."""
    status: str = "planned"
    backup_pop: str | None = None
    """POP of a backup link with the same medium and rates."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: the inventory before and after, and the new content of the files; nothing is written yet."""

    site: str
    file: Path
    text: str
    """Content of the site's file; for a removal, the present content."""
    lock_text: str
    before: Inventory
    after: Inventory

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing changes; an added or removed site always changes something."""
        return False

    @property
    def lock_lines(self) -> tuple[int, int]:
        """The numbers of lines added to the lock file and removed from it."""
        old = set(lockfile.write(self.before.allocations).splitlines())
        new = set(self.lock_text.splitlines())
        return len(new - old), len(old - new)


@no_garbage_collection()
def plan_addition(folder: Path, new: NewSite, *, today: date | None = None) -> Edit:
    """Return the edit that adds a site. InputError when it exists or the inventory would become invalid."""
    source = read_folder(folder)
    before = assemble(source, folder, today=today)
    file = folder / "sites" / f"{new.id}.yml"
    _refuse_existing(before, new.id, file)
    text = site_text(_completed(new, before))
    source.add_text(f"sites/{new.id}.yml", text, Site)
    after = assemble(source, folder, today=today)
    sites = {**before.allocations.sites, new.id: after.numbers.sites[new.id]}
    lock = replace(before.allocations.with_entries("sites", sites), quarantine=after.numbers.quarantine)
    return Edit(new.id, file, text, lockfile.write(lock), before, after)


def add_site(folder: Path, new: NewSite, *, today: date | None = None) -> Edit:
    """Add a site: write the lock, then the file. Raises the errors of `plan_addition`, and then writes nothing."""
    with editing(folder):
        edit = plan_addition(folder, new, today=today)
        files.write_atomic(folder / lockfile.NAME, edit.lock_text)
        _make_folder(edit.file.parent)
        files.write_atomic(edit.file, edit.text)
    return edit


@no_garbage_collection()
def plan_removal(folder: Path, site: str, *, today: date | None = None) -> Edit:
    """Return the edit that removes a site. InputError when it does not exist or another object needs it."""
    day = today or datetime.now(UTC).date()
    source = read_folder(folder)
    before = assemble(source, folder, today=day)
    if site not in before.sites:
        guess = did_you_mean(site, before.sites)
        raise InputError(f'There is no site "{site}".{guess}', remedy="See: baubau inventory list sites")
    _refuse_needed(folder, before, site)
    file = folder / "sites" / f"{site}.yml"
    lock = _quarantined(before, site, day)
    source.drop(f"sites/{site}.yml")
    source.locked = lock
    after = assemble(source, folder, today=day)
    return Edit(site, file, file.read_text(encoding="utf-8"), lockfile.write(lock), before, after)


def remove_site(folder: Path, site: str, *, today: date | None = None) -> Edit:
    """Remove a site: delete its file, then quarantine its numbers. Raises the errors of `plan_removal`."""
    with editing(folder):
        edit = plan_removal(folder, site, today=today)
        try:
            edit.file.unlink()
            files.sync_folder(edit.file.parent)
        except OSError as error:
            raise FailedError(f"{edit.file} cannot be removed: {error.strerror}.") from error
        files.write_atomic(folder / lockfile.NAME, edit.lock_text)
    return edit


def lock_numbers(folder: Path, *, today: date | None = None) -> Inventory:
    """Write all proposed numbers into the lock file; return the inventory as it was before."""
    with editing(folder):
        inventory = load(folder, today=today)
        write_lock(folder, inventory.numbers)
    return inventory


def write_lock(folder: Path, allocations: Allocations) -> bool:
    """Write the lock file if it differs; the caller must have locked the inventory (`editing`)."""
    file, text = folder / lockfile.NAME, lockfile.write(allocations)
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    files.write_atomic(file, text)
    return True


@contextlib.contextmanager
def editing(folder: Path) -> Iterator[None]:
    """Lock the inventory against other editors; remove half-written files of a killed editor."""
    if not os.path.isdir(folder):
        raise InputError(f"{folder} is not a folder with an inventory.")
    with files.lock(folder):
        for parent in (folder, folder / "sites"):
            if parent.is_dir():
                for name in os.listdir(parent):
                    if _TEMPORARY.fullmatch(name):
                        (parent / name).unlink(missing_ok=True)
        yield


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir()
        files.sync_folder(folder.parent)


def _refuse_existing(inventory: Inventory, site: str, file: Path) -> None:
    problem = site_name_problem(site)
    if problem:
        raise InputError(problem)
    if site in inventory.sites:
        data = inventory.sites[site]
        pops = " and ".join(link.pop for link in data.links)
        where = f" at POP {pops}" if pops else ", without a link"
        raise InputError(
            f'There is a site "{site}" already: {data.name}{where} ({shown(file)}).',
            remedy=f"Choose another name, or look at it: baubau link show {site}",
        )


def _completed(new: NewSite, inventory: Inventory) -> NewSite:
    """Return the new site with the POPs' ids, and with the default kecamatan."""
    pops = inventory.backbone.pops
    pop = pop_id(new.pop, pops)
    if pop not in pops:
        guess = did_you_mean(new.pop, pops)
        raise InputError(
            f'There is no POP "{new.pop}".{guess}', remedy="See them with: baubau inventory list pops"
        )
    backup = None if new.backup_pop is None else pop_id(new.backup_pop, pops)
    return replace(new, pop=pop, backup_pop=backup, kecamatan=new.kecamatan or pops[pop].kecamatan)


def _refuse_needed(folder: Path, inventory: Inventory, site: str) -> None:
    needing = [
        ("services", name, "sites", index)
        for name, service in inventory.services.items()
        for index, needed in enumerate(service.sites)
        if needed == site
    ]
    if needing:
        file = folder / "services.yml"
        places = yaml.Places(file)
        found = []
        for path in needing:
            place = places.find(path)
            message = f'service {path[1]} needs the site "{site}". Take it out there first.'
            found.append(Problem(f"{shown(file)}:{place.line}:{place.column}", shown_path(path), message))
        raise InvalidInventoryError(tuple(found), inventory.file_count)


def _quarantined(inventory: Inventory, site: str, today: date) -> Allocations:
    locked = replace(inventory.allocations, quarantine=inventory.numbers.quarantine)
    days = round(inventory.city.quarantine / _DAY)
    return quarantine.retired(locked, sections.SITES, site, today + timedelta(days=days), today)


def site_text(new: NewSite) -> str:
    """Return the content of the site's file as a person would write it."""
    rates = f"committed: {rates_text(new.committed)}, peak: {rates_text(new.peak)}"
    rest = f"media: {scalar_text(new.media)}, {rates}, status: {scalar_text(new.status)}"
    links = f"link: {{pop: {scalar_text(new.pop)}, {rest}}}\n"
    if new.backup_pop is not None:
        links = (
            "links:\n"
            f"  - {{pop: {scalar_text(new.pop)}, role: primary, {rest}}}\n"
            f"  - {{pop: {scalar_text(new.backup_pop)}, role: backup, {rest}}}\n"
        )
    return (
        f"name: {scalar_text(new.name)}\n"
        f"kind: {scalar_text(new.kind)}\n"
        f"kecamatan: {scalar_text(new.kecamatan or '')}\n"
        f"{links}"
        f"segments: [{', '.join(scalar_text(zone) for zone in new.segments)}]\n"
    )


def rates_text(text: str) -> str:
    """Return `50M`, or `50M/20M` for down and up, as YAML."""
    if text.count("/") != 1:
        return scalar_text(text)
    down, up = text.split("/")
    return f"{{down: {scalar_text(down)}, up: {scalar_text(up)}}}"


def scalar_text(text: str) -> str:
    """Return the text as a YAML scalar that is read back as one string in any context."""
    if (_PLAIN.fullmatch(text) or re.fullmatch(r"[0-9]+(\.[0-9]+)?[kMG]", text)) and (
        text.lower() not in _NOT_TEXT
    ):
        return text
    return json.dumps(text, ensure_ascii=False)
