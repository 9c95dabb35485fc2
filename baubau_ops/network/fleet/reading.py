"""Reads many routers at once, each through its own platform; an unreadable answer is an error in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.model.router import Router
from baubau_ops.network.state.router_state import Readable, RouterState, Unread


def read_states(fleet: Fleet, devices: Iterable[str]) -> dict[str, RouterState | BaubauError]:
    """The state of each router: its sessions and routes."""
    return fleet.run(devices, lambda device, session: fleet.platforms[device].read_state(device, session))


def read_counters(fleet: Fleet, devices: Iterable[str]) -> Mapping[str, Readable[Mapping[str, int]]]:
    """The drop counters of each router, by name."""
    answers = fleet.run(
        devices, lambda device, session: fleet.platforms[device].read_counters(device, session)
    )
    return {
        name: Unread(str(answer)) if isinstance(answer, BaubauError) else answer
        for name, answer in answers.items()
    }


def check_settings(fleet: Fleet, routers: Iterable[Router]) -> Verdict:
    """Compare what routers do besides routing with their models: the part that only people or tools change."""
    models = {router.name: router for router in routers}
    answers = fleet.run(
        models, lambda device, session: fleet.platforms[device].check(models[device], session)
    )
    return Verdict.join(
        fleet.platforms[name].unchecked(models[name], answer) if isinstance(answer, BaubauError) else answer
        for name, answer in answers.items()
    )


def lost_sessions(fleet: Fleet, devices: Iterable[str]) -> int:
    """Total number of times that BGP and BFD sessions have gone down since the routers started.

    A router may forget a BFD session that OSPF drops, so compare two counts only while the same sessions exist.
    Raises the error of a router that could not be read.
    """
    answers = fleet.run(
        devices, lambda device, session: fleet.platforms[device].count_lost_sessions(device, session)
    )
    total = 0
    for answer in answers.values():
        if isinstance(answer, BaubauError):
            raise answer
        total += answer
    return total
