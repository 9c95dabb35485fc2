"""The numbers that exist before allocation: those of the lock, overridden by the pins of the files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers import quarantine, sections
from baubau_ops.inventory.numbers.forms import Number
from baubau_ops.inventory.numbers.kinds import Key, Need, Slot
from baubau_ops.inventory.numbers.pool import Pool, Range, range_of


@dataclass(slots=True)
class Holding:
    """All numbers of one kind that are held before allocation, and the needs for that kind."""

    files: Files
    slot: Slot
    owners: Collection[str]
    """Ids that need an entry."""
    needs: list[Need]
    """Needs, including those of objects that only pin a number for later."""
    numbers: dict[Key, Number]
    """Held numbers, including those of reservations."""
    ranges: dict[Key, Range]
    """Range that each number occupies."""
    pins: dict[Key, DocumentPath] = field(default_factory=dict)
    """Pinned numbers, each with its place in the owner's file."""
    _pools: dict[str, Pool | None] = field(default_factory=dict)

    def set(self, key: Key, number: Number) -> None:
        self.numbers[key] = number
        self.ranges[key] = range_of(number)

    def pool(self, name: str) -> Pool | None:
        """The pool for the numbers of a name within the entries."""
        if name not in self._pools:
            self._pools[name] = self.slot.kind.pool(self.files, name)
        return self._pools[name]

    def place(self, key: Key) -> DocumentPath:
        """The place in its file where an owner asks for a number."""
        return self.slot.kind.place(self.files, *key)

    def file(self, key: Key) -> str:
        """The owner's file."""
        return self.slot.section.file.format(key[0])


def assigned(files: Files, locked: Allocations) -> list[Holding]:
    """The known numbers of all owners and reservations, as one holding for each kind."""
    found = []
    for section in sections.SECTIONS:
        owners = section.owners(files)
        entries = locked.entries(section.name)
        if locked.quarantine:
            kept = quarantine.entries(locked, section)
            back = {owner: entry for owner, entry in kept.items() if owner in owners and owner not in entries}
            entries = {**entries, **back}
        for slot in section.slots:
            numbers = slot.held(entries)
            ranges = {key: range_of(number) for key, number in numbers.items()}
            holding = Holding(files, slot, owners, list(slot.kind.needs(files)), numbers, ranges)
            if slot.kind.pin:
                _pin(holding)
            found.append(holding)
    return found


def _pin(holding: Holding) -> None:
    for key, _, pin in holding.needs:
        if pin is not None and key[0] in holding.owners:
            holding.set(key, pin)
            holding.pins[key] = (*holding.place(key), holding.slot.kind.pin)
