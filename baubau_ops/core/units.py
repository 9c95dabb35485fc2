"""Rates, durations and counts as people write them; units are decimal, as usual for networks."""

from __future__ import annotations

import re
from decimal import Decimal

from baubau_ops.core.errors import InputError

Rate = int
"""bit/s."""

_RATE_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}
_DURATION_UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_RATE = re.compile(_NUMBER + "([kMG])")
_LOOKS_LIKE_RATE = re.compile(_NUMBER + r"\s*([kKmMgG])[a-zA-Z/]*")
_DURATION = re.compile(_NUMBER + "(ms|s|m|h|d)")


def parse_rate(text: str) -> Rate:
    """Return the rate in bit/s of `text` ("50M", "1.5G"); InputError for anything else."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise InputError(f'"{text}" is not a rate: write <number>{{k,M,G}} in bit/s, {_rate_example(text)}.')
    rate = Decimal(found[1]) * _RATE_UNITS[found[2]]
    if rate != rate.to_integral_value():
        raise InputError(f'"{text}" is not a whole number of bit/s.')
    if rate == 0:
        raise InputError(f'"{text}": a rate must be greater than zero.')
    return int(rate)


def _rate_example(text: str) -> str:
    meant = _LOOKS_LIKE_RATE.fullmatch(text.strip())
    if meant is None:
        return "for example 50M"
    unit = "k" if meant[2] in "kK" else meant[2].upper()
    return f"for example {meant[1]}{unit}"


def format_rate(rate: Rate) -> str:
    """Write bit/s exactly, in the largest unit that needs at most three decimals: 50M, 1.5G, 0.5k."""
    for unit in ("G", "M", "k"):
        value = Decimal(rate) / _RATE_UNITS[unit]
        if (abs(value) >= 1 and value == round(value, 3)) or unit == "k":
            break
    return f"{_plain(value)}{unit}"


def parse_duration(text: str) -> float:
    """Return the seconds of `text` ("15m", "120ms", "0"); InputError for anything else."""
    if text == "0":
        return 0.0
    found = _DURATION.fullmatch(text)
    if found is None:
        raise InputError(f'"{text}" is not a duration: write <number>{{ms,s,m,h,d}}, for example 15m.')
    return float(Decimal(found[1]) * _DURATION_UNITS[found[2]])


def format_duration(seconds: float) -> str:
    """Write seconds in the largest unit that leaves no fraction, else in seconds or milliseconds.

    The result is rounded to the millisecond, and `parse_duration` reads it.
    """
    value = round(Decimal(seconds), 3)
    if value == 0:
        return "0s"
    for unit in ("d", "h", "m"):
        if value % _DURATION_UNITS[unit] == 0:
            return f"{_plain(value / _DURATION_UNITS[unit])}{unit}"
    return f"{_plain(value)}s" if abs(value) >= 1 else f"{_plain(value * 1000)}ms"


def counted(number: int, noun: str) -> str:
    """Return `1 text`, `2 texts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
