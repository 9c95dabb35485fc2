"""The Debian packages that the twin needs on its host: they are listed, then installed."""

from __future__ import annotations

import logging
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.events import Event, OnEvent
from baubau_ops.core.files import lock
from baubau_ops.core.settings import cache_dir
from baubau_ops.core.shell import PACKAGES, find, run

log = logging.getLogger(__name__)

TOOLS = ("ip", "mmdebstrap", "nft", "nsenter", "socat", "ssh", "ssh-keygen", "systemd-nspawn")
"""The programs that the twin runs on its host."""

INSTALL_TIMEOUT = 600.0
"""Seconds that apt may take."""


def missing() -> list[str]:
    """Return the packages this machine lacks."""
    return sorted({PACKAGES[tool] for tool in TOOLS if find(tool) is None})


def install(on_event: OnEvent) -> None:
    """Announce and install the missing packages; FailedError when apt fails."""
    if not missing():
        return
    # Two twins that start at the same time both need them, and apt does not wait for another apt.
    cache_dir().mkdir(parents=True, exist_ok=True)
    with lock(cache_dir() / "packages.lock", timeout=INSTALL_TIMEOUT):
        if names := missing():
            _get(names, on_event)


def _get(names: list[str], on_event: OnEvent) -> None:
    on_event(Event("note", "packages", detail=f"installing {', '.join(names)}"))
    if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        _apt("update")
    try:
        _install(names)
    except FailedError:
        log.info("the package lists may be old: updating them")
        _apt("update")
        _install(names)


def _install(names: list[str]) -> None:
    _apt("install", "--yes", "--no-install-recommends", *names)


def _apt(*arguments: str) -> None:
    try:
        run(
            ["apt-get", "-q", *arguments],
            timeout=INSTALL_TIMEOUT,
            env={"DEBIAN_FRONTEND": "noninteractive"},
        )
    except FailedError as error:
        raise FailedError(
            f"Packages for the twin could not be installed: {error.message}",
            remedy=f"apt-get update && apt-get install {' '.join(missing())}",
        ) from error
