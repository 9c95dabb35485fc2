"""The small city."""

from __future__ import annotations

from functools import cache

import pytest

from baubau_ops.core import settings
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.load import load
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.router import Router


@cache
def small_city() -> Inventory:
    return load(settings.root() / "examples/small")


@cache
def small_devices() -> dict[str, Router]:
    return derive(small_city())


@pytest.fixture
def inventory() -> Inventory:
    return small_city()


@pytest.fixture
def devices() -> dict[str, Router]:
    return small_devices()
