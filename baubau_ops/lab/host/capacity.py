"""Computes whether this machine has the capacity for a city, before anything is booted.

It also raises the kernel's machine-wide limits that are too low for a city.

Each machine declares the memory that it takes. The other costs were measured on 64 and 100 booted nodes (systemd,
sshd, FRR) and on the configured small city.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baubau_ops.core.errors import MissingError
from baubau_ops.core.events import Event, OnEvent
from baubau_ops.lab.host.machine import INOTIFY_INSTANCES

MEMORY_BESIDES = 512
"""MiB for the tools, the responder and the kernel itself."""
TASKS = 24
"""Processes and threads of a booted machine; 20 at rest, more while it boots."""
TASKS_BESIDES = 500
INOTIFY = 4
"""Inotify instances of a booted machine: three for its systemd, one for its launcher."""
INOTIFY_BESIDES = 100

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Room:
    """The free amount of one resource on this machine."""

    what: str
    unit: str
    each: int | None
    """The amount that a machine takes; None where each machine declares its own."""
    besides: int
    free: int
    remedy: str

    def takes(self, memory: Sequence[int]) -> list[int]:
        """The amounts that machines of these sizes take, in order."""
        return list(memory) if self.each is None else [self.each] * len(memory)

    def shortage(self, memory: Sequence[int]) -> str:
        """Say how much is missing for machines of these sizes; empty when there is enough."""
        needed = sum(self.takes(memory)) + self.besides
        if needed <= self.free:
            return ""
        unit = f" {self.unit}" if self.unit else ""
        terms = [f"{count} × {each}" for each, count in sorted(Counter(self.takes(memory)).items())]
        return (
            f"{self.what}: {' + '.join([*terms, str(self.besides)])} = {needed}{unit} needed, "
            f"{self.free}{unit} free"
        )

    def fits(self, memory: Sequence[int]) -> int:
        """The number of these machines that fit, counting the smallest first."""
        sums = itertools.accumulate(sorted(self.takes(memory)), initial=self.besides)
        return sum(needed <= self.free for needed in itertools.islice(sums, 1, None))


def check(memory: Sequence[int], *, kind: str) -> None:
    """Refuse to boot more machines than fit; MissingError says which resource is short, and by how much.

    `memory` holds the MiB that each machine takes; `kind` says what they all are.
    """
    if not memory:
        return
    rooms = look()
    short = {shortage: room for room in rooms if (shortage := room.shortage(memory))}
    if short:
        fits = min(room.fits(memory) for room in rooms)
        more = f"{len(memory)} more {kind}{'' if len(memory) == 1 else 's'}"
        raise MissingError(
            f"This machine is too small for {more}, {fits} would fit. {'. '.join(short)}.",
            remedy="; ".join(room.remedy for room in short.values()),
        )


def look() -> list[Room]:
    """Read what is free on this machine now."""
    return [
        Room("Memory", "MiB", None, MEMORY_BESIDES, _free_memory(), "a smaller city, or more free memory"),
        Room("Processes", "", TASKS, TASKS_BESIDES, _free_tasks(), "sysctl -w kernel.pid_max=4194304"),
        Room(
            "Inotify instances",
            "",
            INOTIFY,
            INOTIFY_BESIDES,
            _free_inotify(),
            "sysctl -w fs.inotify.max_user_instances=65536",
        ),
    ]


def _free_memory() -> int:
    """Free MiB of the machine, or of the control group that this process is in, whichever is less."""
    fields = dict(line.split(":", 1) for line in (_PROC / "meminfo").read_text().splitlines())
    free = [int(fields["MemAvailable"].split()[0]) * 1024]
    for group in _groups("memory"):
        for limit, used in (
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
            ("memory.max", "memory.current"),
        ):
            free += [left + _reclaimable(group) for left in _left(group / limit, group / used)]
    return min(free) // 2**20


def _reclaimable(group: Path) -> int:
    """Bytes of a control group's page cache that are not in use now."""
    stat = dict(line.split(" ", 1) for line in (group / "memory.stat").read_text().splitlines())
    return int(stat.get("total_inactive_file", stat.get("inactive_file", "0")))


def _free_tasks() -> int:
    """The number of tasks left: by PIDs, by threads, or in this process's control group, whichever is least."""
    running = int((_PROC / "loadavg").read_text().split()[3].partition("/")[2])
    limits = ("kernel/pid_max", "kernel/threads-max")
    free = [int((_PROC / "sys" / limit).read_text()) - running for limit in limits]
    for group in _groups("pids"):
        free += _left(group / "pids.max", group / "pids.current")
    return min(free)


def _free_inotify() -> int:
    limit = int((_PROC / "sys/fs/inotify/max_user_instances").read_text())
    return max(limit, INOTIFY_INSTANCES) - _inotify_in_use()  # `up` raises a lower limit


def _inotify_in_use() -> int:
    """Count the instances of all processes, other twins included: nearly all belong to root, as ours will."""
    count = 0
    for folder in _PROC.glob("[0-9]*/fd"):
        try:
            descriptors = list(os.scandir(folder))
        except OSError:  # it has ended
            continue
        for descriptor in descriptors:
            try:
                count += os.readlink(descriptor.path) == "anon_inode:inotify"
            except OSError:
                continue
    return count


def _groups(controller: str) -> Iterator[Path]:
    """The control group of this process for a controller, and all its parents, in cgroup v1 and v2."""
    for line in (_PROC / "self/cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controller in controllers.split(","):
            root = _CGROUP / controller
        elif not controllers:
            root = _CGROUP
        else:
            continue
        path = root / name.lstrip("/")
        yield from (folder for folder in (path, *path.parents) if folder.is_relative_to(root))


def _left(limit: Path, used: Path) -> list[int]:
    """The amount left below a limit; empty where there is no limit."""
    try:
        return [int(limit.read_text()) - int(used.read_text())]
    except (OSError, ValueError):  # no such file, or "max"
        return []


def raise_limits(wires: int, on_event: OnEvent) -> None:
    """Raise the limits that are too low for a twin with this many wires; machine-wide and lasting."""
    sysctl = _PROC / "sys"
    _raise(sysctl, "fs/inotify/max_user_instances", INOTIFY_INSTANCES, on_event)
    # All namespaces share one neighbour table. Above the second threshold it is swept all the time; above the
    # third no new neighbour is added. Each wire needs two entries; twice that leaves room for other twins.
    _raise(sysctl, "net/ipv4/neigh/default/gc_thresh3", 8 * wires, on_event)
    _raise(sysctl, "net/ipv4/neigh/default/gc_thresh2", 4 * wires, on_event)


def _raise(sysctl: Path, key: str, value: int, on_event: OnEvent) -> None:
    path = sysctl / key
    # In a container with its own network the table belongs to the host: there is nothing to set.
    if path.exists() and int(path.read_text()) < value:
        path.write_text(str(value))
        name = key.replace("/", ".")
        on_event(Event("note", "kernel", detail=f"{name} raised to {value}; it stays so until a reboot"))
