"""Machines that are no routers, several on one LAN: booted from another image, with a volume."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from tiny import KIOSK, NEWER, OFFICE, PRINTER, SEAT, Tiny, tiny, wait_until, with_kiosk

from baubau_ops.core import settings
from baubau_ops.core.errors import InputError
from baubau_ops.inventory.environment import Probe
from baubau_ops.lab import twin
from baubau_ops.lab.environment import environment
from baubau_ops.lab.injector import LabInjector
from baubau_ops.lab.nodes.plant import Cut
from baubau_ops.lab.store import Store

LAN = "ce-hall:lan-office"
VOLUME = "/var/lib/kiosk"


@pytest.fixture
def grown(changing: Tiny) -> Iterator[Tiny]:
    """The tiny twin with a kiosk and a printer in the office."""
    changing.up(with_kiosk(tiny()))
    yield changing
    LabInjector(changing.name, with_kiosk(tiny())).mend_all()


@pytest.fixture
def injector(grown: Tiny) -> LabInjector:
    return LabInjector(grown.name, with_kiosk(tiny()))


def at(made: Tiny, place: str, command: str) -> str:
    return made.console(place, command, with_kiosk(tiny()))


def pings(made: Tiny, place: str, address: str) -> bool:
    vantage = environment(made.name).vantage
    assert vantage is not None
    (answer,) = vantage.exchange([Probe(place, IPv4Address(address), "icmp", count=1)], timeout=1.0)
    return answer.answered


def reach(made: Tiny, place: str, address: str) -> None:
    """Wait until a bare machine reaches an address."""
    wait_until(lambda: pings(made, place, address), 20, f"{place} reaches {address}")


def test_a_machine_boots_from_its_image_with_its_files(grown: Tiny) -> None:
    assert at(grown, KIOSK, "hostname; cat /etc/kiosk/version /etc/kiosk/greeting") == (
        f"{KIOSK}\n1\nselamat\n"
    )
    assert at(grown, KIOSK, "stat -c %a /etc/kiosk/greeting") == "600\n"
    assert at(grown, "ce-hall", "ls /etc").find("kiosk") == -1
    reach(grown, SEAT, "10.64.0.3")
    argv = ["ssh", "-F", str(grown.ssh_config), KIOSK, "hostname"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == f"{KIOSK}\n"


def test_status_says_what_stands_on_which_image(grown: Tiny) -> None:
    def status(*more: str) -> str:
        argv = [sys.executable, "-m", "baubau_ops", "lab", "status", "--name", grown.name, *more]
        return subprocess.run(
            argv, cwd=settings.root(), capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        ).stdout

    assert "Routers    2 running: ce-hall, pop-wolio\n" in status()
    assert f"Kiosks     1 running: {KIOSK}\n" in status()
    found = json.loads(status("--output", "json"))
    assert found["running"] == ["ce-hall", KIOSK, "pop-wolio"]
    assert found["images"] == {"ce-hall": "router", KIOSK: "kiosk", "pop-wolio": "router"}
    assert PRINTER in found["machines"]


def test_all_machines_of_a_lan_reach_one_another(grown: Tiny) -> None:
    for place, address in ((OFFICE, "10.64.0.3"), (PRINTER, "10.64.0.3"), (OFFICE, "10.64.0.4")):
        reach(grown, place, address)
    at(grown, KIOSK, "ping -c 1 -W 5 10.64.0.4")
    vantage = environment(grown.name).vantage
    assert vantage is not None
    target = tiny().services[0].address
    for place in (OFFICE, PRINTER):
        (answer,) = vantage.exchange([Probe(place, target, "udp", 53, count=20)], timeout=1.0)
        assert answer.answered


@pytest.mark.parametrize("silent", [True, False])
def test_a_machine_is_cut_from_its_lan_alone(grown: Tiny, injector: LabInjector, silent: bool) -> None:
    kind = Cut.SILENT if silent else Cut.LOUD
    reach(grown, OFFICE, "10.64.0.3")
    reach(grown, OFFICE, "10.64.0.4")
    injector.cut(f"{PRINTER}:eth0", silent=silent)
    assert grown.carrier(PRINTER, "eth0", with_kiosk(tiny())) == silent
    assert not pings(grown, OFFICE, "10.64.0.4")
    assert pings(grown, OFFICE, "10.64.0.3")
    assert twin.status(grown.name).cuts == {f"{PRINTER}:eth0": kind}
    grown.up(with_kiosk(tiny()))
    assert not pings(grown, OFFICE, "10.64.0.4")
    assert injector.mend_all() == [f"{PRINTER}:eth0"]
    assert pings(grown, OFFICE, "10.64.0.4")
    assert twin.status(grown.name).cuts == {}


def test_a_cut_from_a_lan_survives_a_power_cycle_and_goes_with_the_machine(
    grown: Tiny, injector: LabInjector
) -> None:
    injector.cut(f"{KIOSK}:eth0", silent=False)
    injector.power_off(KIOSK)
    injector.power_on(KIOSK)
    assert not grown.carrier(KIOSK, "eth0", with_kiosk(tiny()))
    assert pings(grown, OFFICE, "10.64.0.4")
    grown.up(tiny())
    assert twin.status(grown.name).cuts == {}
    grown.up(with_kiosk(tiny()))
    reach(grown, OFFICE, "10.64.0.3")


def test_a_lan_keeps_its_carrier_while_others_on_it_have_power(grown: Tiny, injector: LabInjector) -> None:
    injector.power_off(KIOSK)
    assert twin.status(grown.name).off == [KIOSK]
    assert grown.carrier("ce-hall", "lan-office")
    assert pings(grown, OFFICE, "10.64.0.4")
    injector.cut(LAN, silent=True)
    assert not pings(grown, OFFICE, "10.64.0.4")
    injector.mend(LAN)
    injector.power_on(KIOSK)
    reach(grown, OFFICE, "10.64.0.3")


def test_a_volume_survives_power_cycles_and_another_image_and_goes_with_down(
    grown: Tiny, injector: LabInjector
) -> None:
    before = grown.inits()
    at(grown, KIOSK, f"echo kept > {VOLUME}/file; echo gone > /etc/kiosk/file; sync")
    injector.power_off(KIOSK)
    injector.power_on(KIOSK)
    assert at(grown, KIOSK, f"cat {VOLUME}/file /etc/kiosk/file") == "kept\ngone\n"
    injector.power_off(KIOSK)
    newer = with_kiosk(tiny(), image=NEWER.name)
    grown.up(newer)
    assert at(grown, KIOSK, f"cat {VOLUME}/file /etc/kiosk/version; ls /etc/kiosk") == (
        "kept\n2\ngreeting\nversion\n"
    )
    assert twin.status(grown.name).images[KIOSK] == NEWER.name
    grown.up(newer)
    assert at(grown, KIOSK, f"cat {VOLUME}/file") == "kept\n"
    assert {name: pid for name, pid in grown.inits().items() if name != KIOSK} == {
        name: pid for name, pid in before.items() if name != KIOSK
    }
    (folder,) = Store(grown.state).volumes(with_kiosk(tiny()).booted[KIOSK]).values()
    assert (folder / "file").read_text() == "kept\n"
    twin.down(grown.name)
    assert not folder.exists()
    # Only the record of what was done to the twin may stay, where another test has written one.
    assert set(grown.left_overs()) <= {str(grown.state)}
    grown.up(with_kiosk(tiny()))
    assert at(grown, KIOSK, f"ls {VOLUME}") == ""


def test_a_machine_of_a_lan_that_is_not_there_is_corrected(injector: LabInjector) -> None:
    with pytest.raises(InputError, match=r'Did you mean "hall-printer:eth0"\?$'):
        injector.cut("hall-printe:eth0", silent=True)
