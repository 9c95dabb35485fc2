"""Composes the twin of a city: which machines are booted, which are bare, and how they are wired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.layout import clients, outside
from baubau_ops.lab.layout.layout import Bare, End, Layout, Wire
from baubau_ops.lab.layout.routers import router


def compose(inventory: Inventory, day0: Mapping[str, str]) -> Layout:
    """Return the layout of a city's twin; `day0` holds the day-0 configuration of each of our routers."""
    topology = inventory.topology
    wires = [
        Wire(link.id, (End(link.a.node, link.a.name), End(link.b.node, link.b.name)))
        for link in topology.links.values()
    ]
    wires += outside.exchanges(inventory)
    machines = []
    for bare, its_wires in (*clients.edges(inventory), *outside.hosts(inventory)):
        machines.append(bare)
        wires += its_wires
    texts = {**day0, **outside.texts(inventory)}
    missing = sorted(set(topology.nodes) - set(texts) - {BASTION})
    if missing:
        raise InputError(f"There is no day-0 text for {', '.join(missing)}.")
    _check_names(texts, machines)
    ours = {node.name: node.loopback for node in topology.ours}
    return Layout(
        booted={name: router(name, text, ours.get(name)) for name, text in texts.items()},
        bare={bare.name: bare for bare in machines},
        wires={wire.id: wire for wire in wires},
        images={ROUTER.name: ROUTER},
        ports=clients.ports(inventory),
        services=tuple(clients.services(inventory)),
    )


def _check_names(booted: Iterable[str], machines: Iterable[Bare]) -> None:
    taken = set(booted)
    for bare in machines:
        if bare.name in taken:
            raise InputError(f'Two machines of the twin would be called "{bare.name}".')
        taken.add(bare.name)
