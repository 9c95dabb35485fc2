"""The composition root: a command's inventory, environment and output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output
from baubau_ops.core import settings
from baubau_ops.core.errors import InputError

if TYPE_CHECKING:
    from baubau_ops.inventory.city.inventory import Inventory
    from baubau_ops.inventory.environment import Environment


@dataclass(frozen=True, slots=True)
class Context:
    """The common options; the first argument of every command.

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

    @property
    def journal(self) -> Path:
        """The environment's journal."""
        return self.state / "journal.jsonl"

    @property
    def twin(self) -> str | None:
        """The name of the twin of --env; None for an environment of real machines."""
        kind, _, name = self.environment.partition(":")
        return (name or "default") if kind == "lab" else None

    def inventory_folder(self) -> Path:
        """Return the city's folder: --inventory, else what the twin of --env runs, else the checkout's."""
        return self.inventory or self._twin_runs() or settings.root() / "inventory"

    def _twin_runs(self) -> Path | None:
        if self.twin is None:
            return None
        from baubau_ops.lab.environment import inventory_of

        return inventory_of(self.twin)

    def open_inventory(self) -> Inventory:
        """Return the city, checked; InvalidInventoryError lists all that is wrong with it."""
        from baubau_ops.inventory.load import load

        return load(self.inventory_folder())

    def open_environment(self) -> Environment:
        """Return how the machines of --env are reached.

        UnreachableError when its twin is not up, InputError when that runs another city than --inventory, or
        when an environment of real machines has no file or a wrong one.
        """
        if self.twin is None:
            from baubau_ops.inventory.environment_file import environment as real

            return real(self.environment, self.inventory_folder(), self.state)
        runs = self._twin_runs()
        if self.inventory is not None and runs is not None and runs != self.inventory.resolve():
            raise InputError(
                f"The twin {self.twin} runs {runs}, not {self.inventory}.",
                remedy="Leave --inventory out, or name another twin with --env lab:NAME.",
            )
        from baubau_ops.lab.environment import environment

        return environment(self.twin)

    def platforms(self) -> Mapping[str, str]:
        """Return which kinds of router others stand in for in --env, which need not be up for that."""
        if self.twin is None:
            from baubau_ops.inventory.environment_file import platforms

            return platforms(self.environment, self.inventory_folder())
        from baubau_ops.lab.environment import PLATFORMS

        return PLATFORMS

    def will_ask(self, question: str) -> None:
        """Refuse a command that will prompt without a terminal, before anything is read or written."""
        if not self.assume_yes:
            self.output.require_terminal(question)

    def confirm(self, question: str) -> None:
        """Return if the answer is yes or --yes was given; raise otherwise."""
        if not self.assume_yes:
            self.output.confirm(question)
