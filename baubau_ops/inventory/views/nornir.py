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
    ParentGroups,
)
from nornir.core.inventory import Inventory as NornirInventory

from baubau_ops.core.settings import COMMAND_TIMEOUT, CONNECT_TIMEOUT
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Node, Role, pop_device, site_device
from baubau_ops.inventory.load import load

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

    def load(self) -> NornirInventory:
        """Read the city; InvalidInventoryError when it is not valid."""
        inventory = load(self._folder)
        groups = Groups()
        hosts = Hosts()
        for node in inventory.topology.ours:
            for name in _group_names(inventory, node):
                groups.setdefault(name, Group(name=name))
            hosts[node.name] = self._host(inventory, node, groups)
        napalm = ConnectionOptions(platform=PLATFORM, password="", extras=self._extras)
        defaults = Defaults(platform=PLATFORM, connection_options={"napalm": napalm})
        for host in hosts.values():
            host.defaults = defaults
        return NornirInventory(hosts, groups, defaults)

    def _host(self, inventory: Inventory, node: Node, groups: Groups) -> Host:
        names = _group_names(inventory, node)
        return Host(
            name=node.name,
            hostname=node.name,  # the ssh_config knows where that is
            platform=PLATFORM,
            groups=ParentGroups(groups[name] for name in names),
            data=_data(inventory, node),
        )


def _group_names(inventory: Inventory, node: Node) -> list[str]:
    names = [str(node.role)]
    if node.role is Role.POP:
        names.append(node.name)
    if node.role is Role.SITE:
        names += [pop_device(link.pop) for link in inventory.sites[node.id].links]
    return names


def _data(inventory: Inventory, node: Node) -> dict[str, Any]:
    data: dict[str, Any] = {
        "role": str(node.role),
        "id": node.id,
        "asn": node.asn,
        "loopback": str(node.loopback),
        "proposed": node.name in inventory.proposed_devices,
    }
    if node.role is Role.SITE:
        site = inventory.sites[node.id]
        data |= {"name": site.name, "kind": site.kind, "kecamatan": site.kecamatan}
    elif node.role is Role.POP:
        pop = inventory.backbone.pops[node.id]
        data["kecamatan"] = pop.kecamatan
        data["sites"] = sorted(
            site_device(name)
            for name, site in inventory.sites.items()
            if any(link.pop == node.id for link in site.links)
        )
    return data
