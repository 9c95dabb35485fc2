"""Helpers as systemd services."""

from __future__ import annotations

from baubau_ops.network.model.helpers import Helpers

TRANSLATIONS = "/var/log/baubau-translations"
"""Folder on a core, with one file per day."""


def services(helpers: Helpers | None) -> tuple[str, ...]:
    """The units that run a router's helpers, by name."""
    if helpers is None:
        return ()
    named = {
        "isp-track": helpers.tracking,
        "state-sync": helpers.state_sync,
        "translation-log": helpers.translations,
    }
    return tuple(f"baubau-{name}.service" for name, helper in named.items() if helper)
