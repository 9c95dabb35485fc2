"""The names of everything that belongs to a twin, so that it can be found again without a record.

Namespaces are `baubau-<twin>-<place>`, mounts and files lie in `/run/baubau/<twin>/`.
"""

from __future__ import annotations

from pathlib import Path

from baubau_ops.core.errors import InputError
from baubau_ops.core.settings import run_dir

PLANT = "plant"
"""The place that holds the bridges, which are the twin's wires."""

NETNS = Path("/run/netns")

_RUN = Path("/run/baubau")


def netns(twin: str, place: str) -> str:
    """Return the name of the network namespace of a place (a machine, the plant)."""
    return f"baubau-{twin}-{place}"


def places(twin: str) -> list[str]:
    """Return the places of a twin that currently have a namespace."""
    prefix = netns(twin, "")
    if not NETNS.is_dir():
        return []
    return sorted(path.name.removeprefix(prefix) for path in NETNS.iterdir() if path.name.startswith(prefix))


def twins() -> list[str]:
    """Return the names of the twins that have something on this machine."""
    return sorted(path.name for path in _RUN.iterdir() if path.is_dir()) if _RUN.is_dir() else []


def check_name(twin: str) -> None:
    """Refuse a malformed name, and one whose namespaces could be confused with another twin's."""
    run_dir(twin)
    for other in twins():
        if other.startswith(f"{twin}-") or twin.startswith(f"{other}-"):
            raise InputError(
                f'A twin cannot be called "{twin}" while "{other}" is there: their names would mix.',
                remedy=f"Choose another name, or take the other down: baubau lab down --name {other}",
            )


def lock_path(twin: str) -> Path:
    """Return the path of a twin's lock; `down` removes it while holding it."""
    return _RUN / f"{twin}.lock"
