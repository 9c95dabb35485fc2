"""`baubau demo`: the whole story on the small city, shown line by line and as a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, single
from baubau_ops.cli.terminal.style import styled
from baubau_ops.core.events import Event, OnEvent

if TYPE_CHECKING:
    from baubau_ops.flows.demo import Demo

TWIN = "demo"
_WIDTH = 64
"""Width in characters of a step's number and title: slightly more than the longest one."""

app = single()


@command(app, example="baubau demo --keep")
def demo(
    context: Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the twin up afterwards, to look around.")
    ] = False,
    report: Annotated[
        Path, typer.Option(help="Write the story there, as one HTML file.", dir_okay=False)
    ] = Path("demo-report.html"),
) -> int:
    """Boot a small city, configure it from nothing, open an office, prove it with packets, cut a fibre.

    Takes about two minutes, needs root, and leaves only its report (unless --keep is given).
    """
    from baubau_ops.core.files import write_atomic
    from baubau_ops.flows import demo as flow
    from baubau_ops.flows.report import html

    with context.output.progress() as on_event:
        telling = flow.Demo(TWIN, _narrated(context, on_event))
        began = False
        try:
            telling.tell()
            began = True
        finally:
            _finish(context, telling, keep=keep)
            write_atomic(report, html(telling.story))
            context.output.line(f"The whole story, drawn: {report}")
    return 0 if began and telling.story.is_done else 1


def _finish(context: Context, telling: Demo, *, keep: bool) -> None:
    if keep:
        context.output.line(f"The twin is still up. Look around: baubau lab status --name {TWIN}")
        context.output.line(f"Then remove it: baubau lab down --name {TWIN}")
        return
    if not telling.story.is_done:
        context.output.line("It did not come to its end; to look at what is there, run it again with --keep.")
    telling.end()


def _narrated(context: Context, on_event: OnEvent) -> OnEvent:
    """Draw the steps as lines of the story, and pass all other events to the progress bars."""

    def tell(event: Event) -> None:
        if event.what != "step":
            if event.kind in ("start", "progress"):
                on_event(event)
        elif event.kind != "start":
            title = f"{event.done:2.0f}  {event.target} "
            sign = "" if event.kind == "done" else styled("failed: ", "bold red", sys.stdout)
            context.output.line(f"{title:…<{_WIDTH}} {sign}{event.detail}   {event.seconds:.1f} s")

    return tell
