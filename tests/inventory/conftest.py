"""A copy of the small city to work on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.load import load

SMALL = Path(__file__).parents[2] / "examples" / "small"


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `city` in the current folder, as people name it."""
    shutil.copytree(SMALL, tmp_path / "city", ignore=shutil.ignore_patterns(".*"))
    monkeypatch.chdir(tmp_path)
    return Path("city")


@pytest.fixture(scope="session")
def small() -> Inventory:
    """The small city, not to be written to."""
    return load(SMALL)
