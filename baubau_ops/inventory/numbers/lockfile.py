"""allocations.yml: one line in flow style for each object, sorted, so that branches merge line by line."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.allocations import Allocations, Quarantined
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.numbers import quarantine, sections
from baubau_ops.inventory.numbers.forms import Malformed, Record, mapping

NAME = "allocations.yml"
MAX_BYTES = 64 * 2**20
"""Largest size of the lock; a site takes about 250 bytes."""

_HEADER = """\
# Numbers once assigned are never changed; an entry that no file uses is a reservation.
# Written by `baubau inventory allocate` and `baubau link add`: merge it, do not edit it.
"""
QUARANTINE = "quarantine"
_UNTIL = "until"
_NUMBERS = "numbers"
"""Key of the quarantined entry itself, where the entry has no keys."""

_RESOLVE = 'run "baubau inventory allocate --resolve"'


def write(allocations: Allocations) -> str:
    """Return the full content of the lock file."""
    written = {
        section.name: {
            name: section.form.write(each) for name, each in allocations.entries(section.name).items()
        }
        for section in sections.SECTIONS
    }
    written[QUARANTINE] = {
        name: _quarantined_text(name, each) for name, each in allocations.quarantine.items()
    }
    return _HEADER + "".join(_section(name, entries) for name, entries in written.items())


def entry(allocations: Allocations, item: str) -> str:
    """Return one entry (`<section>/<id>`) in the format of the lock; empty when there is none."""
    section, name = item.split("/", 1)
    entries = allocations.entries(section)
    return sections.find(section).form.write(entries[name]) if name in entries else ""


def words() -> frozenset[str]:
    """Return the keys that belong to the lock's format: all others are names."""
    of_forms = (section.form.words() for section in sections.SECTIONS)
    return frozenset({*_names(), _UNTIL, _NUMBERS}).union(*of_forms)


def _names() -> list[str]:
    return [*(section.name for section in sections.SECTIONS), QUARANTINE]


def _section(name: str, entries: Mapping[str, str]) -> str:
    if not entries:
        return f"{name}: {{}}\n"
    lines = "".join([f"  {item}: {entries[item]}\n" for item in sorted(entries)])
    return f"{name}:\n{lines}"


def _quarantined_text(name: str, quarantined: Quarantined) -> str:
    form = sections.find(quarantine.owner_of(name)[0]).form
    text = form.write(quarantined.numbers)
    numbers = text.removeprefix("{") if isinstance(form, Record) else f"{_NUMBERS}: {text}}}"
    return f"{{{_UNTIL}: {quarantined.until}, {numbers}"


def read(folder: Path, *, merge: bool = False) -> tuple[Allocations, list[Finding]]:
    """Read the lock of an inventory; a missing file is an empty lock.

    With `merge`, both sides of a merge conflict are read.
    """
    file = folder / NAME
    if not os.path.lexists(file):  # a dangling symlink is an error, not an empty lock
        return Allocations(), []
    text = ""
    try:
        text = yaml.text_of(file, max_bytes=MAX_BYTES)
        document = yaml.parse(yaml.both_sides(text) if merge else text)
    except yaml.YamlError as error:
        message = error.message
        if not merge and yaml.has_conflict(text):
            message = f"a merge conflict is not resolved here. To keep both sides: {_RESOLVE}."
        return Allocations(), [Finding(NAME, (), message, line=error.line, column=error.column)]
    return parse(document)


def has_conflict(folder: Path) -> bool:
    """Whether the lock contains conflict markers of a merge."""
    try:
        return yaml.has_conflict(yaml.text_of(folder / NAME, max_bytes=MAX_BYTES))
    except yaml.YamlError:
        return False


def parse(document: Mapping[str, Any]) -> tuple[Allocations, list[Finding]]:
    """Convert the document to values; invalid entries are left out and reported as findings."""
    findings = [
        Finding(NAME, (name,), f'unknown section "{name}". Allowed: {", ".join(_names())}.')
        for name in document
        if name not in _names()
    ]
    read = {
        section.name: _entries(document, section.name, _ignoring_names(section.form.read), findings)
        for section in sections.SECTIONS
    }
    kept = _entries(document, QUARANTINE, _quarantined, findings)
    return Allocations(read, kept), findings


def _ignoring_names(read: Callable[[object], Any]) -> Callable[[str, object], Any]:
    return lambda _name, value: read(value)


def _entries(
    document: Mapping[str, Any],
    section: str,
    read: Callable[[str, object], Any],
    findings: list[Finding],
) -> dict[str, Any]:
    """Return all valid entries of a section."""
    found: dict[str, Any] = {}
    try:
        given = mapping(document.get(section) or {})
    except Malformed as error:
        findings.append(Finding(NAME, (section, *error.path), error.message))
        return found
    for name, value in given.items():
        try:
            found[name] = read(name, value)
        except Malformed as error:
            findings.append(Finding(NAME, (section, name, *error.path), error.message))
    return found


def _quarantined(name: str, value: object) -> Quarantined:
    given = dict(mapping(value))
    until = given.pop(_UNTIL, None)
    try:
        day = date.fromisoformat(until if isinstance(until, str) else "")
    except ValueError:
        raise Malformed(f'"{until}" is not a date, such as 2027-02-20.', (_UNTIL,)) from None
    section = quarantine.owner_of(name)[0]
    known = [each.name for each in sections.SECTIONS]
    if section not in known:
        raise Malformed(f'unknown section "{section}". Allowed: {", ".join(known)}.')
    form = sections.find(section).form
    if isinstance(form, Record):
        return Quarantined(form.read(given), day)
    if given.keys() != {_NUMBERS}:
        raise Malformed(f"exactly these keys are expected here: {_UNTIL}, {_NUMBERS}.")
    return Quarantined(form.read(given[_NUMBERS]), day)
