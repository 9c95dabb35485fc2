"""A pool of the city while numbers are taken from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.numbers.space import AddressSpace


@dataclass(slots=True)
class Pool:
    """A pool while it is handed out; its space is built when first needed."""

    name: str
    path: tuple[str, ...]
    """Where city.yml defines it."""
    prefix: IPv4Network
    has_ends: bool = False
    """The first and last address are usable too (blocks and /31), or not (/32)."""
    occupied: list[tuple[int, int]] = field(default_factory=list)
    quarantined: int = 0
    lacking: list[str] = field(default_factory=list)
    length: int = 32
    _space: AddressSpace | None = None

    def occupy(self, prefix: IPv4Network | IPv4Address) -> None:
        self.occupied.append(range_of(prefix))

    def occupy_block(self, prefix: IPv4Network) -> int:
        """Keep room for a prefix to double as well; returns the number of addresses."""
        start, after = block_of(prefix)
        self.occupied.append((start, after))
        return after - start

    def take(self, length: int, owner: str) -> int | None:
        if self._space is None:
            first, after = range_of(self.prefix)
            ends = [] if self.has_ends else [(first, first + 1), (after - 1, after)]
            self._space = AddressSpace(self.prefix, [*self.occupied, *ends])
        found = self._space.take(length)
        if found is None:
            self.lacking.append(owner)
            self.length = length
        return found

    def finding(self) -> Finding:
        shown = ", ".join(self.lacking[:3]) + (
            f" and {len(self.lacking) - 3} more" if self.lacking[3:] else ""
        )
        kept = f" {self.quarantined} of them are in quarantine." if self.quarantined else ""
        return Finding(
            "city.yml",
            self.path,
            f"the pool {self.name} is exhausted: {self.prefix} has {self.prefix.num_addresses} addresses."
            f"{kept} No /{self.length} is left for {shown}. Enlarge the pool.",
        )


def range_of(prefix: IPv4Network | IPv4Address) -> tuple[int, int]:
    if isinstance(prefix, IPv4Address):
        return int(prefix), int(prefix) + 1
    start = int(prefix.network_address)
    return start, start + (1 << (32 - prefix.prefixlen))  # num_addresses is ten times slower


def block_of(prefix: IPv4Network) -> tuple[int, int]:
    """The range kept free for a prefix to double; the prefix's own if it is not a lower half."""
    start, after = range_of(prefix)
    size = after - start
    return (start, after) if start & size or prefix.prefixlen == 0 else (start, after + size)
