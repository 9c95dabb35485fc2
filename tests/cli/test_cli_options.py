from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
import typer.main

from baubau_ops.cli import app as cli
from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group, single
from baubau_ops.cli.output import Format

COMMON = {"--env", "--inventory", "--output", "--yes", "--verbose"}


def commands() -> Iterator[tuple[list[str], Any]]:
    """Every command of the command line with the words that call it."""
    for entry in cli.Groups.entries:
        loaded = entry.load()
        if isinstance(loaded, typer.core.TyperGroup):
            for name, each in loaded.commands.items():
                yield [entry.name, name], each
        else:
            yield [entry.name], loaded


COMMANDS = [pytest.param(words, each, id=" ".join(words)) for words, each in commands()]


@pytest.mark.parametrize(("words", "each"), COMMANDS)
def test_every_command_takes_the_common_options(words: list[str], each: Any) -> None:  # noqa: ARG001
    options = {option for parameter in each.params for option in parameter.opts}
    assert options >= COMMON


@pytest.mark.parametrize(("words", "each"), COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example_that_parses(
    words: list[str], each: Any
) -> None:
    assert each.help
    assert all(parameter.help for parameter in each.params), "every option and argument has a line of help"
    heading, example = each.epilog.removeprefix("\b\n").split("\n")
    assert heading == "Example:"
    pasted = list(itertools.takewhile(lambda word: word not in (">", "|", "&&"), shlex.split(example)))
    assert pasted[: len(words) + 1] == ["baubau", *words]
    each.make_context(" ".join(words), pasted[len(words) + 1 :], resilient_parsing=False)


def _called_with(arguments: list[str]) -> dict[str, Any]:
    app = single()
    seen: dict[str, Any] = {}

    @command(app, example="baubau show wolio")
    def show(
        context: Context,
        site: Annotated[str, typer.Argument(help="A site.")],
        depth: Annotated[int, typer.Option("--depth", help="How deep.")] = 1,
    ) -> int:
        """Show a site."""
        seen.update(context=context, site=site, depth=depth)
        return 3

    seen["code"] = typer.main.get_command(app).main(args=arguments, standalone_mode=False)
    return seen


def test_a_command_gets_its_context_and_its_own_options(tmp_path: Path) -> None:
    arguments = ["wolio", "--depth", "2", "--env", "lab:x", "--inventory", str(tmp_path), "-y", "-vv"]
    seen = _called_with([*arguments, "--output", "json"])
    context = seen["context"]
    assert (seen["site"], seen["depth"], seen["code"]) == ("wolio", 2, 3)
    assert (context.environment, context.inventory) == ("lab:x", tmp_path)
    assert (context.output.format, context.assume_yes, context.verbosity) == (Format.json, True, 2)


def test_defaults_and_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    context = _called_with(["wolio"])["context"]
    assert (context.environment, context.inventory, context.assume_yes) == ("lab:default", None, False)
    assert context.output.format is Format.table
    monkeypatch.setenv("BAUBAU_ENV", "production")
    assert _called_with(["wolio"])["context"].environment == "production"


def test_a_group_of_one_command_stays_a_group() -> None:
    app = group("Sites.")

    @command(app, example="baubau site show")
    def show(context: Context) -> None:
        """Show."""
        context.output.show({"ok": True}, lambda: None)

    loaded = typer.main.get_command(app)
    assert isinstance(loaded, typer.core.TyperGroup)
    assert list(loaded.commands) == ["show"]


def test_the_decorated_function_is_returned_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    from baubau_ops.cli.output import Output

    app = single()

    @command(app, example="baubau show")
    def show(context: Context) -> None:
        """Show."""
        context.output.show({"ok": True}, lambda: None)

    show(Context("lab:default", None, Output(Format.json), False, 0))
    assert json.loads(capsys.readouterr().out) == {"ok": True}
