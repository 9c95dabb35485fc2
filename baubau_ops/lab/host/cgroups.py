"""Control groups, one for every node: in a shared group, each systemd mistakes the others' services for its own.

Seen when 17 nodes booted in one group: `Failed at step CGROUP spawning nft: No such device`.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from baubau_ops.core.poll import settle

log = logging.getLogger(__name__)

REMOVE_TIMEOUT = 2.0
"""Seconds until the kernel has released the last process of a group."""

_POLL = 0.005


def create(name: str) -> list[Path]:
    """Create the group in every hierarchy that systemd uses; return the files in which a process registers."""
    files = []
    for mount in _hierarchies():
        (mount / name).mkdir(exist_ok=True)
        files.append(mount / name / "cgroup.procs")
    return files


def named(prefix: str) -> list[str]:
    """Return the groups whose names begin with this prefix."""
    return sorted(
        {path.name for mount in _hierarchies() for path in mount.glob(f"{prefix}*") if path.is_dir()}
    )


def processes(names: Iterable[str]) -> set[int]:
    """Return the processes in these groups and below them."""
    found: set[int] = set()
    for mount in _hierarchies():
        for name in names:
            # Unlike rglob, walk skips a group that ends meanwhile.
            for folder, _, _ in os.walk(mount / name):
                with contextlib.suppress(OSError):
                    found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
    return found - {0}  # 0 stands for a process that is ending


def remove(name: str) -> None:
    """Remove a group and all groups below it; its processes must have ended."""
    for mount in _hierarchies():
        if not settle(partial(_is_removed, mount / name), bool, REMOVE_TIMEOUT, interval=_POLL):
            log.warning("the control group %s cannot be removed", mount / name)


def _is_removed(group: Path) -> bool:
    """Remove the parts of a group that the kernel has released; return whether everything is gone."""
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    return not group.exists()


def _hierarchies() -> Iterator[Path]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            yield Path(point)
