"""The console of a twin's machines: it bypasses the network. It serves inspection and repair, never drivers."""

from __future__ import annotations

from collections.abc import Sequence

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.topology import pop_device
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.nodes import booted


def command(twin: str, layout: Layout, place: str, argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` as root in a booted machine (its console) or in a bare machine's namespace.

    Raises InputError when there is no such place, or when it is powered off.
    """
    name = place if place in layout.places else pop_device(place)
    if name in layout.bare:
        return ["nsenter", f"--net={NETNS / name_of(twin, name)}", "--", *argv]
    if name not in layout.booted:
        raise InputError(f'The twin has no "{place}".{did_you_mean(place, layout.places)}')
    init = netns.inits([name_of(twin, name)]).get(name_of(twin, name))
    if init is None:
        raise InputError(f"{name} has no power.", remedy=f"baubau lab power {name} on")
    return [*booted.enter(init), *argv]
