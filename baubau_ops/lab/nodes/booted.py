"""Booted machines: each has a disk (an overlay over the image) and a namespace with systemd as PID 1.

A power cut is a SIGKILL and the removal of the namespace: if the namespace remained, addresses, rules and sysctls
from before the cut would stay in effect. The console bypasses the network; it serves boot, faults and inspection.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from operator import not_
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.poll import settle
from baubau_ops.core.settings import run_dir
from baubau_ops.core.shell import require, run
from baubau_ops.lab.host import cgroups, netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.files import write
from baubau_ops.lab.image.image import HOST_KEY, LOGIN
from baubau_ops.lab.layout.layout import Booted

log = logging.getLogger(__name__)

BOOT_TIMEOUT = 120.0
"""Seconds that one node may take once it has been started; 1 to 3 are usual, more on a busy machine."""

END_TIMEOUT = 5.0
"""Seconds after SIGKILL within which processes must be gone."""

_CAPABILITIES = "CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN"  # zebra and bgpd do not start without them
_POLL = 0.03  # a scan of /proc is expensive where other twins run
_ENTER_GROUPS = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1"; shift; n=$((n - 1)); done; exec "$@"'


@dataclass(frozen=True, slots=True)
class Identity:
    """A node's identity: the operator's public key that it trusts, and its own host key pair."""

    operator: str
    host_private: str
    host_public: str


def disk(twin: str, node: str) -> Path:
    """Return the folder of a node's disk."""
    return run_dir(twin) / "nodes" / node


def disks(twin: str) -> list[Path]:
    """Return the folders of all nodes that have, or had, a disk."""
    folder = run_dir(twin) / "nodes"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def image_of(disk: Path) -> str:
    """Return the name of the image under a node's disk; empty when the disk is not finished."""
    try:
        name, separator, _ = (disk / "prepared").read_text().partition(" ")
    except FileNotFoundError:
        return ""
    return name if separator else ""  # disks of other versions do not record it


def prepare(twin: str, machine: Booted, identity: Identity, image: Path) -> None:
    """Give a machine a new disk with its keys and files (secrets filled in), unless it has one.

    A disk on another image is recreated: files of the two images would mix.
    """
    node = machine.name
    folder = disk(twin, node)
    root = folder / "root"
    finished = folder / "prepared"
    stands_on = f"{machine.image} {image}"
    if finished.exists() and finished.read_text() == stands_on:
        if not os.path.ismount(root):
            _mount(twin, node, image)
        return
    discard(twin, node)
    for part in ("upper", "work", "root"):
        (folder / part).mkdir(parents=True)
    _mount(twin, node, image)
    write(root, "etc/hostname", f"{node}\n")
    write(root, "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {node}\n")
    write(root, HOST_KEY, identity.host_private, mode=0o600)
    write(root, f"{HOST_KEY}.pub", identity.host_public)
    home = f"home/{LOGIN}/.ssh"
    write(root, f"{home}/authorized_keys", identity.operator, mode=0o600)
    for path, file in machine.files.items():
        write(root, path, file.text, file.mode)
    finished.write_text(stands_on)


def discard(twin: str, node: str) -> None:
    """Remove a node's disk."""
    unmount([disk(twin, node)])
    shutil.rmtree(disk(twin, node), ignore_errors=True)


