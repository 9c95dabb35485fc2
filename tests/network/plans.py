"""Plans of devices made by hand: the lines of their diffs are read as FRR's."""

from __future__ import annotations

from baubau_ops.core.plan import Effect
from baubau_ops.network.change.plan import DevicePlan
from baubau_ops.network.platforms.frr.diff import read_diff


def device_plan(device: str, text: str, diff: str, effect: Effect) -> DevicePlan:
    return DevicePlan(device, text, diff, effect, read_diff(diff))
