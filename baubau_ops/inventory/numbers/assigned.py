"""What is assigned before anything new is: the lock, overruled by the pins of the files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers import quarantine, sections
from baubau_ops.inventory.numbers.forms import Number
from baubau_ops.inventory.numbers.kinds import Key, Need, Slot
from baubau_ops.inventory.numbers.pool import Pool


@dataclass(slots=True)
class Holding:
    """All numbers of one kind that are held before any is given, and what asks for one."""

    files: Files
    slot: Slot
    owners: Collection[str]
    numbers: dict[Key, Number]
    """Also those of reservations."""
    needs: list[Need]
    """Also those that only pin: their owner is none of `owners`."""
    pins: dict[Key, DocumentPath] = field(default_factory=dict)
    """Which of the numbers are pinned, and where in their owner's file."""
    _pools: dict[str, Pool | None] = field(default_factory=dict)

    def pool(self, name: str) -> Pool | None:
        """Where the numbers of a name within the entries are taken from."""
        if name not in self._pools:
            self._pools[name] = self.slot.kind.pool(self.files, name)
        return self._pools[name]


def assigned(files: Files, locked: Allocations) -> list[Holding]:
    """The known numbers of everything that needs some, and of every reservation; one holding for each kind."""
    found = []
    for section in sections.SECTIONS:
        owners = section.owners(files)
        entries = locked.entries(section.name)
        if locked.quarantine:
            kept = quarantine.entries(locked, section)
            back = {owner: entry for owner, entry in kept.items() if owner in owners and owner not in entries}
            entries = {**entries, **back}
        for slot in section.slots:
            needs = list(slot.kind.needs(files))
            holding = Holding(files, slot, owners, slot.held(entries), needs)
            if slot.kind.pin:
                _pin(holding)
            found.append(holding)
    return found


def _pin(holding: Holding) -> None:
    for need in holding.needs:
        if need.pin is not None and need.owner in holding.owners:
            holding.numbers[need.key] = need.pin
            holding.pins[need.key] = (*need.place, holding.slot.kind.pin)
