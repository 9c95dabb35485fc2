"""The record of a twin while it is up: the city that it runs, its state folder, and its layout."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from baubau_ops.core.errors import InputError
from baubau_ops.core.files import write_atomic
from baubau_ops.core.settings import run_dir
from baubau_ops.lab.layout.layout import Layout

VERSION = "2"
"""Version of the record and of the twin's disks; a twin of another version can only be taken down."""

_LAYOUT = TypeAdapter(Layout)


def dump_layout(layout: Layout) -> str:
    """Return a layout as JSON."""
    return _LAYOUT.dump_json(layout).decode()


def load_layout(path: Path) -> Layout | None:
    """Read a layout; None when the file is missing or malformed."""
    try:
        return _LAYOUT.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


class Record:
    """The record of one twin, in its run folder. It is for information; no cleanup depends on it."""

    def __init__(self, twin: str) -> None:
        self.twin = twin
        self.folder = run_dir(twin)
        self._about = self._read()
        self.was_complete = self.is_complete
        """Whether the twin was complete when this record was read."""

    def _read(self) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads((self.folder / "twin.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return found

    @property
    def inventory(self) -> Path | None:
        """The city's folder."""
        return Path(self._about["inventory"]) if "inventory" in self._about else None

    @property
    def state(self) -> Path | None:
        """The environment's state folder."""
        return Path(self._about["state"]) if "state" in self._about else None

    def check_version(self) -> None:
        """Raise InputError when a program with another version of the record brought the twin up."""
        if self._about and self._about.get("version", "1") != VERSION:
            raise InputError(
                f"The twin {self.twin} was brought up by another version of this program.",
                remedy=f"Take it down and bring it up again: baubau lab down --name {self.twin}",
            )

    @property
    def is_complete(self) -> bool:
        """Whether the last `up` has finished and no other has begun."""
        return self._about.get("complete") == "yes"

    def layout(self) -> Layout | None:
        """Return the layout of the last finished `up`."""
        return load_layout(self.folder / "layout.json")

    def claim(self, inventory: Path, state: Path) -> Path:
        """Record that `up` works on this city; return the twin's state folder, which the twin keeps until `down`.

        Raises InputError when the twin runs another city, or was brought up by another version of this program.
        """
        self.check_version()
        if self.inventory not in (None, inventory):
            raise InputError(
                f"The twin {self.twin} runs {self.inventory}, not {inventory}.",
                remedy="Leave --inventory and --profile out, name another twin with --name, "
                f"or take this one down: baubau lab down --name {self.twin}",
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = self.state or state
        self._write({"version": VERSION, "inventory": str(inventory), "state": str(kept), "complete": "no"})
        return kept

    def complete(self, layout: Layout) -> None:
        """Record that the twin now matches `layout`."""
        write_atomic(self.folder / "layout.json", dump_layout(layout), mode=0o600)
        self._write({**self._about, "complete": "yes"})

    def _write(self, about: dict[str, str]) -> None:
        self._about = about
        write_atomic(self.folder / "twin.json", json.dumps(about, indent=1) + "\n", mode=0o600)
