"""The moving part of a terminal: bars, and changing lines below them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text


class Bars(Progress):
    """Bars on stderr; `below` holds the lines below them, already styled for a terminal."""

    below: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the bars, then the lines below; each takes one line of the terminal."""
        yield self.make_tasks_table([task for task in self.tasks if task.visible])
        for line in self.below:
            yield Text.from_ansi(line, no_wrap=True, overflow="ellipsis")
