"""Network namespaces: create them, enter them, find their processes, remove them."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import re
import socket
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.shell import run
from baubau_ops.lab.host.names import NETNS

log = logging.getLogger(__name__)

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def add(names: Sequence[str]) -> None:
    """Create namespaces."""
    ip_batch([f"netns add {name}" for name in names])


def delete(names: Sequence[str]) -> None:
    """Remove namespaces that no longer have processes; their ports are gone on return.

    The kernel destroys a namespace some time later: until then the far end would still see its ports.
    """
    for name in names:
        links = json.loads(run(["ip", "-n", name, "-j", "link", "show", "type", "veth"]).stdout or "[]")
        ip_batch([f"link del {link['ifname']}" for link in links if "ifname" in link], netns=name)
    delete_at_once(names)


def delete_at_once(names: Sequence[str]) -> None:
    """Remove namespaces; the kernel removes their ports later."""
    ip_batch([f"netns del {name}" for name in names])


def ip_batch(lines: Sequence[str], *, netns: str | None = None, force: bool = False) -> None:
    """Run lines of `ip -batch` up to the first that fails; with `force`, run all despite failures."""
    if lines:
        options = [*(["-n", netns] if netns else []), *(["-force"] if force else [])]
        text = "\n".join(lines) + "\n"
        done = run(["ip", *options, "-batch", "-"], input=text, check=False)
        if done.returncode and not force:
            raise FailedError(_failed_line(lines, done.stderr))


def _failed_line(lines: Sequence[str], stderr: str) -> str:
    """Say at which line `ip -batch` failed, and why."""
    why = stderr.strip().splitlines()
    number = re.search(r"^Command failed -:(\d+)", stderr, re.MULTILINE)
    line = lines[int(number[1]) - 1] if number else "its input"
    return f"ip {line}: {why[0] if why else 'it said nothing.'}"


@contextlib.contextmanager
def entered(path: Path | str) -> Iterator[None]:
    """Enter a namespace: sockets that this thread opens meanwhile stay in it. Other threads are not affected."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(path, os.O_RDONLY)
        try:
            _setns(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(here)
    finally:
        os.close(here)


def ports(name: str) -> list[str]:
    """Return the names of a namespace's ports."""
    with entered(NETNS / name):
        return [port for _, port in socket.if_nameindex()]


def is_configured(name: str, port: str) -> bool:
    """Return whether a port of a namespace has an address or its own queues."""
    addresses = json.loads(run(["ip", "-n", name, "-j", "address", "show", "dev", port]).stdout)
    queues = json.loads(run(["tc", "-n", name, "-j", "qdisc", "show", "dev", port]).stdout)
    return bool(addresses[0]["addr_info"]) or any(queue["kind"] != "noqueue" for queue in queues)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def processes(names: Collection[str]) -> Mapping[str, list[int]]:
    """Return the processes in each of these namespaces, in one pass over /proc."""
    if not names:
        return {}
    by_inode = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            by_inode[(NETNS / name).stat().st_ino] = name
    found: defaultdict[str, list[int]] = defaultdict(list)
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                inode = os.stat(f"/proc/{entry.name}/ns/net").st_ino
                if inode in by_inode:
                    found[by_inode[inode]].append(int(entry.name))
    return found


def inits(names: Collection[str]) -> Mapping[str, int]:
    """Return the host's PID of each booted system's PID 1 in these namespaces."""
    return {name: pid for name, pids in processes(names).items() for pid in pids if _is_init(pid)}


def init_below(launcher: int) -> int | None:
    """Return PID 1 of the system that this process has started; None before it starts and after it ends.

    This is far cheaper than `inits`, which looks at every process on the machine.
    """
    try:
        children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    except OSError:
        return None
    return next((int(child) for child in children if _is_init(int(child))), None)


def _is_init(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
    return len(numbers) > 1 and numbers[-1] == "1"