def unmount(folders: Iterable[Path]) -> None:
    """Unmount everything in these folders."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    mine = [point for point in points if point.startswith(prefixes)]
    if mine:
        run(["umount", "--lazy", *reversed(mine)])


def _mount(twin: str, node: str, image: Path) -> None:
    folder = disk(twin, node)
    options = f"lowerdir={image},upperdir={folder}/upper,workdir={folder}/work"
    run(["mount", "-t", "overlay", "-o", options, name_of(twin, node), str(folder / "root")])


def boot(twin: str, machine: Booted, volumes: Mapping[str, Path]) -> int:
    """Start a machine in its namespace, which must exist and be wired; return its launcher's PID at once.

    `volumes` holds folders by the mount points at which the machine sees them.
    Raises FailedError when a process still runs in the namespace: two systems would destroy their shared disk.
    """
    node = machine.name
    name = name_of(twin, node)
    living = netns.processes([name]).get(name)
    if living:
        raise FailedError(f"{node} cannot boot: its namespace still has processes ({living}).")
    folder = disk(twin, node)
    groups = cgroups.create(name)
    argv = ["/bin/sh", "-c", _ENTER_GROUPS, "sh", str(len(groups)), *map(str, groups)]
    argv += [require("systemd-nspawn"), "-q", "--register=no", "--keep-unit", "-b", "--notify-ready=no"]
    argv += [f"--network-namespace-path={NETNS / name}", "-D", str(folder / "root")]
    argv += ["-M", name, f"--hostname={node}", "--console=read-only", f"--capability={_CAPABILITIES}"]
    for mount_point, volume in volumes.items():
        argv.append(f"--bind={_escaped(volume)}:{mount_point}")
    with (folder / "console.log").open("ab") as console:
        launcher = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,  # survives the end of this command and its Ctrl-C
            env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},  # else no sysctl can be set
        )
    return launcher.pid


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace(":", "\\:")


def end(twin: str, places: Collection[str]) -> None:
    """Cut the power of places: kill every process in their namespaces and control groups, and wait until they end.

    A node's launcher and its new children are in the control group before they are in the namespace.
    """
    names = [name_of(twin, place) for place in places]
    left = settle(lambda: _killed(names), not_, END_TIMEOUT, interval=_POLL)
    if left:
        raise FailedError(f"Processes do not end after SIGKILL: {sorted(left)}")
    for name in names:
        cgroups.remove(name)


def _killed(names: Collection[str]) -> set[int]:
    """Send SIGKILL to every process in these namespaces and control groups; return the processes found."""
    found = {pid for pids in netns.processes(names).values() for pid in pids} | cgroups.processes(names)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def is_ready(machine: Booted, init: int) -> bool:
    """Check from its console whether all units of the machine with this PID 1 are active."""
    root = Path(f"/proc/{init}/root")
    try:
        if not all((root / sign).exists() for sign in machine.signs):
            return False
    except OSError:
        return False
    done = run([*enter(init), "systemctl", "is-active", *machine.units], check=False)
    return done.stdout.split() == ["active"] * len(machine.units)


def boot_all(
    twin: str,
    machines: Sequence[Booted],
    *,
    volumes: Callable[[Booted], Mapping[str, Path]],
    started: Sequence[Booted] = (),
    at_once: int,
    on_ready: Callable[[str, float], None],
) -> None:
    """Boot machines, several at a time, and wait until all are ready, including those already `started`.

    `on_ready` receives each machine with the seconds it took. FailedError names the first that takes too long.
    """
    waiting = list(machines)
    there = netns.inits([name_of(twin, each.name) for each in started])
    booting = [_Boot(each, init=there.get(name_of(twin, each.name))) for each in started]

    def all_are_ready() -> bool:
        """Start the machines that are next, and check those that are booting."""
        while waiting and len(booting) < at_once:
            machine = waiting.pop(0)
            booting.append(_Boot(machine, launcher=boot(twin, machine, volumes(machine))))
        for each in list(booting):
            name, took = each.machine.name, time.monotonic() - each.since
            if each.is_ready():
                booting.remove(each)
                on_ready(name, took)
            elif took > BOOT_TIMEOUT:
                raise FailedError(
                    f"{name} is not ready {BOOT_TIMEOUT:.0f} s after its start: {_last_words(twin, name)}",
                    remedy=f"Its console: {disk(twin, name) / 'console.log'}",
                )
        return not waiting and not booting

    settle(all_are_ready, bool, inf, interval=_POLL)  # each machine has its own time limit


@dataclass
class _Boot:
    """A machine that is booting: its launcher, then its PID 1 once it exists."""

    machine: Booted
    launcher: int | None = None
    init: int | None = None
    since: float = field(default_factory=time.monotonic)

    def is_ready(self) -> bool:
        if self.init is None and self.launcher is not None:
            self.init = netns.init_below(self.launcher)
        return self.init is not None and is_ready(self.machine, self.init)


def _last_words(twin: str, node: str) -> str:
    lines = (disk(twin, node) / "console.log").read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "its console is silent.")


def enter(init: int) -> list[str]:
    """Return the command prefix that enters the namespaces of this PID 1."""
    return ["nsenter", "-t", str(init), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"]
