"""Day 0: enough to be reached by the bastion, and a beginning that the first apply only adds to."""

from __future__ import annotations

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render.sysctl import sysctl
from baubau_ops.network.platforms.frr.render.text import render_router
from baubau_ops.network.render.configurations import bootstrap
from napalm_frr.text import settings, split


def test_sections(inventory: Inventory) -> None:
    for node in inventory.topology.ours:
        assert list(split(bootstrap(inventory, node.name))) == ["frr", "nftables", "sysctl"]


@pytest.mark.parametrize("role", [Role.CORE, Role.POP, Role.FIREWALL, Role.SITE])
def test_the_first_apply_only_adds_to_frr(
    inventory: Inventory, devices: dict[str, Router], role: Role
) -> None:
    for node in inventory.topology.with_role(role):
        first = split(bootstrap(inventory, node.name))["frr"].splitlines()
        whole = split(render_router(devices[node.name]))["frr"].splitlines()
        rest = iter(whole)
        assert all(line in rest for line in first), f"{node.name}: a line is changed or moved"


def test_the_first_apply_only_adds_kernel_settings(inventory: Inventory, devices: dict[str, Router]) -> None:
    for name, device in devices.items():
        first = settings(split(bootstrap(inventory, name))["sysctl"])
        assert first.items() <= sysctl(device).items()


def test_only_the_bastion_logs_in(inventory: Inventory) -> None:
    bastion = inventory.numbers.loopbacks["bastion"]
    for node in inventory.topology.ours:
        doors = [line for line in bootstrap(inventory, node.name).splitlines() if "dport 22" in line]
        assert len(doors) == 1
        assert f"ip saddr {bastion} ip daddr {node.loopback} tcp dport 22 accept" in doors[0]


def test_a_sites_router_announces_its_loopback_only(inventory: Inventory) -> None:
    for node in inventory.topology.with_role(Role.SITE):
        lines = bootstrap(inventory, node.name).splitlines()
        assert [line.strip() for line in lines if line.startswith("  network ")] == [
            f"network {node.loopback}/32"
        ]
        assert [line.split()[-1] for line in lines if line.startswith("ip prefix-list own ")] == [
            f"{node.loopback}/32"
        ]


def test_nothing_holds_back_transit_at_first(inventory: Inventory) -> None:
    assert not any("on-startup" in bootstrap(inventory, node.name) for node in inventory.topology.ours)
