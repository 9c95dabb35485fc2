"""The smallest twin that has one of everything: two routers, an office, a host, an operator's seat."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from baubau_ops.core.settings import run_dir, state_dir
from baubau_ops.inventory.environment import Machine
from baubau_ops.lab import console, twin
from baubau_ops.lab.host import cgroups, netns
from baubau_ops.lab.host.names import PLANT, lock_path, places
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.image import Image
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.layout.layout import Bare, Booted, End, File, Layout, Listening, Route, Uplink, Wire
from baubau_ops.lab.layout.routers import router
from baubau_ops.lab.probes.responding import _processes as responders
from baubau_ops.lab.record import dump_layout
from baubau_ops.lab.store import Store

OFFICE, HOST, SEAT = "hall-office", "host-services", "bastion"
KIOSK, PRINTER = "hall-kiosk", "hall-printer"
KIOSKS = Image("kiosk", ROUTER, {"/etc/kiosk/version": "1\n"})
NEWER = Image("newer-kiosk", ROUTER, {"/etc/kiosk/version": "2\n"})
SERVICE = IPv4Address("10.32.0.1")
INVENTORY = Path("/nowhere/tiny")
DEFAULT = IPv4Network("0.0.0.0/0")

_TEXT = """\
frr defaults traditional
hostname {name}
log syslog informational
service integrated-vtysh-config
!
{routes}{interfaces}#@ section nftables
table inet baubau {{
 counter denied {{ }}
 chain forward {{
  type filter hook forward priority filter; policy accept;
  meta nfproto ipv6 counter name denied drop
  tcp dport 554 counter name denied drop
  udp dport 554 counter name denied drop
  tcp dport 80 reject with tcp reset
  udp dport 80 reject
 }}
}}
#@ section sysctl
net.ipv4.ip_forward = 1
"""


def text(name: str, routes: list[str], interfaces: dict[str, str]) -> str:
    """A router's day-0 text with static routes."""
    statics = "".join(f"ip route {route}\n" for route in routes)
    ports = "".join(f"interface {port}\n ip address {a}\nexit\n" for port, a in interfaces.items())
    return _TEXT.format(name=name, routes=statics, interfaces=ports)


def machine(name: str, zone: str, address: str, gateway: End, via: str, **more: object) -> Bare:
    """A bare machine with one port."""
    interface = IPv4Interface(address)
    bare = Bare(
        machine=Machine(name, zone, name, interface.ip),
        ports={"eth0": interface},
        gateway=gateway,
        leaves="eth0",
        routes=(Route(DEFAULT, IPv4Address(via), "eth0"),),
    )
    return replace(bare, **more)  # type: ignore[arg-type]


def tiny() -> Layout:
    """pop-wolio with the seat and a host, ce-hall with an office."""
    pop = text(
        "pop-wolio",
        [
            "10.64.0.0/24 10.254.0.1",
            "10.255.0.2/32 10.254.0.1",
            "10.255.0.9/32 10.254.0.5",
            f"{SERVICE}/32 10.32.8.2",
        ],
        {
            "lo": "10.255.0.1/32",
            "ce1": "10.254.0.0/31",
            "to-bastion": "10.254.0.4/31",
            "lan-host": "10.32.8.1/28",
        },
    )
    ce = text(
        "ce-hall",
        ["0.0.0.0/0 10.254.0.0"],
        {"lo": "10.255.0.2/32", "to-wolio": "10.254.0.1/31", "lan-office": "10.64.0.1/24"},
    )
    up = Uplink("ce-hall", "pop-wolio", "to-wolio", End("pop-wolio", "ce1").mac)
    office = machine(
        OFFICE, "office", "10.64.0.2/24", End("ce-hall", "lan-office"), "10.64.0.1", uplinks=(up,)
    )
    host = machine(
        HOST, "services", "10.32.8.2/28", End("pop-wolio", "lan-host"), "10.32.8.1", extra=(SERVICE,)
    )
    seat = machine(SEAT, "bastion", "10.254.0.5/31", End("pop-wolio", "to-bastion"), "10.254.0.4")
    seat = replace(
        seat,
        machine=Machine(SEAT, "bastion", SEAT, IPv4Address("10.255.0.9")),
        extra=(IPv4Address("10.255.0.9"),),
    )
    pop_wolio = router("pop-wolio", pop, IPv4Address("10.255.0.1"))
    ce_hall = router("ce-hall", ce, IPv4Address("10.255.0.2"))
    wires = [
        Wire("pop-wolio--ce-hall", (End("pop-wolio", "ce1"), End("ce-hall", "to-wolio"))),
        Wire("pop-wolio--bastion", (End("pop-wolio", "to-bastion"), End(SEAT, "eth0"))),
        Wire("pop-wolio:lan-host", (End("pop-wolio", "lan-host"), End(HOST, "eth0"))),
        Wire("ce-hall:lan-office", (End("ce-hall", "lan-office"), End(OFFICE, "eth0"))),
    ]
    return Layout(
        booted={each.name: each for each in (pop_wolio, ce_hall)},
        bare={bare.name: bare for bare in (office, host, seat)},
        wires={wire.id: wire for wire in wires},
        images={ROUTER.name: ROUTER},
        ports=(53, 80, 443, 554, 7007),
        services=(Listening(SERVICE, "udp", 53), Listening(SERVICE, "tcp", 443)),
    )


