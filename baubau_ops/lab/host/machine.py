"""The features of this machine: each is tried, none is assumed.

A trial runs in its own namespaces, which end with it, and leaves nothing behind. Without root the kernel is tried
in a user namespace; missing root rights are a separate finding.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from baubau_ops.core import settings, shell
from baubau_ops.core.errors import BaubauError
from baubau_ops.lab.host.features import FEATURES, TWIN, Feature, try_out

MIN_MEMORY = 1536
"""MiB that the small twin and its tests need."""

MIN_DISK = 2048
"""MiB for the node image, its cache and the twin's changes."""

INOTIFY_INSTANCES = 8192
"""The default of 128 stops the boot of about 22 nodes."""


class State(StrEnum):
    """Whether a feature is present; `unknown` means that it could not be tried."""

    present = "present"
    missing = "missing"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One feature of this machine, present or not.

    `needed`: the twin does not run without it. `installable`: `lab up` installs it. `cost` names what does not
    work without it, `remedy` the command (or step) that fixes it; both are empty for a present feature.
    """

    name: str
    state: State
    detail: str
    needed: bool = True
    installable: bool = False
    cost: str = ""
    remedy: str = ""


def look() -> tuple[Finding, ...]:
    """Try every feature and return the findings in a stable order."""
    return (
        _system(),
        _python(),
        _cpu(),
        _memory(),
        _disk(),
        _root(),
        *(_tool(tool, cost) for tool, cost in TOOLS.items()),
        *(_feature(feature) for feature in FEATURES),
        _inotify(),
        _cgroup(),
    )


def lacking(findings: Iterable[Finding], *, after_install: bool = False) -> tuple[Finding, ...]:
    """Return the features that the twin needs and this machine lacks.

    `after_install`: leave out features that `lab up` installs, and those that cannot be tried before that.
    """
    needed = [finding for finding in findings if finding.needed and finding.state is not State.present]
    if after_install:
        needed = [f for f in needed if not f.installable and f.state is State.missing]
    return tuple(needed)


def _system() -> Finding:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = platform.system()
    return Finding("system", State.present, f"{name}, kernel {platform.release()}", needed=False)


def _python() -> Finding:
    return Finding("python", State.present, platform.python_version(), needed=False)


def _cpu() -> Finding:
    count = len(os.sched_getaffinity(0))
    return Finding("processors", State.present, str(count), needed=False)


def _memory() -> Finding:
    available = _memory_available()
    enough = available >= MIN_MEMORY
    return _judged(
        "memory", enough, f"{available} MiB available", TWIN, f"free memory up to {MIN_MEMORY} MiB"
    )


def _memory_available() -> int:
    """Return the MiB that a new program can use without swapping, from /proc/meminfo."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) // 1024
    return 0


def _disk() -> Finding:
    folder = settings.cache_dir()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 2**20
    remedy = f"free {MIN_DISK} MiB below {folder}"
    return _judged("disk", free >= MIN_DISK, f"{free} MiB free below {folder}", TWIN, remedy)


def _root() -> Finding:
    is_root = os.geteuid() == 0
    return _judged("root", is_root, f"user id {os.geteuid()}", TWIN, "sudo ./baubau …")


def _inotify() -> Finding:
    path = Path("/proc/sys/fs/inotify/max_user_instances")
    try:
        value = int(path.read_text())
    except (OSError, ValueError):
        return Finding("inotify", State.missing, "the kernel has none", cost=TWIN, remedy="another kernel")
    remedy = f"sysctl -w fs.inotify.max_user_instances={INOTIFY_INSTANCES}"
    if value >= INOTIFY_INSTANCES:
        return Finding("inotify", State.present, f"{value} instances (machine-wide; stays after lab down)")
    detail = f"{value} instances"
    if os.geteuid() == 0 and os.access(path, os.W_OK) and not _is_read_only(path):
        return Finding("inotify", State.present, f"{detail}; lab up raises them to {INOTIFY_INSTANCES}")
    return Finding(
        "inotify", State.missing, detail, cost="lab up: at most about 20 nodes boot", remedy=remedy
    )


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _cgroup() -> Finding:
    """Try to create a control group: every booted node gets its own."""
    kinds = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    mounted = [(Path(where), kind) for where, kind in kinds if kind.startswith("cgroup")]
    hierarchy = next((where for where, kind in mounted if kind == "cgroup2"), None)
    if hierarchy is None:
        return Finding(
            "cgroup", State.missing, "no cgroup2 is mounted", cost=TWIN, remedy="boot with systemd"
        )
    detail = "v2" if hierarchy == Path("/sys/fs/cgroup") else f"hybrid, v2 at {hierarchy}"
    if os.geteuid() != 0:
        return Finding(
            "cgroup", State.unknown, f"{detail}; only root can try", cost=TWIN, remedy="sudo ./baubau doctor"
        )
    trial = hierarchy / f"baubau-trial-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        return Finding(
            "cgroup", State.missing, f"{detail}: {error.strerror}", cost=TWIN, remedy="a writable cgroup2"
        )
    return Finding("cgroup", State.present, detail)


def _judged(name: str, is_good: bool, detail: str, cost: str, remedy: str) -> Finding:
    if is_good:
        return Finding(name, State.present, detail)
    return Finding(name, State.missing, detail, cost=cost, remedy=remedy)


TOOLS = {
    "ip": TWIN,
    "tc": TWIN,
    "nft": TWIN,
    "unshare": TWIN,
    "nsenter": TWIN,
    "socat": TWIN,
    "ssh": TWIN,
    "ssh-keygen": TWIN,
    "systemd-nspawn": TWIN,
    "mmdebstrap": "lab up: no node image can be built",
}


def _tool(tool: str, cost: str) -> Finding:
    path = shell.find(tool)
    if path:
        return Finding(tool, State.present, path)
    remedy = f"apt-get install {shell.PACKAGES[tool]}"
    return Finding(tool, State.missing, "not installed", installable=True, cost=cost, remedy=remedy)


def _feature(feature: Feature) -> Finding:
    absent = [tool for tool in ("unshare", "sh", *feature.tools) if shell.find(tool) is None]
    if absent:
        return _not_tried(feature, f"{', '.join(absent)} is not installed", _install(absent))
    try:
        try_out(feature)
    except BaubauError as error:
        if os.geteuid() != 0 and feature.name == "nspawn":
            return _not_tried(feature, "only root can try", "sudo ./baubau doctor")
        why = error.message.partition("): ")[2] or error.message
        other = "another kernel, or a machine with more rights"
        can_load = bool(feature.module) and Path("/proc/modules").exists()
        remedy = f"modprobe {feature.module}" if can_load else other
        return Finding(feature.name, State.missing, why, feature.needed, cost=feature.cost, remedy=remedy)
    return Finding(feature.name, State.present, "tried", feature.needed)


def _not_tried(feature: Feature, why: str, remedy: str) -> Finding:
    return Finding(feature.name, State.unknown, why, feature.needed, cost=feature.cost, remedy=remedy)


def _install(tools: Iterable[str]) -> str:
    return "apt-get install " + " ".join(sorted({shell.PACKAGES.get(tool, tool) for tool in tools}))
