"""Waits, for a bounded time, until what is read again and again has become what is expected."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


def settle(
    read: Callable[[], T],
    until: Callable[[T], bool],
    timeout: float,
    *,
    hold: float = 0.0,
    interval: float = 0.2,
) -> T:
    """Read until `until` is true and has been so for `hold` seconds, or it is false once `timeout` seconds have passed.

    Returns the last reading, whichever way it went; a state that is good when time is up still has to hold. Readings
    begin at least `interval` seconds apart.
    """
    began = time.monotonic()
    good_since: float | None = None
    while True:
        at = time.monotonic()
        reading = read()
        good = until(reading)
        now = time.monotonic()
        good_since = (now if good_since is None else good_since) if good else None
        if good_since is not None and now - good_since >= hold:
            logger.debug("settled after %.2f s", now - began)
            return reading
        if not good and now - began >= timeout:
            logger.debug("not settled within %.2f s", timeout)
            return reading
        time.sleep(max(0.0, at + interval - time.monotonic()))
