"""Many routers read at once, each by its own platform; what one does not answer is an error in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.model.router import Router
from baubau_ops.network.state.router_state import Readable, RouterState, Unread


def read_states(fleet: Fleet, devices: Iterable[str]) -> dict[str, RouterState | BaubauError]:
    """What routers do: their sessions and routes."""
    return fleet.run(devices, lambda device, session: fleet.platforms[device].read_state(device, session))


def read_counters(fleet: Fleet, devices: Iterable[str]) -> Mapping[str, Readable[Mapping[str, int]]]:
    """Their drop counters by name."""
    answers = fleet.run(
        devices, lambda device, session: fleet.platforms[device].read_counters(device, session)
    )
    return {
        name: Unread(str(answer)) if isinstance(answer, BaubauError) else answer
        for name, answer in answers.items()
    }


def check_settings(fleet: Fleet, routers: Iterable[Router]) -> Verdict:
    """What they do beside routing, against their models: what changes only when somebody changes it."""
    models = {router.name: router for router in routers}
    answers = fleet.run(
        models, lambda device, session: fleet.platforms[device].check(models[device], session)
    )
    return Verdict.join(
        fleet.platforms[name].unchecked(models[name], answer) if isinstance(answer, BaubauError) else answer
        for name, answer in answers.items()
    )


def lost_sessions(fleet: Fleet, devices: Iterable[str]) -> int:
    """How often their BGP and BFD sessions have gone down since they started, all together.

    A router may forget a BFD session that OSPF gives up, so compare two counts only while the same sessions exist.
    Raises what could not be read.
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
