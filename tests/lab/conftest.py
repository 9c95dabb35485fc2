"""The small city and its twin's layout, for tests that boot nothing."""

from __future__ import annotations

import pytest

from baubau_ops.core import settings
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.load import load
from baubau_ops.lab.layout.compose import compose
from baubau_ops.lab.layout.layout import Layout


@pytest.fixture(scope="session")
def city() -> Inventory:
    """examples/small."""
    return load(settings.root() / "examples" / "small")


@pytest.fixture(scope="session")
def layout(city: Inventory) -> Layout:
    """Its twin, with empty day-0 texts."""
    return compose(city, {node.name: "" for node in city.topology.ours})
