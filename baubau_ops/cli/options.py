"""Makes commands: each takes the common options and shows an example."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, get_type_hints

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.output import Format, Output
from baubau_ops.core import settings

P = ParamSpec("P")
Command = Callable[Concatenate[Context, P], int | None]

_CITY = "The city's folder (default: that of the twin of --env, else inventory/)."

Environment = Annotated[
    str,
    typer.Option("--env", envvar="BAUBAU_ENV", help="Target environment: lab, lab:NAME or production."),
]
Inventory = Annotated[
    Path | None,
    typer.Option("--inventory", exists=True, file_okay=False, help=_CITY, show_default=False),
]
OutputFormat = Annotated[
    Format, typer.Option("--output", help="Format: for people (table) or for scripts (json).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to all prompts.")]
Verbosity = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Log more to stderr; -vv logs everything.")
]


def group(help: str) -> typer.Typer:
    """Return a new command group (or the holder of one command, see `single`)."""
    return typer.Typer(
        help=help, callback=_nothing, rich_markup_mode=None, no_args_is_help=True, add_completion=False
    )


def single() -> typer.Typer:
    """Return the holder of one command that needs no group."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def _nothing() -> None:
    """A group does nothing by itself; with a callback a group of one command stays a group."""


def command(
    app: typer.Typer, *, example: str, name: str | None = None, **more: Any
) -> Callable[[Command[P]], Command[P]]:
    """Add the decorated function to `app` as a command; returns it unchanged.

    The function's first parameter is the Context; its others are typer's. It returns an exit code, or None
    for 0. `example` can be pasted; `name` is the function's name by default; `more` goes to typer.
    """

    def add(function: Command[P]) -> Command[P]:
        epilog = f"\b\nExample:\n  {example}"
        called = name or function.__name__.replace("_", "-")
        app.command(called, epilog=epilog, **more)(_with_common_options(function))
        return function

    return add


def _with_common_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    def call(
        *,
        env: Environment = settings.DEFAULT_ENVIRONMENT,
        inventory: Inventory = None,
        output: OutputFormat = Format.table,
        yes: Yes = False,
        verbosity: Verbosity = 0,
        **own: Any,
    ) -> int | None:
        from baubau_ops.cli import logs

        logs.configure(verbosity, env)
        context = Context(env, inventory, Output(output), yes, verbosity)
        return function(context, **own)

    signature = inspect.signature(function)
    own = [each.replace(kind=each.KEYWORD_ONLY) for each in list(signature.parameters.values())[1:]]
    common = [each for each in inspect.signature(call).parameters.values() if each.kind is each.KEYWORD_ONLY]
    hints = get_type_hints(function, include_extras=True) | get_type_hints(call, include_extras=True)
    resolved = [each.replace(annotation=hints[each.name]) for each in [*own, *common]]
    call.__signature__ = signature.replace(parameters=resolved)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in resolved}
    call.__name__ = function.__name__
    call.__doc__ = inspect.getdoc(function)
    return call
