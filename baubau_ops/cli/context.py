"""The composition root: what a command knows of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output
from baubau_ops.core import settings

if TYPE_CHECKING:
    from baubau_ops.inventory.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Context:
    """What the common options say; handed to every command as its first argument.

    `inventory` is None unless --inventory was given.
    """

    environment: str
    inventory: Path | None
    output: Output
    assume_yes: bool
    verbosity: int

    @property
    def state(self) -> Path:
        """The environment's state folder."""
        return settings.state_dir(self.environment)

    def inventory_folder(self) -> Path:
        """Return the city's folder: --inventory, else the checkout's."""
        return self.inventory or settings.root() / "inventory"

    def open_inventory(self) -> Inventory:
        """Return the city, checked; InvalidInventoryError lists all that is wrong with it."""
        from baubau_ops.inventory.load import load

        return load(self.inventory_folder())

    def confirm(self, question: str) -> None:
        """Return if the answer is yes or --yes was given; raise otherwise."""
        if not self.assume_yes:
            self.output.confirm(question)
