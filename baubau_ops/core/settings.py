"""Where files are kept, and how long things may take."""

from __future__ import annotations

import os
import re
import tomllib
from functools import lru_cache
from pathlib import Path

from baubau_ops.core.errors import InputError

CONNECT_TIMEOUT = 10.0
"""Seconds until a device that does not answer counts as unreachable."""

COMMAND_TIMEOUT = 60.0
"""Seconds that a command on a device may take."""

DEFAULT_ENVIRONMENT = "lab:default"

_ENVIRONMENT = re.compile(r"([a-z][a-z0-9-]{0,39})(?::([a-z0-9][a-z0-9-]{0,11}))?")
_TWIN = re.compile(r"[a-z0-9][a-z0-9-]{0,11}")  # with "baubau-" in front it must fit where names are short


def root() -> Path:
    """Return the checkout: BAUBAU_ROOT, or the nearest parent folder with our pyproject.toml."""
    return _root(os.environ.get("BAUBAU_ROOT"), os.getcwd())


@lru_cache  # every rendered text asks for it
def _root(given: str | None, cwd: str) -> Path:
    if given:
        folder = Path(given)
        if not folder.is_dir():
            remedy = "Unset it, or name the checkout."
            raise InputError(f"BAUBAU_ROOT: {given} is not a folder.", remedy=remedy)
        return folder.resolve()
    here = Path(cwd)
    for folder in (here, *here.parents):
        if _is_ours(folder / "pyproject.toml"):
            return folder
    raise InputError(
        f"No checkout of baubau-ops in {here} or above it.",
        remedy="Change into the checkout, call its ./baubau, or set BAUBAU_ROOT.",
    )


def _is_ours(pyproject: Path) -> bool:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == "baubau-ops"


def state_dir(environment: str) -> Path:
    """Return where the state of an environment is kept: journal, snapshots, plans, backups.

    "lab:default" has its own folder below "lab"; it is not made here.
    """
    found = _ENVIRONMENT.fullmatch(environment)
    if found is None or (found[2] and found[1] != "lab"):
        raise InputError(f'"{environment}" is not an environment: write lab, lab:NAME or production.')
    base = os.environ.get("BAUBAU_STATE")
    folder = (Path(base) if base else _home() / ".local/state/baubau").absolute() / found[1]
    return folder / (found[2] or "default") if found[1] == "lab" else folder


def cache_dir() -> Path:
    """Return the folder for data that can be rebuilt: images, engines."""
    return _home() / ".cache/baubau"


def run_dir(twin: str) -> Path:
    """Return the folder for a twin's runtime data, which is gone after a reboot."""
    if not _TWIN.fullmatch(twin):
        rule = 'lower-case letters, digits and "-", at most 12 characters'
        raise InputError(f'"{twin}" is not a twin\'s name: {rule}.')
    return Path("/run/baubau") / twin


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise InputError("There is no home folder to keep state in.", remedy="Set HOME.") from error
