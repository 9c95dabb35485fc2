"""`baubau inventory list`: what fits a screen, and everything with --wide."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.cli.app import run
from baubau_ops.inventory.views.listing import LISTS

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


@pytest.mark.parametrize("value", ["150M", "150000000"])
def test_rows_are_chosen_by_a_rate_as_shown_or_in_bit_s(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = listed(capsys, "inventory", "list", "sites", "--where", f"committed_down={value}")
    assert [row.split()[0] for row in rows[1:-1]] == ["lapangan-merdeka"]


def test_an_unknown_column_is_named_though_no_row_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["inventory", "list", "--where", "pop=nowhere", "--where", "kid=school"]
    assert run([*arguments, "--inventory", str(ROOT / "examples/small")]) == 2
    assert 'sites have no column "kid". Did you mean "kind"?' in capsys.readouterr().err
