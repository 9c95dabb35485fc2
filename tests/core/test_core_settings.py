from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.core import settings
from baubau_ops.core.errors import InputError


def test_the_root_is_the_nearest_parent_with_our_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "baubau-ops"\n')
    other = tmp_path / "docs" / "other"
    other.mkdir(parents=True)
    (tmp_path / "docs" / "pyproject.toml").write_text('[project]\nname = "another"\n')
    monkeypatch.delenv("BAUBAU_ROOT", raising=False)
    monkeypatch.chdir(other)
    assert settings.root() == tmp_path


def test_outside_a_checkout_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAUBAU_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        settings.root()
    assert str(caught.value) == f"No checkout of baubau-ops in {tmp_path} or above it."
    assert caught.value.remedy == "Change into the checkout, call its ./baubau, or set BAUBAU_ROOT."


def test_baubau_root_wins_and_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAUBAU_ROOT", str(tmp_path))
    assert settings.root() == tmp_path
    monkeypatch.setenv("BAUBAU_ROOT", str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"BAUBAU_ROOT: .*gone is not a folder\."):
        settings.root()


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ("lab:default", "lab/default"),
        ("lab", "lab/default"),
        ("lab:x2", "lab/x2"),
        ("production", "production"),
    ],
)
def test_every_environment_has_a_state_folder_of_its_own(
    environment: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAUBAU_STATE", str(tmp_path))
    assert settings.state_dir(environment) == tmp_path / folder
    monkeypatch.delenv("BAUBAU_STATE")
    monkeypatch.setenv("HOME", "/home/ana")
    assert settings.state_dir(environment) == Path("/home/ana/.local/state/baubau") / folder


@pytest.mark.parametrize(
    "environment", ["", "../x", "production:x", "lab:", "lab:a/b", "lab:thirteen-chars", "Lab"]
)
def test_what_is_no_environment_is_refused(environment: str) -> None:
    with pytest.raises(InputError) as caught:
        settings.state_dir(environment)
    expected = f'"{environment}" is not an environment: write lab, lab:NAME or production.'
    assert str(caught.value) == expected


def test_a_twin_has_a_run_folder_and_a_short_name() -> None:
    assert settings.run_dir("default") == Path("/run/baubau/default")
    with pytest.raises(InputError) as caught:
        settings.run_dir("../etc")
    rule = 'lower-case letters, digits and "-", at most 12 characters'
    assert str(caught.value) == f'"../etc" is not a twin\'s name: {rule}.'
