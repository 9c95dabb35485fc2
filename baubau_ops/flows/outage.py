"""How long a machine loses a service when a fibre is cut and nobody is told."""

from __future__ import annotations

import time
from ipaddress import IPv4Address

from baubau_ops.core.errors import FailedError
from baubau_ops.inventory.environment import Injector, Outage, Probe, Vantage

BESIDE = 0.5
"""Seconds of good traffic that must be seen before the cut and after the recovery."""
DNS = 53
PATIENCE = 30.0
"""Seconds until the service must answer again."""


def cut_silently(
    vantage: Vantage,
    injector: Injector,
    link: str,
    source: str,
    target: IPv4Address,
    *,
    beside: float = BESIDE,
) -> Outage:
    """Cut a link while `source` asks the DNS at `target` over UDP, wait until it answers again, and mend it.

    The first answer after the cut proves nothing, the packet may have passed before: the probes' own record of the
    longest silence is the measure. FailedError when the service was silent before, or stays so.
    """
    _require_answer(vantage, source, target, "before the cut")
    watch = vantage.watch(source, target)
    try:
        time.sleep(beside)
        injector.cut(link, silent=True)
        time.sleep(beside)
        _require_answer(vantage, source, target, "after the cut")
        time.sleep(beside)
    finally:
        injector.mend(link)
        outage = watch.stop()
    if outage.lost == outage.sent:
        raise FailedError(f"no probe from {source} to {target} was ever answered")
    return outage


def _require_answer(vantage: Vantage, source: str, target: IPv4Address, when: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        (answer,) = vantage.exchange([Probe(source, target, "udp", DNS, count=3)])
        if answer.answered:
            return
        if time.monotonic() > deadline:
            raise FailedError(f"{source} does not reach {target} {when}")
