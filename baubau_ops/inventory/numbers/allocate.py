"""Assigns a number to every object that has none: deterministically, lowest first, and only once.

Pins take precedence over the lock, and the lock over the pools. A segment takes an aligned block of twice its size
and uses the lower half, so that it can double in place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network
from typing import Any

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.numbers import quarantine, sections
from baubau_ops.inventory.numbers.assigned import Holding, assigned
from baubau_ops.inventory.numbers.forms import Number, Path
from baubau_ops.inventory.numbers.kinds import Key, Need, Section
from baubau_ops.inventory.numbers.pool import Lacking, Pool, Supply, block_of, range_of


@dataclass(frozen=True, slots=True)
class Completion:
    """The lock, completed with the numbers that the files need."""

    numbers: Allocations
    proposed: frozenset[str]
    """`<section>/<id>` of every entry that is missing in the lock or differs from it."""
    proposed_devices: frozenset[str]
    """The nodes whose configuration contains a number of these entries."""
    findings: tuple[Finding, ...]
    """Exhausted pools and prefixes that cannot grow; `numbers` is complete only if there are none."""


def complete(
    files: Files, locked: Allocations, today: date, *, holdings: Sequence[Holding] | None = None
) -> Completion:
    """Give every owner the numbers that it needs; `today` (UTC) decides which quarantines have ended.

    `holdings` are those of the files and the lock (`assigned`), for a caller that already has them. They are
    modified: new numbers are added to them.
    """
    return _Allocator(files, locked, today).run(assigned(files, locked) if holdings is None else holdings)


class _Allocator:
    def __init__(self, files: Files, locked: Allocations, today: date) -> None:
        self.files = files
        self.locked = locked
        self.kept = quarantine.still_kept(files, locked, today)
        self.pools: dict[Pool, Supply] = {}
        self.changed: defaultdict[tuple[str, str], dict[Path, Number]] = defaultdict(dict)
        """Numbers that are missing in the lock or differ from it, by section and id."""
        self.incomplete: set[tuple[str, str]] = set()
        """Section and id of entries for which a pool was exhausted."""
        self.findings: list[Finding] = []

    def run(self, holdings: Sequence[Holding]) -> Completion:
        for holding in holdings:
            for key in holding.pins:
                self._set(holding, key, holding.numbers[key])
            if holding.slot.kind.doubles:
                self._resize(holding)  # before any number is assigned
        supplies = [self._supplies(holding) for holding in holdings]
        for holding, supply in zip(holdings, supplies, strict=True):
            self._occupy(holding, supply)
        for holding, supply in zip(holdings, supplies, strict=True):
            self._give(holding, supply)
        for used in self.pools.values():
            self.findings += used.findings()
        return self._completion()

    def _completion(self) -> Completion:
        entries = {}
        proposed: set[str] = set()
        devices: set[str] = set()
        for section in sections.SECTIONS:
            before = self.locked.entries(section.name)
            entries[section.name] = now = self._entries(section)
            owners = [owner for owner, entry in now.items() if entry != before.get(owner)]
            proposed.update(f"{section.name}/{owner}" for owner in owners)
            devices.update(section.devices(self.files, owners))
        numbers = Allocations(entries, self.kept)
        return Completion(numbers, frozenset(proposed), frozenset(devices), tuple(self.findings))

    def _entries(self, section: Section) -> dict[str, Any]:
        """All entries of a section; changed ones are rebuilt."""
        found = dict(self.locked.entries(section.name))
        back = quarantine.entries(self.locked, section)
        for owner in section.owners(self.files):
            before, changed = found.get(owner, back.get(owner)), self.changed.get((section.name, owner))
            if (section.name, owner) not in self.incomplete:
                entry = section.replaced(before, changed) if changed else before
                if entry is not None:
                    found[owner] = entry
        return found

    def _set(self, holding: Holding, key: Key, number: Number) -> None:
        owner, name = key
        holding.set(key, number)
        self.changed[holding.slot.section.name, owner][holding.slot.path_of(name)] = number

    def _supplies(self, holding: Holding) -> dict[str, Supply | None]:
        """The supplies from which the numbers of a kind are taken, by name within the entries."""
        names = {name for _, name in holding.numbers} | {need.key[1] for need in holding.needs}
        return {name: self._supply(holding.pool(name)) for name in names}

    def _supply(self, pool: Pool | None) -> Supply | None:
        return None if pool is None else self.pools.setdefault(pool, Supply(pool))

    def _occupy(self, holding: Holding, supplies: Mapping[str, Supply | None]) -> None:
        """Mark held and quarantined numbers as occupied."""
        doubles, pins = holding.slot.kind.doubles, holding.pins
        for key, taken in holding.ranges.items():
            supply = supplies[key[1]]
            if supply is not None:
                supply.occupied.append(block_of(taken) if doubles and key not in pins else taken)
        for (_, name), number in self._quarantined(holding):
            supply = self._supply(holding.pool(name))
            if supply is not None:
                taken = range_of(number)
                first, after = block_of(taken) if doubles else taken
                supply.occupied.append((first, after))
                supply.quarantined += after - first

    def _quarantined(self, holding: Holding) -> Iterable[tuple[Key, Number]]:
        kept = quarantine.entries(Allocations(quarantine=self.kept), holding.slot.section)
        return holding.slot.held(kept).items()

    def _give(self, holding: Holding, supplies: Mapping[str, Supply | None]) -> None:
        """Assign a number to every need that has none."""
        kind, section, numbers, owners = (
            holding.slot.kind,
            holding.slot.section.name,
            holding.numbers,
            holding.owners,
        )
        for key, length, _ in holding.needs:
            owner, name = key
            supply = supplies[name]
            if key in numbers or owner not in owners or supply is None:
                continue
            taken = max(length - 1, supply.pool.shortest) if kind.doubles else length
            start = supply.take(taken)
            if start is not None:
                self._set(holding, key, kind.value.make(start, length))
            else:
                asked_by = kind.asked_by.format(owner=owner, name=name)
                supply.lacking.append(Lacking(asked_by, taken, holding.file(key), holding.place(key)))
                self.incomplete.add((section, owner))

    def _resize(self, holding: Holding) -> None:
        """Change the length of assigned prefixes for which the files ask for another size."""
        asking = [
            need
            for need in holding.needs
            if need.key[0] in holding.owners
            and isinstance(known := holding.numbers.get(need.key), IPv4Network)
            and known.prefixlen != need.length
        ]
        if not asking:
            return
        starts: defaultdict[Pool | None, list[int]] = defaultdict(list)
        for (_, name), (start, _) in holding.ranges.items():
            starts[holding.pool(name)].append(start)
        for (_, name), number in self._quarantined(holding):
            starts[holding.pool(name)].append(range_of(number)[0])
        for found in starts.values():
            found.sort()
        for need in asking:
            pool = holding.pool(need.key[1])
            if pool is not None:
                self._resized(holding, need, pool, starts[pool])

    def _resized(self, holding: Holding, need: Need, pool: Pool, starts: list[int]) -> None:
        """Resize a prefix in place, if the space after it is free."""
        prefix = holding.numbers[need.key]
        assert isinstance(prefix, IPv4Network)
        start, _ = holding.ranges[need.key]
        size = 1 << (32 - need.length)
        following = bisect_right(starts, start)
        is_free = following == len(starts) or starts[following] >= start + size
        if start % size == 0 and is_free and start + size <= pool.range[1]:
            self._set(holding, need.key, IPv4Network((start, need.length)))
            return
        message = (
            f"a /{need.length} is wanted, but {prefix} (allocations.yml) cannot grow to it where it stands."
            f" Keep /{prefix.prefixlen}, or take it out of allocations.yml to be given a new one."
        )
        self.findings.append(Finding(holding.file(need.key), holding.place(need.key), message))
