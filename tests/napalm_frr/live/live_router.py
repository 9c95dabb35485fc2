"""What every live test needs to act on a booted router, and the texts it works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from frr_pair import ADDRESSES, Lab

from napalm_frr import FRRDriver
from napalm_frr.text import join

HERE = Path(__file__).parent
DAY0 = """frr defaults traditional
hostname {node}
log syslog informational
service integrated-vtysh-config
!
interface to-bastion
 ip address {address}/30
exit
!
end
"""
NFTABLES = (HERE / "texts" / "nftables").read_text()
QOS = (HERE / "texts" / "qos").read_text()
SYSCTL = (HERE / "texts" / "sysctl").read_text()
UNITS = (HERE / "texts" / "units").read_text()


@dataclass(frozen=True)
class Router:
    """A booted router and every way the tests have to reach it."""

    name: str
    lab: Lab

    def driver(self, **options: Any) -> FRRDriver:
        """Return an open driver that accepts short reverts."""
        arguments = {"ssh_config_file": str(self.lab.ssh_config), "min_revert_in": 1, "connect_timeout": 5.0}
        driver = FRRDriver(self.name, "", "", timeout=60, optional_args={**arguments, **options})
        driver.open()
        return driver

    def console(self, command: str) -> str:
        """Run a command as root, past the network."""
        return self.lab.console(self.name, command)

    def power_cycle(self) -> None:
        """Cut the power and boot anew, in a new namespace."""
        self.lab.power_off(self.name)
        self.lab.power_on(self.name)
        self.lab.wait_login(self.name)

    def texts(self) -> dict[str, str]:
        """Return what runs, section by section, as the device prints it."""
        running = self.console(
            "vtysh -c 'show running-config'; nft -s list ruleset; tc -d qdisc show dev ce1"
        )
        return {"running": running, "startup": self.console("cat /etc/frr/frr.conf")}


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Poll a condition, bounded; return how long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            pytest.fail(f"{what}: not within {seconds} s")
        time.sleep(0.1)
    return time.monotonic() - began


def day0() -> dict[str, str]:
    """Return the text each router is born with: its name and the address it is reached by."""
    return {node: DAY0.format(node=node, address=address) for node, address in ADDRESSES.items()}


def frr(name: str = "") -> str:
    """Return r1's FRR text of the tests, exactly as FRR prints it."""
    return (HERE / "texts" / (name or "frr")).read_text()


def full(**changed: str) -> str:
    """Return a whole device text for r1."""
    sections = {"frr": frr(), "nftables": NFTABLES, "qos": QOS, "sysctl": SYSCTL, "units": UNITS}
    return join({**sections, **changed})
