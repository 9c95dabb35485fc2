"""The twin of examples/small, booted from its day-0 texts: everything is there, and reached in-band only."""

from __future__ import annotations

import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import asyncssh
import pytest
from twin_city import City

from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.inventory.environment import Probe
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.router import LIBRARY


def run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


def test_every_router_is_booted_and_says_its_name(twin: City) -> None:
    routers = [node.name for node in twin.inventory.topology.nodes.values() if node.role is not Role.BASTION]
    inits = netns.inits([name_of(twin.name, router) for router in routers])
    assert len(inits) == len(routers) == 17
    for router in routers:
        look = "hostname; systemctl is-active ssh frr nftables; systemctl --failed --no-legend; "
        look += "sysctl -n net.ipv4.ip_forward"
        done = run(twin.console(router, "sh", "-c", look))
        assert done.stdout.split() == [router, "active", "active", "active", "1"], done.stderr


def test_the_backbone_is_reached_in_band(twin: City) -> None:
    """Over the day-0 routing; the sites follow when their POPs are configured."""
    for node in twin.inventory.topology.with_role(*INFRASTRUCTURE):
        host = twin.host(node.name)
        assert host.check_output("hostname") == node.name
        assert host.check_output("id -un") == "baubau"
        assert host.check_output("pgrep -c -x 'zebra|ospfd|bgpd|bfdd|staticd|watchfrr'") == "6"


def test_sudo_lets_the_driver_in_and_nobody_else(twin: City) -> None:
    host = twin.host("core-1")
    assert host.check_output("echo id -u | sudo -n /bin/sh -s") == "0"
    for command in ("sudo -n id", "sudo -n /bin/sh -c id", "sudo -n su"):
        assert host.run(command).rc != 0


def test_asyncssh_takes_the_same_configuration(twin: City) -> None:
    import asyncio

    async def name() -> str:
        async with asyncssh.connect("pop-wolio", config=[str(twin.ssh_config)]) as connection:
            return str((await connection.run("hostname", check=True)).stdout).strip()

    assert asyncio.run(name()) == "pop-wolio"


def test_a_router_with_another_key_is_not_talked_to(twin: City, tmp_path: Path) -> None:
    known = twin.environment.ssh_config.with_name("known_hosts").read_text().splitlines()
    keys = {line.split()[0]: line.split(maxsplit=1)[1] for line in known}
    swapped = tmp_path / "known_hosts"
    swapped.write_text(f"core-1 {keys['core-2']}\n")
    done = run(["ssh", "-F", str(twin.ssh_config), "-o", f"UserKnownHostsFile={swapped}", "core-1", "true"])
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def exchange(twin: City, *probes: Probe) -> list[bool]:
    vantage = twin.environment.vantage
    assert vantage is not None
    return [answer.answered for answer in vantage.exchange(probes)]


def test_routers_take_logins_from_the_seat_only_and_by_key_only(twin: City) -> None:
    loopback = twin.inventory.topology.nodes["core-1"].loopback
    assert loopback is not None
    sources = ("bastion", "host-services", "inet-isp-1", "prov-host")
    assert exchange(twin, *(Probe(s, loopback, "tcp", 22) for s in sources)) == [True, False, False, False]
    done = run(["ssh", "-F", str(twin.ssh_config), "-o", "PubkeyAuthentication=no", "core-1", "true"])
    assert "Permission denied (publickey)" in done.stderr


def test_outside_is_one_internet_and_the_province_is_apart(twin: City) -> None:
    there, near, apart = IPv4Address("203.0.113.18"), IPv4Address("172.22.0.1"), IPv4Address("172.22.0.10")
    probes = [Probe("inet-isp-1", there, "icmp", count=20), Probe("prov-host", near, "icmp")]
    assert exchange(twin, *probes, Probe("inet-isp-1", apart, "icmp")) == [True, True, False]


def test_no_secret_of_the_twin_lies_open(twin: City) -> None:
    folder = twin.ssh_config.parent
    assert folder.stat().st_mode & 0o077 == 0
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".pub":
            assert path.stat().st_mode & 0o077 == 0, path


def test_the_environment_holds_every_secret_of_the_intended_texts(twin: City) -> None:
    from baubau_ops.network.render.configurations import render

    secrets = twin.environment.secrets
    for text in render(twin.inventory).values():
        assert "${secret:" not in secrets.fill(text)


@pytest.mark.parametrize("machine", ["dinkes-office", "host-services", "bastion", "inet-isp-2", "prov-host"])
def test_machines_are_silent_and_do_not_forward(twin: City, machine: str) -> None:
    look = "net.ipv4.ip_forward net.ipv6.conf.all.disable_ipv6 net.ipv4.conf.all.ignore_routes_with_linkdown"
    done = run(twin.console(machine, "sysctl", "-n", *look.split()))
    assert done.stdout.split() == ["0", "1", "1"]


def test_bfd_need_not_wait_for_the_processor(twin: City) -> None:
    done = run(twin.console("core-1", "sh", "-c", "chrt --pid $(cat /run/frr/bfdd.pid)"))
    assert "SCHED_RR" in done.stdout


def test_bfd_waits_instead_of_asking_again_and_again(twin: City) -> None:
    done = run(twin.console("core-1", "sh", "-c", "cat /proc/$(cat /run/frr/bfdd.pid)/maps"))
    assert LIBRARY in done.stdout
