"""Every text of the small city, whole: what a change of templates or data does to routers is seen in its diff.

`pytest tests/network --update-goldens` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.render.configurations import bootstrap, render

GOLDEN = Path(__file__).parent / "golden"


def _compare(texts: dict[str, str], folder: Path, update: bool) -> None:
    if update:
        for old in folder.glob("*.conf"):
            old.unlink()
        for name, text in texts.items():
            (folder / f"{name}.conf").write_text(text)
    assert {path.stem: path.read_text() for path in folder.glob("*.conf")} == texts


def test_texts(inventory: Inventory, request: pytest.FixtureRequest) -> None:
    _compare(render(inventory), GOLDEN, request.config.getoption("--update-goldens"))


def test_day0_texts(inventory: Inventory, request: pytest.FixtureRequest) -> None:
    texts = {node.name: bootstrap(inventory, node.name) for node in inventory.topology.ours}
    _compare(texts, GOLDEN / "day0", request.config.getoption("--update-goldens"))
