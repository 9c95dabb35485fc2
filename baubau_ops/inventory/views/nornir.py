"""The city for plain Nornir: `inventory: {plugin: BaubauInventory, options: {folder: …, ssh_config: …}}`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nornir.core.inventory import (
    ConnectionOptions,
    Defaults,
    Group,
    Groups,
    Host,
    Hosts,
    Inventory,
    ParentGroups,
)

from baubau_ops.core.settings import COMMAND_TIMEOUT, CONNECT_TIMEOUT
from baubau_ops.inventory.load import load
from baubau_ops.inventory.views import hosts


class BaubauInventory:
    """Hosts are our routers; groups are roles (`core`, `pop`, …) and POPs with their sites (`pop-wolio`)."""

    def __init__(
        self,
        folder: str,
        ssh_config: str = "",
        connect_timeout: float = CONNECT_TIMEOUT,
        command_timeout: float = COMMAND_TIMEOUT,
        platforms: Mapping[str, str] | None = None,
    ) -> None:
        """`ssh_config` is how machines are reached (`baubau lab ssh-config`); timeouts in seconds.

        `platforms` tells which kinds of router others stand in for, as on a twin: `{"routeros": "frr"}`.
        """
        self._platforms = platforms or {}
        self._folder = Path(folder).expanduser()
        optional: dict[str, Any] = {"connect_timeout": connect_timeout}
        if ssh_config:
            optional["ssh_config_file"] = str(Path(ssh_config).expanduser())
        self._extras = {"timeout": command_timeout, "optional_args": optional}

    def load(self) -> Inventory:
        """Read the city; InvalidInventoryError when it is not valid."""
        view = hosts.hosts_and_groups(load(self._folder))
        napalm = ConnectionOptions(password="", extras=self._extras)
        defaults = Defaults(connection_options={"napalm": napalm})
        groups = Groups(
            {group.name: Group(name=group.name, data=dict(group.variables)) for group in view.groups}
        )
        found = Hosts(
            {
                host.name: Host(
                    name=host.name,
                    hostname=host.name,  # the ssh_config knows where that is
                    platform=self._platform(host),
                    groups=ParentGroups(groups[name] for name in host.groups),
                    data=dict(host.variables),
                    defaults=defaults,
                )
                for host in view.hosts
            }
        )
        return Inventory(found, groups, defaults)

    def _platform(self, host: hosts.Host) -> str:
        name = str(host.variables["platform"])
        return self._platforms.get(name, name)
