from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from baubau_ops.inventory.numbers.space import AddressSpace, NumberSpace

POOL = IPv4Network("10.0.0.0/26")
START = int(POOL.network_address)
RANGES = st.lists(st.tuples(st.integers(-8, 70), st.integers(1, 12)), max_size=8)
LENGTHS = st.lists(st.integers(26, 32), max_size=40)


@given(RANGES, LENGTHS)
def test_takes_what_a_search_through_the_whole_pool_would(
    ranges: list[tuple[int, int]], lengths: list[int]
) -> None:
    occupied = [(START + first, START + first + size) for first, size in ranges]
    space = AddressSpace(POOL, occupied)
    taken = {address for first, after in occupied for address in range(first, after)}
    for length in lengths:
        size = 1 << (32 - length)
        fits = (
            start for start in range(START, START + 64, size) if not taken & {*range(start, start + size)}
        )
        expected = next(fits, None)
        assert space.take(length) == expected
        if expected is not None:
            taken |= {*range(expected, expected + size)}


@given(RANGES)
def test_counts_what_is_free(ranges: list[tuple[int, int]]) -> None:
    occupied = [(START + first, START + first + size) for first, size in ranges]
    free = set(range(START, START + 64)) - {a for first, after in occupied for a in range(first, after)}
    assert AddressSpace(POOL, occupied).free() == len(free)


def test_the_whole_address_space_can_be_a_pool() -> None:
    space = AddressSpace(IPv4Network("0.0.0.0/0"), [])
    assert space.take(1) == 0
    assert space.take(1) == 1 << 31
    assert space.take(32) is None


def test_numbers_lowest_first_until_none_is_left() -> None:
    space = NumberSpace(5, 8, {6})
    assert [space.take() for _ in range(4)] == [5, 7, 8, None]