def with_branch(layout: Layout) -> Layout:
    """The same with one more site: a router, its office, a port on the POP."""
    ce = text(
        "ce-branch", ["0.0.0.0/0 10.254.0.2"], {"to-wolio": "10.254.0.3/31", "lan-office": "10.64.1.1/24"}
    )
    office = machine("branch-office", "office", "10.64.1.2/24", End("ce-branch", "lan-office"), "10.64.1.1")
    wires = {
        "pop-wolio--ce-branch": Wire(
            "pop-wolio--ce-branch", (End("pop-wolio", "ce2"), End("ce-branch", "to-wolio"))
        ),
        "ce-branch:lan-office": Wire("ce-branch:lan-office", (office.gateway, End("branch-office", "eth0"))),
    }
    return replace(
        layout,
        booted={**layout.booted, "ce-branch": router("ce-branch", ce)},
        bare={**layout.bare, "branch-office": office},
        wires={**layout.wires, **wires},
    )


def kiosk() -> Booted:
    """A booted machine that is no router: another image, a volume, an address that the seat reaches."""
    text = "ip route 0.0.0.0/0 10.64.0.1\ninterface eth0\n ip address 10.64.0.3/24\nexit\n"
    return Booted(
        name=KIOSK,
        image=KIOSKS.name,
        memory=64,
        units=("ssh.service", "frr.service"),
        signs=("run/sshd.pid", "run/frr/watchfrr.started"),
        files={"/etc/frr/frr.conf": File(text, 0o640), "/etc/kiosk/greeting": File("selamat\n", 0o600)},
        volumes={"data": "/var/lib/kiosk"},
        address=IPv4Address("10.64.0.3"),
    )


def with_kiosk(layout: Layout, **more: object) -> Layout:
    """The same with a kiosk and a printer, booted and bare, on the office's LAN."""
    lan = layout.wires["ce-hall:lan-office"]
    printer = machine(PRINTER, "office", "10.64.0.4/24", End("ce-hall", "lan-office"), "10.64.0.1")
    ends = (*lan.ends, End(KIOSK, "eth0"), End(PRINTER, "eth0"))
    return replace(
        layout,
        booted={**layout.booted, KIOSK: replace(kiosk(), **more)},  # type: ignore[arg-type]
        bare={**layout.bare, PRINTER: printer},
        wires={**layout.wires, lan.id: replace(lan, ends=ends)},
        images={**layout.images, KIOSKS.name: KIOSKS, NEWER.name: NEWER},
    )


@dataclass(frozen=True)
class Tiny:
    """A twin of the tests' own, by its name."""

    name: str

    def up(self, layout: Layout) -> None:
        twin.up(self.name, layout, inventory=INVENTORY, state=self.state)

    @property
    def state(self) -> Path:
        return state_dir(f"lab:{self.name}")

    @property
    def ssh_config(self) -> Path:
        return Store(self.state).ssh_config

    def start(self, code: str) -> subprocess.Popen[bytes]:
        """Run Python code that acts on this twin in a process of its own, to be killed."""
        prelude = (
            "from pathlib import Path; from baubau_ops.lab import twin; import sys;"
            "from baubau_ops.lab.record import load_layout; name, state = sys.argv[1], Path(sys.argv[2]);"
        )
        argv = [sys.executable, "-c", prelude + code, self.name, str(self.state)]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def start_up(self, layout: Layout, folder: Path) -> subprocess.Popen[bytes]:
        path = folder / f"{self.name}.json"
        path.write_text(dump_layout(layout))
        return self.start(
            f"twin.up(name, load_layout(Path({str(path)!r})), inventory=Path({str(INVENTORY)!r}), state=state)"
        )

    def console(self, place: str, command: str, layout: Layout | None = None) -> str:
        """Run a shell command at a place and return what it prints; it must succeed."""
        argv = console.command(self.name, layout or tiny(), place, ["/bin/sh", "-c", command])
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def carrier(self, place: str, port: str, layout: Layout | None = None) -> bool:
        return "LOWER_UP" in self.console(place, f"ip -br link show {shlex.quote(port)}", layout)

    def inits(self) -> dict[str, int]:
        """PID 1 of every booted machine that runs."""
        prefix = name_of(self.name, "")
        found = netns.inits([name_of(self.name, place) for place in places(self.name)])
        return {name.removeprefix(prefix): pid for name, pid in found.items()}

    def left_overs(self) -> list[str]:
        """All that is there of this twin: namespaces, processes, mounts, control groups, files."""
        prefix = name_of(self.name, "")
        names = [name_of(self.name, place) for place in (*places(self.name), PLANT)]
        mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if f"/{self.name}/" in line]
        groups = cgroups.named(prefix)
        found = [*places(self.name), *map(str, netns.processes(names).values()), *groups]
        found += [str(pid) for pid in cgroups.processes(groups)] + _by_command_line(prefix)
        found += [line for line in mounts if "/run/baubau/" in line] + list(map(str, responders(self.name)))
        files = (run_dir(self.name), lock_path(self.name), self.state)
        found += [str(path) for path in files if path.exists()]
        return found


def _by_command_line(prefix: str) -> list[str]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                line = Path(entry.path, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if prefix in line and int(entry.name) != os.getpid():
                    found.append(line)
    return found


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """SIGKILL a process after some time; tell whether it still ran."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll, bounded."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


@contextlib.contextmanager
def taken_down(name: str) -> Iterator[Tiny]:
    """A twin name that is free at the beginning and at the end."""
    made = Tiny(name)
    twin.down(name)
    try:
        yield made
    finally:
        twin.down(name)
