"""Quarantine: the numbers of what was removed are kept from being given to something else for a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations, Quarantined
from baubau_ops.inventory.numbers import sections
from baubau_ops.inventory.numbers.kinds import Section


def key(section: Section, owner: str) -> str:
    """Under which name an entry stands in quarantine: a site's under its id."""
    return owner if section is sections.SITES else f"{section.name}/{owner}"


def owner_of(name: str) -> tuple[str, str]:
    """The section and the id of what stands in quarantine."""
    section, _, owner = name.rpartition("/")
    return section or sections.SITES.name, owner


def entries(locked: Allocations, section: Section) -> Mapping[str, Any]:
    """The quarantined entries of one section, by id."""
    named = ((owner_of(name), entry) for name, entry in locked.quarantine.items())
    return {owner: entry.numbers for (of, owner), entry in named if of == section.name}


def still_kept(files: Files, locked: Allocations, today: date) -> dict[str, Quarantined]:
    """The entries still kept from reuse, by their key; an owner that comes back gets its own again."""
    if not locked.quarantine:
        return {}
    back = {key(section, owner) for section in sections.SECTIONS for owner in section.owners(files)}
    return {
        name: entry for name, entry in locked.quarantine.items() if entry.until > today and name not in back
    }


def retired(locked: Allocations, section: Section, owner: str, until: date, today: date) -> Allocations:
    """The lock once `owner` is gone: what it had is in quarantine until that day (UTC)."""
    rest = dict(locked.entries(section.name))
    entry = rest.pop(owner, None)
    kept = dict(locked.quarantine)
    if entry is not None and until > today:
        kept[key(section, owner)] = Quarantined(entry, until)
    return Allocations(locked.with_entries(section.name, rest).sections, kept)
