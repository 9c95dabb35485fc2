from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baubau_ops.core.errors import InputError
from baubau_ops.core.units import format_duration, format_rate, parse_duration, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("50M", 50_000_000), ("1.5G", 1_500_000_000), ("64k", 64_000), ("0.5k", 500), ("10G", 10_000_000_000)],
)
def test_rates_are_decimal_bits_per_second(text: str, rate: int) -> None:
    assert parse_rate(text) == rate
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("100MB", '"100MB" is not a rate: write <number>{k,M,G} in bit/s, for example 100M.'),
        ("50 Mbit/s", '"50 Mbit/s" is not a rate: write <number>{k,M,G} in bit/s, for example 50M.'),
        ("20m", '"20m" is not a rate: write <number>{k,M,G} in bit/s, for example 20M.'),
        ("-5M", '"-5M" is not a rate: write <number>{k,M,G} in bit/s, for example 50M.'),
        ("50", '"50" is not a rate: write <number>{k,M,G} in bit/s, for example 50M.'),
        ("", '"" is not a rate: write <number>{k,M,G} in bit/s, for example 50M.'),
        ("٥M", '"٥M" is not a rate: write <number>{k,M,G} in bit/s, for example 50M.'),
        ("0M", '"0M": a rate must be greater than zero.'),
        ("0.0001k", '"0.0001k" is not a whole number of bit/s.'),
    ],
)
def test_what_is_no_rate_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_rate(text)
    assert str(caught.value) == message


@given(st.integers(min_value=1, max_value=10**13))
def test_a_written_rate_reads_back_exactly(rate: int) -> None:
    assert parse_rate(format_rate(rate)) == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900.0),
        ("131ms", 0.131),
        ("2.9s", 2.9),
        ("1h", 3600.0),
        ("7d", 604800.0),
        ("90s", 90.0),
        ("0", 0.0),
    ],
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["15", "15 m", "-1s", "1.s", "m", "15min"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text)
    assert str(caught.value) == f'"{text}" is not a duration: write <number>{{ms,s,m,h,d}}, for example 15m.'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.131, "131ms"), (2.9, "2.9s"), (900, "15m"), (5400, "90m"), (86400, "1d"), (61, "61s")],
)
def test_durations_are_written_plainly(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_a_written_duration_reads_back_to_the_millisecond(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-6)
