"""Finds numbers that two objects hold, whether by the lock or by a pin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.assigned import Holding
from baubau_ops.inventory.numbers.forms import Number
from baubau_ops.inventory.numbers.kinds import Section, Slot
from baubau_ops.inventory.numbers.pool import Pool

_RESOLVE = "baubau inventory allocate --resolve"


class Claim(NamedTuple):
    """A holder's claim on the numbers `first` to `after` - 1. Every site has six."""

    first: int
    after: int
    holder: str
    """The holder's id in the lock."""
    slot: Slot
    name: str
    """Name of the number within the entry."""
    given: Number
    pin: DocumentPath = ()
    """Place in the holder's file that pins it; empty when the lock holds it."""

    @property
    def section(self) -> Section:
        return self.slot.section

    @property
    def entry(self) -> tuple[str, str]:
        """The name of the section, and the holder's id."""
        return self.slot.section.name, self.holder

    @property
    def file(self) -> str:
        """The holder's file."""
        return self.section.file.format(self.holder)

    @property
    def what(self) -> str:
        """The number as people read it: `AS 4200000001`, `office 10.64.0.0/26`."""
        return self.slot.kind.label.format(number=self.given, name=self.name)


def duplicates(holdings: Iterable[Holding]) -> Iterator[Finding]:
    """Yield a finding for each number that two objects hold, by the lock or by a pin."""
    pairs: defaultdict[tuple[tuple[str, str], tuple[str, str]], list[tuple[Claim, Claim]]] = defaultdict(list)
    for first, second in collisions(holdings):
        one, two = sorted((first, second), key=lambda claim: claim.entry)
        pin = one if one.pin else two
        if pin.pin:
            other = two if pin is one else one
            yield _pinned_twice(pin, other)
        else:
            pairs[one.entry, two.entry].append((one, two))
    for found in pairs.values():
        yield _locked_twice(found)


def _pinned_twice(pin: Claim, other: Claim) -> Finding:
    verb = "is also pinned by" if other.pin else "is already held by"
    where = other.file if other.pin else f"{other.holder} ({lockfile.NAME})"
    message = f"{pin.what} {verb} {where}. Pin another, or leave the pin out."
    return Finding(pin.file, pin.pin, message)


def _locked_twice(found: list[tuple[Claim, Claim]]) -> Finding:
    one, two = found[0]
    numbers = ", ".join(dict.fromkeys(second.what for _, second in found))
    remedy = f'Reallocate {two.holder}: run "{_RESOLVE}".'
    message = f"{one.holder} and {two.holder} both hold {numbers}. {remedy}"
    return Finding(lockfile.NAME, two.entry, message)


def collisions(holdings: Iterable[Holding]) -> Iterator[tuple[Claim, Claim]]:
    """Yield every pair of claims on the same number."""
    addresses: list[Claim] = []
    others: defaultdict[Pool, list[Claim]] = defaultdict(list)
    for holding in holdings:
        if holding.slot.kind.is_address:
            addresses += _claims(holding)
            continue
        for claim in _claims(holding):
            pool = holding.pool(claim.name)
            if pool is not None:
                others[pool].append(claim)
    for claims in (addresses, *others.values()):
        yield from _sweep(claims)


def _claims(holding: Holding) -> Iterator[Claim]:
    slot, numbers, pins = holding.slot, holding.numbers, holding.pins
    for key, (first, after) in holding.ranges.items():
        owner, name = key
        yield Claim(first, after, owner, slot, name, numbers[key], pins.get(key, ()))


def _sweep(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Yield every claim that begins before an earlier one ends, together with the earlier one."""
    widest: Claim | None = None
    for claim in sorted(claims, key=itemgetter(0)):
        if widest is not None and claim.first < widest.after:
            yield widest, claim
        if widest is None or claim.after > widest.after:
            widest = claim
