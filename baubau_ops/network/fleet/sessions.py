"""How often routing sessions were lost, by the routers' own counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.fleet.fleet import Fleet

if TYPE_CHECKING:
    from napalm.base.base import NetworkDriver

_BGP = "show bgp neighbors json"
_BFD = "show bfd peers counters json"


def lost_sessions(fleet: Fleet, devices: Iterable[str]) -> int:
    """Count how often BGP and BFD sessions of these routers have gone down since their daemons started.

    FRR forgets a BFD session that OSPF gives up, so compare two counts only while the same sessions exist.
    Raises what could not be read.
    """
    total = 0
    for answer in fleet.run(devices, _count).values():
        if isinstance(answer, BaubauError):
            raise answer
        total += answer
    return total


def _count(_device: str, driver: NetworkDriver) -> int:
    answers = driver.cli([_BGP, _BFD])
    neighbours: dict[str, dict[str, Any]] = json.loads(str(answers[_BGP]))
    peers: list[dict[str, Any]] = json.loads(str(answers[_BFD]))
    dropped = [int(one["connectionsDropped"]) for one in neighbours.values() if isinstance(one, dict)]
    return sum(dropped) + sum(int(peer["session-down"]) for peer in peers)
