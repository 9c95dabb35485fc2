"""Command groups that are imported only when one of their commands is called.

`baubau --help` and completion of the first word need no module but this one: importing all of them would take
longer than most commands.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import typer.core
import typer.main

from baubau_ops.core.suggest import nearest


@dataclass(frozen=True, slots=True)
class Entry:
    """A group or command of the first level: its name, its module (it has `app`, a Typer), a line of help."""

    name: str
    module: str
    help: str

    def load(self) -> typer.core.TyperCommand | typer.core.TyperGroup:
        """Import the module and return its command or group."""
        loaded = typer.main.get_command(importlib.import_module(self.module).app)
        assert isinstance(loaded, (typer.core.TyperCommand, typer.core.TyperGroup))
        loaded.name = self.name
        return loaded


class LazyGroup(typer.core.TyperGroup):
    """A group whose commands stand in `entries`; a subclass fills them."""

    entries: tuple[Entry, ...] = ()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        return next((entry.load() for entry in self.entries if entry.name == cmd_name), None)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self.entries])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        found = super().shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        if not incomplete.startswith("-"):
            item = _completion_item_type()
            found += [item(e.name, help=e.help) for e in self.entries if e.name.startswith(incomplete)]
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            found = nearest(args[0], names)
            hint = f". Did you mean {found!r}?" if found else "."
            ctx.fail(f"No such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


def _completion_item_type() -> Any:
    """Return the class of a completion: typer carries its own click and exports the class only here."""
    return typer.core.CompletionItem  # type: ignore[attr-defined]
