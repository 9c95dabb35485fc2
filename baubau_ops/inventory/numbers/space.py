"""The free numbers of a pool, lowest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from ipaddress import IPv4Network

_BITS = 32


class AddressSpace:
    """The free part of a prefix as aligned blocks, with one heap for each size.

    Building it is O(n log n) in the number of occupied prefixes; `take` is O(log n) in the size of the pool.
    """

    def __init__(self, pool: IPv4Network, occupied: Iterable[tuple[int, int]]) -> None:
        """`occupied` are ranges (first, last + 1) of addresses; they may overlap, or lie outside."""
        self._free: list[list[int]] = [[] for _ in range(_BITS + 1)]
        start = int(pool.network_address)
        end = start + pool.num_addresses
        for first, after in sorted(occupied):
            if first > start:
                self._release(start, min(first, end))
            start = max(start, after)
        self._release(start, end)

    def _release(self, start: int, end: int) -> None:
        """Free a range by adding the fewest aligned blocks that cover it."""
        while start < end:
            size = start & -start if start else 1 << _BITS
            while size > end - start:
                size >>= 1
            heapq.heappush(self._free[_BITS - size.bit_length() + 1], start)
            start += size

    def take(self, length: int, /) -> int | None:
        """Return the lowest free aligned block of this prefix length; None when there is none."""
        candidates = [(heap[0], found) for found, heap in enumerate(self._free[: length + 1]) if heap]
        if not candidates:
            return None
        start, found = min(candidates)
        heapq.heappop(self._free[found])
        for smaller in range(found + 1, length + 1):  # return the upper halves
            heapq.heappush(self._free[smaller], start + (1 << (_BITS - smaller)))
        return start

    def free(self) -> int:
        """The number of free addresses."""
        return sum(len(heap) << (_BITS - length) for length, heap in enumerate(self._free))


class NumberSpace:
    """The free numbers from `first` to `last`."""

    def __init__(self, first: int, last: int, occupied: Iterable[int]) -> None:
        self._next = first
        self._last = last
        self._occupied = frozenset(occupied)

    def take(self, _length: int = 32, /) -> int | None:
        """Return the lowest free number; None when there is none."""
        while self._next in self._occupied:
            self._next += 1
        if self._next > self._last:
            return None
        self._next += 1
        return self._next - 1
