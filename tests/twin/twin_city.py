"""The running twin of a city, as tests look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import testinfra

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.environment import Environment
from baubau_ops.lab import console
from baubau_ops.lab.environment import environment, layout_of


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
