"""`baubau inventory list`: what fits a screen, and everything with --wide."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.cli.app import run
from baubau_ops.inventory.listing import LISTS

ROOT = Path(__file__).parents[2]


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert run([*arguments, "--inventory", str(ROOT / "examples/small")]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("what", LISTS)
def test_a_list_fits_a_hundred_columns(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, listed(capsys, "inventory", "list", what))) <= 100


def test_the_columns_left_out_are_counted_and_shown_with_wide(capsys: pytest.CaptureFixture[str]) -> None:
    narrow = listed(capsys, "link", "list")
    assert narrow[0].split() == ["id", "kind", "pop", "rate", "segments", "status"]
    assert narrow[-1] == "7 more columns: --wide"
    wide = listed(capsys, "link", "list", "--wide")
    assert "committed down" in wide[0]
    assert "kecamatan" in wide[0]
    assert len(wide) == len(narrow) - 1
