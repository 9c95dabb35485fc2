"""The demo's lines: every title has room, and the figures begin in one column."""

from __future__ import annotations

import ast
import inspect

import pytest

from baubau_ops.cli.commands import demo as shown
from baubau_ops.cli.context import Context
from baubau_ops.cli.output import Output
from baubau_ops.core.events import Event, ignore
from baubau_ops.flows import demo as flow


def titles() -> list[str]:
    """The titles of the story's steps, as its source gives them."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(flow))) if isinstance(node, ast.Call))
    steps = [
        call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "step"
    ]
    return [eval(compile(ast.Expression(title), "title", "eval"), vars(flow)) for title in steps]


def test_the_figures_of_all_steps_begin_in_one_column(capsys: pytest.CaptureFixture[str]) -> None:
    tell = shown._narrated(Context("lab:x", None, Output(), False, 0), ignore)
    assert len(titles()) == 7
    for number, title in enumerate(titles(), 1):
        tell(Event("done", "step", title, done=number, seconds=7.5, detail="14 routers"))
    lines = capsys.readouterr().out.splitlines()
    assert {line.index("14 routers") for line in lines} == {lines[0].index("14 routers")}
    (boot,) = (line[4:] for line in lines if "Boot" in line)
    assert boot.startswith("Boot the city's twin ……")
    assert boot.endswith(" 14 routers   7.5 s")
