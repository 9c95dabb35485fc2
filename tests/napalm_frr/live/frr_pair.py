"""Two booted, plant-wired routers and an operator's seat: the smallest twin the driver's live tests need."""

from __future__ import annotations

import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from baubau_ops.core.events import ignore
from baubau_ops.core.settings import run_dir, state_dir
from baubau_ops.core.shell import Completed, run
from baubau_ops.inventory.city.topology import BASTION
from baubau_ops.lab import ssh, twin
from baubau_ops.lab.host import netns, packages
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.build import root_of
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.layout.layout import End, Wire
from baubau_ops.lab.layout.routers import router
from baubau_ops.lab.nodes import booted
from baubau_ops.lab.nodes.plant import Plant
from baubau_ops.lab.store import Store

ADDRESSES = {"r1": "10.250.0.2", "r2": "10.250.0.6"}
SEAT = {"r1": "10.250.0.1", "r2": "10.250.0.5"}
WIRES = (
    Wire("seat-r1", (End(BASTION, "r1"), End("r1", "to-bastion"))),
    Wire("seat-r2", (End(BASTION, "r2"), End("r2", "to-bastion"))),
    Wire("r1-r2", (End("r1", "to-r2"), End("r2", "to-r1"))),
    Wire("site", (End("r1", "ce1"), End("r2", "ce1"))),
)
LOGIN_SECONDS = 20.0


@dataclass(frozen=True)
class Lab:
    """The pair r1 and r2 under one twin's name; day0 holds the FRR text each is born with."""

    name: str
    day0: dict[str, str]

    def up(self) -> None:
        """Boot both routers, all wired, and wait until both take logins."""
        self.down()
        packages.install(ignore)
        run(["sysctl", "-qw", "fs.inotify.max_user_instances=8192"])
        self.store.create()
        netns.add([name_of(self.name, BASTION)])
        self._plant.create()
        self._plant.lay(WIRES)
        self._plug(BASTION)
        addresses = [f"addr add {SEAT[node]}/30 dev {node}" for node in SEAT]
        netns.ip_batch(addresses, netns=name_of(self.name, BASTION))
        root = root_of(ROUTER)
        run_dir(self.name).mkdir(parents=True, exist_ok=True)
        for node, text in self.day0.items():
            booted.prepare(self.name, router(node, text), self.store.identity(node), root)
        ssh.write_config(self.name, self.store, {node: IPv4Address(at) for node, at in ADDRESSES.items()})
        for node in self.day0:
            self.power_on(node)
        for node in self.day0:
            self.wait_login(node)

    def down(self) -> None:
        """Remove everything of this lab, after any crash."""
        twin.down(self.name)
        self.store.remove()

    def power_off(self, node: str) -> None:
        """Cut the power: SIGKILL to everything of the node, and its namespace goes."""
        booted.end(self.name, [node])
        netns.delete([name_of(self.name, node)])

    def power_on(self, node: str) -> None:
        """Boot a node in a new namespace, as after a power cut."""
        netns.add([name_of(self.name, node)])
        self._plug(node)
        booted.boot(self.name, router(node, self.day0[node]), {})

    def wait_login(self, node: str) -> float:
        """Wait until the node takes an SSH login and FRR has read its text; return the seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < LOGIN_SECONDS:
            init = netns.inits([name_of(self.name, node)]).get(name_of(self.name, node))
            if (
                init
                and booted.is_ready(router(node, self.day0[node]), init)
                and self.ssh(node, "true").returncode == 0
            ):
                return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(f"{node} took no login within {LOGIN_SECONDS:.0f} s")

    def ssh(self, node: str, command: str) -> Completed:
        """Run a command over OpenSSH, in-band from the seat."""
        return run(["ssh", "-F", str(self.ssh_config), node, command], check=False)

    def console(self, node: str, command: str) -> str:
        """Run a shell command as root inside a node, past its network."""
        name = name_of(self.name, node)
        shell = ["/bin/sh", "-c", f"export PATH=/usr/sbin:/usr/bin:/sbin:/bin; {command}"]
        return run([*booted.enter(netns.inits([name])[name]), *shell], check=False).stdout

    @property
    def ssh_config(self) -> Path:
        """The lab's OpenSSH configuration."""
        return self.store.ssh_config

    @property
    def store(self) -> Store:
        """The keys of this lab."""
        return Store(state_dir(f"lab:{self.name}"))

    @property
    def _plant(self) -> Plant:
        return Plant(self.name)

    def _plug(self, place: str) -> None:
        ends = [(wire, end) for wire in WIRES for end in wire.at(place)]
        self._plant.plug(ends, fresh={place})
        self._plant.settle([wire for wire, _ in ends], {BASTION, *self.day0})
