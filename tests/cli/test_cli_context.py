from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.cli.context import Context
from baubau_ops.cli.output import Output
from baubau_ops.core.errors import InputError, UnreachableError


def _context(environment: str = "lab:x", inventory: Path | None = None) -> Context:
    return Context(environment, inventory, Output(), False, 0)


def _twin_runs(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    monkeypatch.setattr("baubau_ops.lab.environment.inventory_of", lambda _: folder)


@pytest.mark.parametrize(
    ("environment", "twin"),
    [("lab", "default"), ("lab:default", "default"), ("lab:x", "x"), ("production", None)],
)
def test_the_twin_of_an_environment(environment: str, twin: str | None) -> None:
    assert _context(environment).twin == twin


def test_without_a_twin_the_checkout_s_city_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAUBAU_ROOT", str(tmp_path))
    _twin_runs(monkeypatch, None)
    assert _context().inventory_folder() == tmp_path / "inventory"
    assert _context("production").inventory_folder() == tmp_path / "inventory"
    assert _context(inventory=tmp_path / "other").inventory_folder() == tmp_path / "other"


def test_a_running_twin_s_city_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _twin_runs(monkeypatch, tmp_path / "small")
    assert _context().inventory_folder() == tmp_path / "small"
    assert _context(inventory=tmp_path / "other").inventory_folder() == tmp_path / "other"


def test_a_running_twin_is_not_reached_with_another_city(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _twin_runs(monkeypatch, tmp_path / "small")
    with pytest.raises(InputError) as caught:
        _context(inventory=tmp_path / "other").open_environment()
    assert str(caught.value) == f"The twin x runs {tmp_path}/small, not {tmp_path}/other."
    assert caught.value.remedy == "Leave --inventory out, or name another twin with --env lab:NAME."


def test_production_without_its_file_says_which_one() -> None:
    with pytest.raises(InputError) as caught:
        _context("production", Path("examples/small")).open_environment()
    said = "There is no environment production: examples/small/environments/production.yml does not exist."
    assert str(caught.value) == said
    assert caught.value.exit_code == 2


def test_a_twin_that_is_not_up_is_unreachable() -> None:
    with pytest.raises(UnreachableError) as caught:
        _context("lab:nobody").open_environment()
    assert str(caught.value) == 'No twin "nobody" is up.'
    assert caught.value.remedy == "Start it with: baubau lab up --name nobody"


def test_the_state_is_the_environment_s(tmp_path: Path) -> None:
    assert _context("lab:x").state == tmp_path / "baubau-state" / "lab" / "x"
