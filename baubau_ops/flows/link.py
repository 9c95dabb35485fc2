"""What a changed inventory changes on the routers, before anything is written or sent."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Change, Effect
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.edit.site import Edit
from baubau_ops.network.change.plan import WORDS
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.router import Device
from baubau_ops.network.platforms.frr.forecast import effect_of, summary
from baubau_ops.network.platforms.frr.render.text import render_device

_WHOLE = 1_000_000
"""Lines of context: the forecast must see the block that a line stands in."""


def changes(edit: Edit) -> tuple[Change, ...]:
    """Compare the rendered texts before and after an edit; only the devices that differ, sorted by name.

    A new router is to be installed; one that is gone is shown with its whole text removed. Only what the models
    differ in is rendered: of thousands of routers that is two or three.
    """
    before, after = derive(edit.before), derive(edit.after)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    texts = ((name, _text(before.get(name)), _text(after.get(name))) for name in names)
    return tuple(_change(name, old, new) for name, old, new in texts if old != new)


def _text(device: Device | None) -> str | None:
    return None if device is None else render_device(device)


def devices_of(edit: Edit, found: Iterable[Change]) -> tuple[str, ...]:
    """Of the routers that the edit changes, those that are still there afterwards."""
    ours = {node.name for node in edit.after.topology.ours}
    return tuple(change.target for change in found if change.target in ours)


def record(
    journal: Journal, action: Literal["add", "remove", "rate"], edit: Edit, found: Iterable[Change]
) -> None:
    """Note that an edit was written: it stands in the inventory now, whether or not routers follow at once."""
    devices = sorted(change.target for change in found)
    journal.append("link", action=action, site=edit.site, file=edit.file, devices=devices)


def unchanged(inventory: Inventory, changed: Iterable[Change]) -> int:
    """How many routers of the city an edit leaves alone."""
    touched = {change.target for change in changed}
    return sum(node.name not in touched for node in inventory.topology.ours)


def _change(device: str, before: str | None, after: str | None) -> Change:
    if before is None:
        return _made(device, "new router", Effect.installs, _diff(device, "", after or ""))
    if after is None:
        return _made(device, "router to be dismantled", Effect.destroys, _diff(device, before, ""))
    whole = _diff(device, before, after, context=_WHOLE)
    return _made(device, summary(whole), effect_of(whole), _diff(device, before, after))


def _made(device: str, what: str, effect: Effect, diff: str) -> Change:
    return Change(device, what, effect, WORDS[effect], diff)


def _diff(device: str, before: str, after: str, context: int = 2) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{device} now", f"{device} then", n=context, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)
