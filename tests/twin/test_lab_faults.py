"""Cuts and power on a tiny twin: what the neighbours see, and what a reboot forgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tiny import OFFICE, SERVICE, Tiny, tiny, wait_until

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.environment import Probe
from baubau_ops.lab import twin
from baubau_ops.lab.environment import environment
from baubau_ops.lab.injector import LabInjector
from baubau_ops.lab.layout.layout import End
from baubau_ops.lab.nodes.plant import Cut

LINK = "wolio--ce-hall"


@pytest.fixture
def injector(tiny_twin: Tiny) -> Iterator[LabInjector]:
    made = LabInjector(tiny_twin.name, tiny())
    yield made
    made.mend_all()
    for node in tiny().booted:
        made.power_on(node)


def reaches(made: Tiny, count: int = 1) -> bool:
    vantage = environment(made.name).vantage
    assert vantage is not None
    (answer,) = vantage.exchange([Probe(OFFICE, SERVICE, "udp", 53, count=count)], timeout=0.5)
    return answer.answered


def test_a_silent_cut_stops_traffic_and_nobody_is_told(tiny_twin: Tiny, injector: LabInjector) -> None:
    wait_until(lambda: reaches(tiny_twin), 20, "the office reaches the host")
    injector.cut(LINK, silent=True)
    assert not reaches(tiny_twin, count=3)
    assert tiny_twin.carrier("pop-wolio", "ce1")
    assert tiny_twin.carrier("ce-hall", "to-wolio")
    assert twin.status(tiny_twin.name).cuts == {"pop-wolio--ce-hall": Cut.SILENT}
    injector.mend(LINK)
    wait_until(lambda: reaches(tiny_twin), 20, "the office reaches the host")
    assert twin.status(tiny_twin.name).cuts == {}


def test_a_loud_cut_takes_the_carrier_from_both_ends(tiny_twin: Tiny, injector: LabInjector) -> None:
    injector.cut(LINK, silent=False)
    assert not tiny_twin.carrier("pop-wolio", "ce1")
    assert not tiny_twin.carrier("ce-hall", "to-wolio")
    injector.cut(LINK, silent=True)  # one kind becomes the other
    assert tiny_twin.carrier("pop-wolio", "ce1")
    assert not reaches(tiny_twin)
    assert injector.mend_all() == ["pop-wolio--ce-hall"]
    wait_until(lambda: reaches(tiny_twin), 20, "the office reaches the host")


def test_a_cut_survives_up_and_a_power_cycle(tiny_twin: Tiny, injector: LabInjector) -> None:
    injector.cut(LINK, silent=False)
    tiny_twin.up(tiny())
    assert not tiny_twin.carrier("pop-wolio", "ce1")
    injector.power_off("ce-hall")
    injector.power_on("ce-hall")
    assert not tiny_twin.carrier("pop-wolio", "ce1")
    assert not tiny_twin.carrier("ce-hall", "to-wolio")
    injector.mend(LINK)
    assert tiny_twin.carrier("pop-wolio", "ce1")
    wait_until(lambda: reaches(tiny_twin), 20, "the office reaches the host again")


def test_without_power_the_neighbours_lose_carrier(tiny_twin: Tiny, injector: LabInjector) -> None:
    injector.power_off("ce-hall")
    assert not tiny_twin.carrier("pop-wolio", "ce1")
    assert not tiny_twin.carrier(OFFICE, "eth0")
    assert tiny_twin.carrier("pop-wolio", "lan-host")
    assert twin.status(tiny_twin.name).off == ["ce-hall"]
    injector.mend(LINK)  # a wire to a machine without power has no carrier, whole as it is
    assert not tiny_twin.carrier("pop-wolio", "ce1")
    injector.power_off("ce-hall")  # twice is once
    injector.power_on("ce-hall")
    assert tiny_twin.carrier("pop-wolio", "ce1")
    wait_until(lambda: reaches(tiny_twin), 20, "the office reaches the host again")


def test_a_new_life_begins_without_the_old_ones_state(tiny_twin: Tiny, injector: LabInjector) -> None:
    old = """
    ip addr add 192.0.2.77/32 dev lo; ip route add blackhole 192.0.2.0/24
    nft add table inet old; tc qdisc add dev ce1 root tbf rate 1mbit burst 32k latency 50ms
    sysctl -q net.ipv4.conf.all.log_martians=1; echo kept > /etc/kept; echo gone > /run/gone
    """
    tiny_twin.console("pop-wolio", old)
    before = tiny_twin.inits()["pop-wolio"]
    injector.power_off("pop-wolio")
    injector.power_on("pop-wolio")
    look = (
        "ip addr; ip route; nft list ruleset; tc qdisc; sysctl net.ipv4.conf.all.log_martians; cat /etc/kept"
    )
    found = tiny_twin.console("pop-wolio", look)
    for forgotten in ("192.0.2", "inet old", "tbf"):
        assert forgotten not in found
    assert "log_martians = 0" in found
    assert "kept" in found
    assert tiny_twin.console("pop-wolio", "ls /run").find("gone") == -1
    assert "10.254.0.0/31" in found
    assert "inet baubau" in found
    assert tiny_twin.inits()["pop-wolio"] != before
    wait_until(lambda: reaches(tiny_twin), 10, "the office reaches the host again")


def test_a_power_cycle_keeps_the_mac(tiny_twin: Tiny, injector: LabInjector) -> None:
    def mac() -> str:
        return tiny_twin.console("pop-wolio", "cat /sys/class/net/ce1/address").strip()

    assert mac() == End("pop-wolio", "ce1").mac
    injector.power_off("pop-wolio")
    injector.power_on("pop-wolio")
    assert mac() == End("pop-wolio", "ce1").mac


def test_up_gives_power_back(tiny_twin: Tiny, injector: LabInjector) -> None:
    injector.power_off("ce-hall")
    tiny_twin.up(tiny())
    assert set(tiny_twin.inits()) == set(tiny().booted)
    assert tiny_twin.carrier("pop-wolio", "ce1")


def test_nodes_do_not_share_a_control_group(tiny_twin: Tiny) -> None:
    """Else one node's systemd would stop and start another's services."""
    for node in tiny().booted:
        pids = tiny_twin.console(node, "systemctl show -p MainPID --value frr.service ssh.service").split()
        assert all(pid.isdigit() and pid != "0" for pid in pids)
        tree = tiny_twin.console(node, "systemd-cgls --no-pager /system.slice/frr.service")
        assert tree.count("watchfrr") == 1
    tiny_twin.console("ce-hall", "systemctl restart frr.service")
    for node in tiny().booted:
        assert tiny_twin.console(node, "systemctl is-active frr.service").strip() == "active"
        assert tiny_twin.console(node, "pgrep -c -x zebra").strip() == "1"


def test_a_place_that_is_not_there_or_off_is_said(tiny_twin: Tiny, injector: LabInjector) -> None:
    with pytest.raises(InputError, match=r'^The twin has no "ce-hal"\. Did you mean "ce-hall"\?$'):
        tiny_twin.console("ce-hal", "true")
    injector.power_off("ce-hall")
    with pytest.raises(InputError, match=r"^ce-hall has no power\.$"):
        tiny_twin.console("ce-hall", "true")
