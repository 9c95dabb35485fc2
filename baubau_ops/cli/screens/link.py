"""The screen for a change of a link: its file and numbers, the headroom, the changes on the routers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from baubau_ops.cli.output import Output
from baubau_ops.cli.screens.plan import change_documents, draw_changes, outcome_documents
from baubau_ops.core.units import format_rate

if TYPE_CHECKING:
    from baubau_ops.core.plan import Outcome
    from baubau_ops.flows.link import LinkPlan
    from baubau_ops.inventory.city.inventory import Inventory
    from baubau_ops.inventory.edit.rates import RateEdit
    from baubau_ops.inventory.edit.site import Edit


AnEdit = TypeVar("AnEdit", bound="Edit")


def document(planned: LinkPlan[AnEdit], outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return the change of a link and its outcomes for a JSON document."""
    return {
        "site": planned.edit.site,
        "file": str(planned.edit.file),
        "changes": change_documents(planned.changes),
        "outcomes": outcome_documents(outcomes),
        "room": planned.room,
    }


def draw_addition(output: Output, planned: LinkPlan[Edit]) -> None:
    """Draw the addition of a site."""
    _draw_site(output, "New", planned.edit, planned.edit.after)
    _draw_room(output, planned)
    output.line()
    _draw_changes(output, planned)


def draw_removal(output: Output, planned: LinkPlan[Edit]) -> None:
    """Draw the removal of a site."""
    _draw_site(output, "Would remove", planned.edit, planned.edit.before)
    output.line()
    _draw_changes(output, planned)


def draw_rates(output: Output, planned: LinkPlan[RateEdit]) -> None:
    """Draw the rates of a link, old and new."""
    edit = planned.edit
    output.line(f"Changed  {edit.file}, link to POP {edit.new.pop}")
    for what, old, new in (
        ("committed", edit.old.committed, edit.new.committed),
        ("peak", edit.old.peak, edit.new.peak),
    ):
        shown = [f"{format_rate(rates.down)} down, {format_rate(rates.up)} up" for rates in (old, new)]
        output.line(f"         {what} {shown[0]}" + (f" → {shown[1]}" if old != new else ", as it was"))
    output.line()
    if edit.is_nothing:
        output.line("The link has these rates already. Nothing to do.")
    else:
        _draw_room(output, planned)
        output.line()
        _draw_changes(output, planned)


def numbers(inventory: Inventory, site: str) -> str:
    """Return a site's router and its numbers in one line; empty for a site without a link."""
    from baubau_ops.inventory.city.topology import site_device

    found = inventory.numbers.sites.get(site)
    if found is None:
        return ""
    prefixes = [f"{zone} {prefix}" for zone, prefix in sorted(found.segments.items())]
    return f"router {', '.join([site_device(site), *prefixes, f'AS {found.asn}'])}"


def _draw_site(output: Output, what: str, edit: Edit, inventory: Inventory) -> None:
    output.line(f"{what:<6} {edit.file}")
    if shown := numbers(inventory, edit.site):
        output.line(f"       {shown}")
    added, removed = edit.lock_lines
    lock = edit.file.parents[1] / "allocations.yml"
    output.line(f"Lock   {lock}   +{added} −{removed} lines, no number moved")


def _draw_room(output: Output, planned: LinkPlan[AnEdit]) -> None:
    room = planned.room
    if room is not None:
        whole = room.left // 10**6 * 10**6  # equal-cost paths leave fractions
        left = f"{format_rate(whole)} of {format_rate(room.room)} on {room.label}"
        output.line(f"Headroom in the worst single failure: {left}")


def _draw_changes(output: Output, planned: LinkPlan[AnEdit]) -> None:
    draw_changes(output, planned.changes, [f"({planned.untouched} others)", "nothing", ""])
    output.line()
