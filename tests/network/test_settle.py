"""Waiting for convergence is bounded and sees through a short moment of luck."""

from __future__ import annotations

import time

from baubau_ops.core.poll import settle


def test_it_ends_at_the_first_good_reading() -> None:
    readings = iter([0, 0, 1, 2])
    assert settle(lambda: next(readings), bool, 5.0, interval=0.001) == 1


def test_it_gives_the_last_reading_when_time_is_up() -> None:
    began = time.monotonic()
    assert settle(lambda: 0, bool, 0.05, interval=0.01) == 0
    assert 0.05 <= time.monotonic() - began < 1.0


def test_a_good_state_must_hold() -> None:
    """Good at the first reading, bad at the second: the time begins anew."""
    count = 0

    def read() -> int:
        nonlocal count
        count += 1
        return 0 if count == 2 else count

    began = time.monotonic()
    assert settle(read, bool, 5.0, hold=0.05, interval=0.01) >= 4
    assert time.monotonic() - began >= 0.05


def test_a_state_that_never_holds_runs_out_of_time() -> None:
    count = 0

    def read() -> int:
        nonlocal count
        count += 1
        return count % 2

    settle(read, bool, 0.1, hold=0.05, interval=0.001)
    assert count >= 2
