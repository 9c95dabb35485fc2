"""The city as hosts and groups: what Nornir and Ansible are made from."""

from __future__ import annotations

import json
from dataclasses import asdict

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.views.hosts import Group, Host, hosts_and_groups


def test_hosts_are_our_routers_with_their_variables(small: Inventory) -> None:
    hosts = {host.name: host for host in hosts_and_groups(small).hosts}
    assert list(hosts) == [node.name for node in small.topology.ours]
    assert hosts["ce-rsud"] == Host(
        "ce-rsud",
        ("site", "pop-betoambari", "pop-wolio"),
        {
            "id": "rsud",
            "asn": 4200000005,
            "loopback": "10.255.0.14",
            "platform": "frr",
            "proposed": False,
            "name": "RSUD Kota Baubau",
            "kind": "hospital",
            "kecamatan": "betoambari",
        },
    )
    assert hosts["core-1"].groups == ("core",)
    assert hosts["pop-murhum"].groups == ("pop", "pop-murhum")
    assert hosts["pop-murhum"].variables["sites"] == ["ce-bappeda", "ce-puskesmas-wajo"]


def test_groups_are_roles_and_pops_with_their_sites(small: Inventory) -> None:
    groups = {group.name: group for group in hosts_and_groups(small).groups}
    assert groups["core"] == Group("core", ("core-1", "core-2"), {"role": "core"})
    assert set(groups["pop-murhum"].hosts) == {"pop-murhum", "ce-bappeda", "ce-puskesmas-wajo"}
    assert groups["pop-murhum"].variables == {}
    assert "ce-rsud" in set(groups["pop-wolio"].hosts) & set(groups["pop-betoambari"].hosts)


def test_hosts_and_groups_name_each_other(small: Inventory) -> None:
    view = hosts_and_groups(small)
    assert {(host.name, name) for host in view.hosts for name in host.groups} == {
        (name, group.name) for group in view.groups for name in group.hosts
    }


def test_json_writes_all_of_it_as_it_is(small: Inventory) -> None:
    document = json.loads(json.dumps(asdict(hosts_and_groups(small))))
    assert document["hosts"][0]["name"] == "core-1"
    assert document["groups"][0] == {
        "name": "core",
        "hosts": ["core-1", "core-2"],
        "variables": {"role": "core"},
    }
