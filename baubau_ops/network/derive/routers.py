"""Derives a plain model of every router from the inventory. Pure: it reads and renders nothing."""

from __future__ import annotations

from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.derive.filters import filters
from baubau_ops.network.derive.helpers import helpers
from baubau_ops.network.derive.interfaces import interfaces
from baubau_ops.network.derive.routing import routing
from baubau_ops.network.derive.shaping import shaped_ports
from baubau_ops.network.model.router import Router
from baubau_ops.network.policy import Matrix, matrix


def derive(inventory: Inventory) -> dict[str, Router]:
    """Models of all our routers, by name."""
    policy = matrix(inventory)
    names = sorted(node.name for node in inventory.topology.ours)
    with no_garbage_collection():
        return {name: derive_router(inventory, name, policy) for name in names}


def derive_router(inventory: Inventory, name: str, policy: Matrix | None = None) -> Router:
    """Model of one router."""
    node = inventory.topology.nodes[name]
    assert node.loopback is not None, "routers of ours have a loopback"
    ports = interfaces(inventory, node)
    routes = routing(inventory, node, ports)
    assert routes.bgp is not None, "all routers of ours speak BGP"
    return Router(
        name=name,
        role=node.role,
        platform=node.platform,
        loopback=node.loopback,
        interfaces=ports,
        routing=routes,
        filters=filters(inventory, policy or matrix(inventory), node, ports, routes.bgp),
        shaped=shaped_ports(inventory, node),
        helpers=helpers(inventory, node),
    )
