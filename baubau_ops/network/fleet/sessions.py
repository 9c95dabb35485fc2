"""How often routing sessions were lost, by the routers' own counts."""

from __future__ import annotations

from collections.abc import Iterable

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.platforms.frr.state import read


def lost_sessions(fleet: Fleet, devices: Iterable[str]) -> int:
    """Count how often BGP and BFD sessions of these routers have gone down since their daemons started.

    Raises what could not be read.
    """
    total = 0
    for answer in fleet.run(devices, read.lost_sessions).values():
        if isinstance(answer, BaubauError):
            raise answer
        total += answer
    return total
