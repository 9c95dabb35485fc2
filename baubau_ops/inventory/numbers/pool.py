"""Where numbers are taken from: a prefix of the city, or a range of whole numbers."""

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
    """What found its pool exhausted."""

    owner: str
    length: int
    """Of the prefix that was sought; 32 for a single number."""
    file: str
    place: DocumentPath
    """Where the owner's file asks for it."""


class Pool(Protocol):
    """Hashable: kinds of number with equal pools share one."""

    @property
    def range(self) -> Range:
        """All of it."""

    @property
    def shortest(self) -> int:
        """The length of the largest prefix in it; 32 for single numbers."""

    def space(self, occupied: Sequence[Range]) -> AddressSpace | NumberSpace:
        """What is free in it."""

    def pinned_outside(self, number: Number) -> str:
        """The message for a pin that lies outside of it."""

    def locked_outside(self, number: Number, what: str, /) -> str:
        """The message for an entry of the lock; `what` is the number as people call it."""

    def exhausted(self, lacking: Sequence[Lacking], quarantined: int, /) -> Iterator[Finding]:
        """What to say when something found nothing free."""


@dataclass(frozen=True, slots=True)
class AddressPool:
    """A prefix of city.yml."""

    name: str
    """As it follows "the pool": `loopback`, `of zone office`."""
    path: tuple[str, ...]
    """Where city.yml defines it."""
    prefix: IPv4Network
    has_ends: bool = True
    """The first and last address are usable too (blocks and /31), or not (/32)."""

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
    """The message."""
    path: tuple[str, ...] = ()
    """Where city.yml defines it; empty for a range that no file can widen."""
    choice: str = ""
    """For such a range: the key by which its owner chose it, `pop`."""

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
    """A pool while numbers are taken from it; its space is built when first needed."""

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
    """All that an address, a prefix or a whole number takes up."""
    if isinstance(number, IPv4Network):
        start = int(number.network_address)
        return start, start + (1 << (32 - number.prefixlen))  # num_addresses is ten times slower
    start = int(number) if isinstance(number, IPv4Address) else number
    return start, start + 1


def block_of(prefix: Range) -> Range:
    """The range kept free for a prefix to double; the prefix's own if it is not a lower half."""
    start, after = prefix
    size = after - start
    return (start, after) if start & size or size == 1 << 32 else (start, after + size)
