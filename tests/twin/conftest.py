"""Twins for the tests: the small city, once for all, and tiny ones for what breaks things."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra
from tiny import Tiny, taken_down, tiny

from baubau_ops.core import settings
from baubau_ops.flows import twin as flow
from baubau_ops.inventory.environment import Environment
from baubau_ops.inventory.inventory import Inventory
from baubau_ops.lab import console
from baubau_ops.lab import twin as lab
from baubau_ops.lab.environment import environment, layout_of

TEST_TWIN = "test"


@dataclass(frozen=True)
class City:
    """The running twin of a city."""

    name: str
    inventory: Inventory

    @property
    def environment(self) -> Environment:
        """How the city's tools reach it; read anew each time, it may have been extended."""
        return environment(self.name)

    @property
    def ssh_config(self) -> Path:
        return self.environment.ssh_config

    def host(self, router: str) -> Any:
        """A router as testinfra sees it: in-band, over the twin's OpenSSH configuration."""
        return testinfra.get_host(f"ssh://{router}", ssh_config=str(self.ssh_config))

    def console(self, place: str, *argv: str) -> list[str]:
        """The command that runs `argv` as root at a place, past the network."""
        return console.command(self.name, layout_of(self.name), place, argv)


@pytest.fixture(scope="session", autouse=True)
def twin_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The twins of the tests keep their state apart, but for one that the developer named."""
    with pytest.MonkeyPatch.context() as patch:
        if "BAUBAU_TEST_TWIN" not in os.environ:
            patch.setenv("BAUBAU_STATE", str(tmp_path_factory.mktemp("twins")))
        yield


@pytest.fixture(scope="session")
def twin(twin_state: None) -> Iterator[City]:  # noqa: ARG001
    """The twin of examples/small, booted from its day-0 texts; BAUBAU_TEST_TWIN=NAME keeps and reuses one."""
    kept = os.environ.get("BAUBAU_TEST_TWIN")
    name = kept or TEST_TWIN
    inventory = flow.up(name, settings.root() / "examples" / "small")
    try:
        yield City(name, inventory)
    finally:
        if not kept:
            lab.down(name)


@pytest.fixture(scope="module")
def tiny_twin(twin_state: None) -> Iterator[Tiny]:  # noqa: ARG001
    """A tiny twin that is up, for the tests of one module; a test leaves it as it found it."""
    with taken_down("tiny") as made:
        made.up(tiny())
        yield made
