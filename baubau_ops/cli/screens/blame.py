"""The screen for the lines of a configuration and their origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output

if TYPE_CHECKING:
    from baubau_ops.network.blame.lines import BlamedLine

_WIDEST = 72
"""Largest number of characters of a line that a table shows."""
_SHOWN = 2
"""Number of places in the inventory that a row names."""

_WAYS = {"value": "its value", "entry": "that it is there", "name": "its name"}


def show_blame(output: Output, device: str, lines: Sequence[BlamedLine], *, chosen: bool) -> None:
    """Show lines with their places; show all places of each line if the lines are `chosen` and few."""
    document = {"device": device, "lines": [_document(line) for line in lines]}
    draw = _draw_each if chosen and len(lines) <= 3 else _draw_table
    output.show(document, lambda: draw(output, lines))


def _document(line: BlamedLine) -> dict[str, object]:
    return {
        "number": line.number,
        "text": line.text,
        "template": str(line.template) if line.template else None,
        "inventory": line.causes,
    }


def _draw_table(output: Output, lines: Sequence[BlamedLine]) -> None:
    rows = [[str(line.number), _cut(line.text), _places(line), str(line.template or "")] for line in lines]
    output.table(["line", "text", "inventory", "template"], rows, right=["line"])


def _cut(text: str) -> str:
    text = text.expandtabs(4)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _places(line: BlamedLine) -> str:
    shown = ", ".join(str(cause) for cause in line.causes[:_SHOWN])
    rest = len(line.causes) - _SHOWN
    return f"{shown} +{rest}" if rest > 0 else shown


def _draw_each(output: Output, lines: Sequence[BlamedLine]) -> None:
    for line in lines:
        output.line(f"{line.number}: {line.text.strip()}", "bold")
        output.line(f"  written by {line.template}" if line.template else "  written by no template")
        if not line.causes:
            output.line("  the same on every router that has it")
        for cause in line.causes:
            output.line(f"  made by {cause}: {_WAYS[cause.way]} ({cause.lines} lines of this text)")
