"""Quarantine: for a time, the numbers of a removed object are not assigned to another object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations, Quarantined
from baubau_ops.inventory.numbers import sections
from baubau_ops.inventory.numbers.kinds import Section


def key(section: Section, owner: str) -> str:
    """The key of an entry in quarantine; for a site this is its id."""
    return owner if section is sections.SITES else f"{section.name}/{owner}"


def owner_of(name: str) -> tuple[str, str]:
    """The section and the id that belong to a key of the quarantine."""
    section, _, owner = name.rpartition("/")
    return section or sections.SITES.name, owner


def entries(locked: Allocations, section: Section) -> Mapping[str, Any]:
    """The quarantined entries of one section, by id."""
    named = ((owner_of(name), entry) for name, entry in locked.quarantine.items())
    return {owner: entry.numbers for (of, owner), entry in named if of == section.name}


def still_kept(files: Files, locked: Allocations, today: date) -> dict[str, Quarantined]:
    """The entries still in quarantine, by key; a returning owner gets its own numbers back."""
    if not locked.quarantine:
        return {}
    back = {key(section, owner) for section in sections.SECTIONS for owner in section.owners(files)}
    return {
        name: entry for name, entry in locked.quarantine.items() if entry.until > today and name not in back
    }


def retired(locked: Allocations, section: Section, owner: str, until: date, today: date) -> Allocations:
    """The lock after the removal of `owner`: its numbers are in quarantine until the day `until` (UTC)."""
    rest = dict(locked.entries(section.name))
    entry = rest.pop(owner, None)
    kept = dict(locked.quarantine)
    if entry is not None and until > today:
        kept[key(section, owner)] = Quarantined(entry, until)
    return Allocations(locked.with_entries(section.name, rest).sections, kept)
