"""Measures how long a machine loses a service after a fault: a silent fibre cut, or a router without power."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv4Address

from baubau_ops.core.errors import FailedError
from baubau_ops.core.poll import settle
from baubau_ops.inventory.environment import Injector, Outage, Probe, Vantage

BESIDE = 0.5
"""Seconds of uninterrupted traffic required before the fault and after the recovery."""
DNS = 53
PATIENCE = 30.0
"""Seconds within which the service must answer again."""


def cut_silently(
    vantage: Vantage,
    injector: Injector,
    link: str,
    source: str,
    target: IPv4Address,
    *,
    patience: float = PATIENCE,
    beside: float = BESIDE,
) -> Outage:
    """Cut a link, wait until the service answers again, and restore the link (see `lost_while`)."""
    return lost_while(
        vantage,
        lambda: injector.cut(link, silent=True),
        lambda: injector.mend(link),
        source,
        target,
        patience=patience,
        beside=beside,
    )


def lost_while(
    vantage: Vantage,
    do: Callable[[], None],
    undo: Callable[[], None],
    source: str,
    target: IPv4Address,
    *,
    patience: float = PATIENCE,
    beside: float = BESIDE,
) -> Outage:
    """Inject a fault while `source` asks the DNS at `target` over UDP, wait until it answers again, and undo the fault.

    The first answer after the fault proves nothing, since its packet may have passed before: the outage is the longest
    silence that the probes record. FailedError when the service is silent before, or for `patience` seconds after.
    """
    _require_answer(vantage, source, target, patience, "before the fault")
    watch = vantage.watch(source, target)
    try:
        time.sleep(beside)
        do()
        time.sleep(beside)
        _require_answer(vantage, source, target, patience, "after the fault")
        time.sleep(beside)
    finally:
        try:
            outage = watch.stop()
        finally:
            undo()
    if outage.lost == outage.sent:
        raise FailedError(f"no probe from {source} to {target} was ever answered")
    return outage


def _require_answer(vantage: Vantage, source: str, target: IPv4Address, patience: float, when: str) -> None:
    def ask() -> bool:
        (answer,) = vantage.exchange([Probe(source, target, "udp", DNS, count=3)])
        return answer.answered

    if not settle(ask, bool, patience):
        raise FailedError(f"{source} does not reach {target} {when}")
