"""Renders configurations from the inventory, each on the router's own platform."""

from __future__ import annotations

from collections.abc import Iterable

from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.derive.day0 import day0
from baubau_ops.network.derive.routers import derive, derive_router
from baubau_ops.network.platforms.registry import AS_INTENDED, StandIns, platform_of


def render(
    inventory: Inventory, stand_ins: StandIns = AS_INTENDED, devices: Iterable[str] | None = None
) -> dict[str, str]:
    """Configurations of some routers (all by default), by name. Secrets appear in them as `${secret:NAME}`.

    InputError if this installation cannot drive the platform of one of them.
    """
    routers = derive(inventory)
    names = routers if devices is None else devices
    with no_garbage_collection():
        return {name: platform_of(routers[name], stand_ins).render(routers[name]) for name in names}


def bootstrap(inventory: Inventory, device: str, stand_ins: StandIns = AS_INTENDED) -> str:
    """The day-0 configuration of one of our routers."""
    router = derive_router(inventory, device)
    return platform_of(router, stand_ins).render_day0(day0(router))
