"""Resolves numbers that two entries of the lock hold, because two merged branches had both taken them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.inventory.checks import rules
from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.edit.site import editing, write_lock
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import to_problems
from baubau_ops.inventory.load import assemble, read_folder
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.assigned import assigned
from baubau_ops.inventory.numbers.duplicates import Claim, collisions
from baubau_ops.inventory.numbers.kinds import Applied


@dataclass(frozen=True, slots=True)
class Move:
    """An entry of the lock that was moved to other numbers; entries are named `<section>/<id>`."""

    entry: str
    keeper: str
    """The entry that keeps the number."""
    before: str
    after: str
    """The entry's new numbers in the format of the lock; empty when no file uses the entry."""


def resolve(
    folder: Path, applied: Applied, *, today: date | None = None, dry_run: bool = False
) -> tuple[Move, ...]:
    """Of every two entries that hold the same number, move the one that was never applied; return the moves.

    If neither was applied, the later by id moves. Both sides of a merge conflict in the lock are kept. Raises
    InputError when both were applied, InvalidInventoryError when the inventory has other problems; then nothing
    is written.
    """
    with editing(folder):
        source = read_folder(folder, merge_lock=True)
        files = source.files()
        findings = [*source.findings, *rules.references(source.documents, source.models, source.sites)]
        if files is None or findings:
            raise InvalidInventoryError(to_problems(findings, folder), source.count)
        losers = choose(files, source.locked, applied)
        locked = source.locked
        source.locked = released(locked, losers)
        inventory = assemble(source, folder, today=today or datetime.now(UTC).date())
        if (losers or lockfile.has_conflict(folder)) and not dry_run:
            write_lock(folder, inventory.numbers)
    return tuple(
        Move(loser, keeper, lockfile.entry(locked, loser), lockfile.entry(inventory.numbers, loser))
        for loser, keeper in losers.items()
    )


def choose(files: Files, locked: Allocations, applied: Applied) -> dict[str, str]:
    """Return, for each entry that moves, the one that keeps the number; both as `<section>/<id>`."""
    losers: dict[str, str] = {}
    both: list[tuple[Claim, Claim]] = []
    for first, second in collisions(assigned(files, locked)):
        one, two = sorted((first, second), key=lambda claim: claim.entry)
        if one.pin or two.pin or _entry(one) in losers or _entry(two) in losers:
            continue  # a pin is resolved in its file; an entry that already moves no longer conflicts
        if two.section.is_applied(files, two.holder, applied):
            if one.section.is_applied(files, one.holder, applied):
                both.append((one, two))
                continue
            one, two = two, one
        losers[_entry(two)] = _entry(one)
    if both:
        raise _both_applied(both)
    return losers


def _entry(claim: Claim) -> str:
    return "/".join(claim.entry)


def _both_applied(both: list[tuple[Claim, Claim]]) -> InputError:
    shown = "; ".join(f"{one.holder} and {two.holder} ({two.what})" for one, two in both)
    return InputError(
        f"Both of these are in use with the same number: {shown}.",
        remedy="Take the one to be renumbered out of allocations.yml, then apply it: this interrupts it.",
    )


def released(locked: Allocations, losers: dict[str, str]) -> Allocations:
    """Return the lock without some entries."""
    for loser in losers:
        section, name = loser.split("/", 1)
        rest = {other: entry for other, entry in locked.entries(section).items() if other != name}
        locked = locked.with_entries(section, rest)
    return locked
