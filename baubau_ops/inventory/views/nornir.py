"""The city for plain Nornir: `inventory: {plugin: BaubauInventory, options: {folder: …, ssh_config: …}}`."""

from __future__ import annotations

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
from baubau_ops.inventory.views.hosts import hosts_and_groups

PLATFORM = "frr"
"""NAPALM's name of the driver; all our routers are Debian with FRR."""


class BaubauInventory:
    """Hosts are our routers; groups are roles (`core`, `pop`, …) and POPs with their sites (`pop-wolio`)."""

    def __init__(
        self,
        folder: str,
        ssh_config: str = "",
        connect_timeout: float = CONNECT_TIMEOUT,
        command_timeout: float = COMMAND_TIMEOUT,
    ) -> None:
        """`ssh_config` is how machines are reached (`baubau lab ssh-config`); timeouts in seconds."""
        self._folder = Path(folder).expanduser()
        optional: dict[str, Any] = {"connect_timeout": connect_timeout}
        if ssh_config:
            optional["ssh_config_file"] = str(Path(ssh_config).expanduser())
        self._extras = {"timeout": command_timeout, "optional_args": optional}

    def load(self) -> Inventory:
        """Read the city; InvalidInventoryError when it is not valid."""
        view = hosts_and_groups(load(self._folder))
        napalm = ConnectionOptions(platform=PLATFORM, password="", extras=self._extras)
        defaults = Defaults(platform=PLATFORM, connection_options={"napalm": napalm})
        groups = Groups(
            {group.name: Group(name=group.name, data=dict(group.variables)) for group in view.groups}
        )
        hosts = Hosts(
            {
                host.name: Host(
                    name=host.name,
                    hostname=host.name,  # the ssh_config knows where that is
                    platform=PLATFORM,
                    groups=ParentGroups(groups[name] for name in host.groups),
                    data=dict(host.variables),
                    defaults=defaults,
                )
                for host in view.hosts
            }
        )
        return Inventory(hosts, groups, defaults)
