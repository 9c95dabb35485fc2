"""The pools that numbers are taken from: a prefix of the city, or a range of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers.forms import Number
from baubau_ops.inventory.numbers.space import AddressSpace, NumberSpace

Range = tuple[int, int]
"""The first number, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A need for which the pool was exhausted."""

    owner: str
    length: int
    """Length of the wanted prefix; 32 for a single number."""
    file: str
    place: DocumentPath
    """Place in the owner's file that asks for it."""


class Pool(Protocol):
    """A pool of numbers. It is hashable, because kinds of number with equal pools share one supply."""

    @property
    def range(self) -> Range:
        """The whole range of the pool."""

    @property
    def shortest(self) -> int:
        """The length of the largest prefix in the pool; 32 for single numbers."""

    def space(self, occupied: Sequence[Range]) -> AddressSpace | NumberSpace:
        """The free part of the pool, given the occupied ranges."""

    def pinned_outside(self, number: Number) -> str:
        """The message for a pin outside the pool."""

    def locked_outside(self, number: Number, what: str, /) -> str:
        """The message for a locked number outside the pool; `what` is the number as people read it."""

    def exhausted(self, lacking: Sequence[Lacking], quarantined: int, /) -> Iterator[Finding]:
        """The findings for needs that the exhausted pool could not satisfy."""


@dataclass(frozen=True, slots=True)
class AddressPool:
    """A prefix of city.yml."""

    name: str
    """Name as it follows "the pool" in messages: `loopback`, `of zone office`."""
    path: tuple[str, ...]
    """Path in city.yml that defines it."""
    prefix: IPv4Network
    has_ends: bool = True
    """Whether the first and last address are usable: they are for blocks and /31, not for /32."""

    @property
    def range(self) -> Range:
        return range_of(self.prefix)

    @property
    def shortest(self) -> int:
        return self.prefix.prefixlen

    def space(self, occupied: Sequence[Range]) -> AddressSpace:
        first, after = self.range
        ends = [] if self.has_ends else [(first, first + 1), (after - 1, after)]
        return AddressSpace(self.prefix, [*occupied, *ends])

    def pinned_outside(self, number: Number) -> str:
        return f"{number} lies outside of the pool {self.name} ({self.prefix})."

    def locked_outside(self, number: Number, _what: str, /) -> str:
        return (
            f"{number} lies outside of the pool {self.name} ({self.prefix}, city.yml)."
            " Widen the pool, or take the entry out."
        )

    def exhausted(self, lacking: Sequence[Lacking], quarantined: int, /) -> Iterator[Finding]:
        shown = ", ".join(each.owner for each in lacking[:3])
        more = f" and {len(lacking) - 3} more" if lacking[3:] else ""
        kept = f" {quarantined} of them are in quarantine." if quarantined else ""
        yield Finding(
            "city.yml",
            self.path,
            f"the pool {self.name} is exhausted: {self.prefix} has {self.prefix.num_addresses} addresses."
            f"{kept} No /{lacking[-1].length} is left for {shown}{more}. Enlarge the pool.",
        )


@dataclass(frozen=True, slots=True)
class NumberPool:
    """Whole numbers from `first` to `last`."""

    first: int
    last: int
    when_exhausted: str
    """Message for an exhausted pool."""
    path: tuple[str, ...] = ()
    """Path in city.yml that defines it; empty for a range that no file can widen."""
    choice: str = ""
    """For such a range: the key with which an owner chooses it, such as `pop`."""

    @property
    def range(self) -> Range:
        return self.first, self.last + 1

    @property
    def shortest(self) -> int:
        return 32

    def space(self, occupied: Sequence[Range]) -> NumberSpace:
        return NumberSpace(self.first, self.last, (first for first, _ in occupied))

    def pinned_outside(self, number: Number) -> str:
        where = ", ".join(("city.yml", *self.path))
        return f"{number} lies outside of {self.first}–{self.last} ({where})."

    def locked_outside(self, _number: Number, what: str, /) -> str:
        return f"{what} lies outside of {self.first}–{self.last} (city.yml)."

    def exhausted(self, lacking: Sequence[Lacking], _quarantined: int, /) -> Iterator[Finding]:
        if self.path:
            yield Finding("city.yml", self.path, self.when_exhausted)
            return
        for each in lacking:
            yield Finding(each.file, (*each.place, self.choice), self.when_exhausted)


@dataclass(slots=True)
class Supply:
    """A pool from which numbers are being taken; its free space is computed when first needed."""

    pool: Pool
    occupied: list[Range] = field(default_factory=list)
    quarantined: int = 0
    lacking: list[Lacking] = field(default_factory=list)
    _space: AddressSpace | NumberSpace | None = None

    def take(self, length: int) -> int | None:
        """The lowest free number; None when there is none."""
        if self._space is None:
            self._space = self.pool.space(self.occupied)
        return self._space.take(length)

    def findings(self) -> Iterator[Finding]:
        if self.lacking:
            yield from self.pool.exhausted(self.lacking, self.quarantined)


def range_of(number: Number) -> Range:
    """The range that an address, a prefix or a whole number occupies."""
    if isinstance(number, IPv4Network):
        start = int(number.network_address)
        return start, start + (1 << (32 - number.prefixlen))  # num_addresses is ten times slower
    start = int(number) if isinstance(number, IPv4Address) else number
    return start, start + 1


def block_of(prefix: Range) -> Range:
    """The block in which a prefix can double; the prefix's own range if it is not a lower half."""
    start, after = prefix
    size = after - start
    return (start, after) if start & size or size == 1 << 32 else (start, after + size)
