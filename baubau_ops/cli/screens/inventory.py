"""The screens of the inventory: lists, descriptions, and the numbers that were locked or moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output
from baubau_ops.core.units import counted, format_duration, format_rate

if TYPE_CHECKING:
    from baubau_ops.inventory.edit.resolve import Move
    from baubau_ops.inventory.views.describe import Description

_RATES = frozenset({"rate", "capacity", "committed", "peak", "committed_down", "peak_down", "down", "up"})
_DURATIONS = frozenset({"rto", "rpo"})
_NUMBERS = ("rate", "asn", "capacity", "committed_down", "peak_down", "cost", "km", "links", "lans", "tier")
_NARROW: Mapping[str, Sequence[str]] = {
    "sites": ("id", "kind", "pop", "committed_down", "segments", "status"),
    "links": ("id", "kind", "media", "prefix", "capacity", "cost"),
    "services": ("id", "owner", "tier", "address", "ports"),
}
"""Columns that a list shows if not all columns fit into a hundred characters."""
_SHORT = {"committed_down": "rate"}
"""Short titles for columns whose name would be wider than their values."""
_HIDDEN = frozenset({"router", "link", "neighbour_address"})  # hidden in tables only; JSON has them


def listed(counts: Mapping[str, int]) -> str:
    """Return counts in words, such as `12 files, 6 sites`."""
    return ", ".join(counted(number, noun.removesuffix("s")) for noun, number in counts.items())


def draw_descriptions(output: Output, found: Sequence[Description]) -> None:
    """Draw objects with their facts, ports and segments, one below the other."""
    for number, description in enumerate(found):
        if number:
            output.line()
        where = f"   {description.defined}" if description.defined else ""
        output.line(f"{description.kind} {description.id}{where}", "bold")
        width = max(len(key) for key in description.facts)
        for key, value in description.facts.items():
            output.line(f"  {key:<{width}}  {_cell(key, value) or '–'}")
        for rows in (description.ports, description.segments):
            if rows:
                output.line()
                _draw_rows(output, rows)


def draw_list(
    output: Output, what: str, found: Sequence[Mapping[str, object]], *, wide: bool = False
) -> None:
    """Draw rows as a table, with all columns or only those that fit a screen."""
    if not found:
        output.line(f"No {what}.")
        return
    if wide or what not in _NARROW:
        _draw_rows(output, found)
        return
    columns = _NARROW[what]
    _draw_rows(output, [{_SHORT.get(column, column): row[column] for column in columns} for row in found])
    output.line(f"{len(found[0]) - len(columns)} more columns: --wide")


def _draw_rows(output: Output, rows: Sequence[Mapping[str, object]]) -> None:
    columns = [column for column in rows[0] if column not in _HIDDEN]
    drawn = [[_cell(column, row[column]) for column in columns] for row in rows]
    titles = [column.replace("_", " ") for column in columns]
    right = [column.replace("_", " ") for column in columns if column in _NUMBERS]
    output.table(titles, drawn, right=right)


def _cell(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(key, item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ("," if column == "segments" else ", ").join(map(str, value))
    if column in _RATES and isinstance(value, int):
        return format_rate(value)
    if column in _DURATIONS and isinstance(value, float):
        return format_duration(value)
    return str(value)


def draw_locked(output: Output, locked: Mapping[str, str], released: Sequence[str], dry_run: bool) -> None:
    """Draw the numbers that were locked and those that left quarantine."""
    for item, numbers in locked.items():
        output.line(f"+ {item}  {numbers}")
    for name in released:
        output.line(f"- quarantine/{name}")
    if not locked and not released:
        output.line("Every number is locked already. Nothing to do.")
        return
    verb = "would be locked" if dry_run else "locked"
    freed = f", {len(released)} released from quarantine" if released else ""
    output.line(f"{len(locked)} {verb}, none moved{freed}.")


def draw_moves(output: Output, moves: Sequence[Move], is_merged: bool, dry_run: bool) -> None:
    """Draw the entries that were moved to other numbers."""
    if is_merged:
        output.line("Both sides of the merge are kept.")
    for move in moves:
        output.line(f"- {move.entry}  {move.before}")
        output.line(f"+ {move.entry}  {move.after or '(no file uses it)'}")
        output.line(f"  {move.keeper} keeps its numbers.")
    if not moves:
        output.line("No number is taken twice." + ("" if is_merged else " Nothing to do."))
    elif dry_run:
        output.line(f"{len(moves)} would be moved. Nothing was written.")
    else:
        output.line(f"{len(moves)} moved.")
