"""Brings up the twin of an inventory: `network` renders day-0 configurations, `lab` boots the machines."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from baubau_ops.core.errors import InputError, MissingError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.poll import settle
from baubau_ops.core.settings import run_dir, state_dir
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, INFRASTRUCTURE
from baubau_ops.inventory.environment import Probe
from baubau_ops.inventory.generate.city import generate, sites_for
from baubau_ops.inventory.load import load
from baubau_ops.lab import twin
from baubau_ops.lab.environment import PLATFORMS, environment
from baubau_ops.lab.host import capacity, machine, packages
from baubau_ops.lab.layout.compose import compose
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.layout.routers import MEMORY
from baubau_ops.lab.record import Record
from baubau_ops.network.render.configurations import bootstrap, render

REACH_TIMEOUT = 60.0
"""Seconds that OSPF may take to find its neighbours after a boot."""
STANDSTILL = 20.0
"""Seconds without progress after which waiting ends: the rest needs a later apply, as a new POP's neighbours do."""
SSH = 22


def up(name: str, folder: Path, *, on_event: OnEvent = ignore) -> Inventory:
    """Bring up the twin of the city in `folder`, or update it from the city; return the city.

    Nothing is started if this machine lacks something that a twin needs and that `packages` cannot install.
    """
    inventory = load(folder)
    require_root()
    if Record(name).inventory is None:
        check_machine()
    packages.install(on_event)
    twin.up(
        name,
        layout_of(inventory),
        inventory=folder.resolve(),
        state=state_dir(f"lab:{name}"),
        texts=render(inventory, PLATFORMS).values(),
        on_event=on_event,
    )
    _wait_in_band(name, inventory, on_event)
    return inventory


def up_generated(name: str, routers: int, *, on_event: OnEvent = ignore) -> Inventory:
    """Bring up the twin of a synthetic city of at most this many routers; the city is removed with the twin.

    Raises InputError when `routers` is too small or the twin is already up, MissingError when the machine is too small.
    """
    sites = sites_for(routers)
    if Record(name).inventory is not None:
        raise InputError(
            f'A twin "{name}" is up already.', remedy=f"Take it down: baubau lab down --name {name}"
        )
    require_root()
    capacity.check([MEMORY] * routers, kind="router")
    folder = run_dir(name) / "city"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    generate(folder, sites=sites, seed=1, on_event=on_event)
    return up(name, folder, on_event=on_event)


def _wait_in_band(name: str, inventory: Inventory, on_event: OnEvent) -> None:
    """Wait until the bastion reaches the routers of the infrastructure, except those behind cut links."""
    vantage = environment(name).vantage
    assert vantage is not None, "a twin has one"
    left = inventory.topology.with_role(*INFRASTRUCTURE)
    began = last = time.monotonic()  # `last`: the time of the latest progress

    def ask() -> bool:
        """Return whether there is nothing left to wait for."""
        nonlocal left, last
        before = len(left)
        probes = [Probe(BASTION, node.loopback, "tcp", SSH, count=1) for node in left if node.loopback]
        answers = vantage.exchange(probes, timeout=0.5)
        left = tuple(node for node, answer in zip(left, answers, strict=True) if not answer.answered)
        last = time.monotonic() if len(left) < before else last
        return not left or time.monotonic() - last >= STANDSTILL

    settle(ask, bool, REACH_TIMEOUT)
    seconds = time.monotonic() - began
    if left:
        names = ", ".join(node.name for node in left)
        on_event(
            Event("note", "reach", detail=f"not yet reachable from the bastion: {names}", seconds=seconds)
        )
    else:
        on_event(Event("done", "reach", detail="the bastion reaches the backbone", seconds=seconds))


def layout_of(inventory: Inventory) -> Layout:
    """Return the layout of a city's twin: each of our routers with its day-0 configuration."""
    return compose(
        inventory, {node.name: bootstrap(inventory, node.name, PLATFORMS) for node in inventory.topology.ours}
    )


def check_machine() -> None:
    """Refuse a machine on which no twin can run, before anything is changed."""
    require_root()
    lacking = machine.lacking(machine.look(), after_install=True)
    if lacking:
        first = lacking[0]
        names = ", ".join(finding.name for finding in lacking)
        raise MissingError(
            f"This machine lacks what the twin needs: {names} ({first.name}: {first.detail}).",
            remedy=first.remedy,
        )


def require_root() -> None:
    """Refuse to run without root."""
    if os.geteuid() != 0:
        message = "The twin needs root: it makes network namespaces and mounts."
        raise MissingError(message, remedy="sudo ./baubau lab …")
