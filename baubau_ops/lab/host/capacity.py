"""Whether this machine carries a city: asked, with the arithmetic, before anything of it is booted.

And limits of the kernel that are for the whole machine and too low for a city.

Memory is what each machine says it takes. The other costs were measured on 64 and 100 booted nodes (systemd, sshd,
FRR) and on the configured small city.
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
"""MiB for the tools, the responder and the kernel's own."""
TASKS = 24
"""Processes and threads of a booted machine; 20 at rest, more while it boots."""
TASKS_BESIDES = 500
INOTIFY = 4
"""Instances of inotify: three of its systemd, one of its launcher."""
INOTIFY_BESIDES = 100

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Room:
    """What of one thing is free here for machines to be booted."""

    what: str
    unit: str
    each: int | None
    """What a machine takes; None where each says so itself."""
    besides: int
    free: int
    remedy: str

    def takes(self, memory: Sequence[int]) -> list[int]:
        """What machines of these sizes take, in order."""
        return list(memory) if self.each is None else [self.each] * len(memory)

    def shortage(self, memory: Sequence[int]) -> str:
        """Say what is lacking for machines of these sizes; empty when it is enough."""
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
        """How many of these machines there is room for, the smallest first."""
        sums = itertools.accumulate(sorted(self.takes(memory)), initial=self.besides)
        return sum(needed <= self.free for needed in itertools.islice(sums, 1, None))


def check(memory: Sequence[int], *, kind: str) -> None:
    """Refuse to boot more machines than there is room for; MissingError says by how much, and of what.

    `memory` has the MiB that each takes, `kind` is what they all are.
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
    """MiB: of the machine, or of the control group this process is in, whichever has less."""
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
    """Bytes of a control group's files in memory that nobody uses now."""
    stat = dict(line.split(" ", 1) for line in (group / "memory.stat").read_text().splitlines())
    return int(stat.get("total_inactive_file", stat.get("inactive_file", "0")))


def _free_tasks() -> int:
    """Of the machine's numbers, its threads, and the control group this process is in, whichever has least."""
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
    """Count the instances of all processes, other twins' among them: nearly all are root's, as ours will be."""
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
    """The control group of this process for a controller, and all above it: v1's, and the unified one's."""
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
    """What is left below a limit; empty where there is none."""
    try:
        return [int(limit.read_text()) - int(used.read_text())]
    except (OSError, ValueError):  # no such file, or "max"
        return []


def raise_limits(wires: int, on_event: OnEvent) -> None:
    """Raise what is too low for a twin with so many wires; machine-wide, and it stays so."""
    sysctl = _PROC / "sys"
    _raise(sysctl, "fs/inotify/max_user_instances", INOTIFY_INSTANCES, on_event)
    # All namespaces share one table of neighbours. Beyond the second limit it is swept all the time, beyond the
    # third no new one is found: two for each wire, and as much again for other twins and as room.
    _raise(sysctl, "net/ipv4/neigh/default/gc_thresh3", 8 * wires, on_event)
    _raise(sysctl, "net/ipv4/neigh/default/gc_thresh2", 4 * wires, on_event)


def _raise(sysctl: Path, key: str, value: int, on_event: OnEvent) -> None:
    path = sysctl / key
    # In a container with a network of its own the table is its host's: there is nothing to set.
    if path.exists() and int(path.read_text()) < value:
        path.write_text(str(value))
        name = key.replace("/", ".")
        on_event(Event("note", "kernel", detail=f"{name} raised to {value}; it stays so until a reboot"))
