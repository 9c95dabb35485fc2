"""Runs commands of this machine with a time limit; errors fit one line."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baubau_ops.core.errors import FailedError, MissingError
from baubau_ops.core.units import format_duration

log = logging.getLogger(__name__)

PACKAGES = {
    "conntrack": "conntrack",
    "git": "git",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "modprobe": "kmod",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "ping": "iputils-ping",
    "socat": "socat",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
    "sysctl": "procps",
    "systemd-nspawn": "systemd-container",
    "tc": "iproute2",
    "umount": "mount",
    "unshare": "util-linux",
    "vtysh": "frr",
}
"""The Debian package of each tool."""

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # missing in the PATH of Debian's ordinary users


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a command."""

    stdout: str
    stderr: str
    returncode: int


def find(tool: str) -> str | None:
    """Return the path of `tool`, or None; folders of administrators' tools are searched, too."""
    return shutil.which(tool, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN]))


def require(tool: str) -> str:
    """Return the path of `tool`; MissingError names its Debian package."""
    found = find(tool)
    if found is None:
        package = PACKAGES.get(tool)
        remedy = f"apt-get install {package}" if package else ""
        raise MissingError(f"The command {tool} is not installed.", remedy=remedy)
    return found


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    timeout: float = 60.0,
    check: bool = True,
    env: Mapping[str, str] | None = None,
) -> Completed:
    """Run a command to its end, in the C locale and without a terminal.

    `timeout` in seconds, after which the command and all it started are killed; `env` is added to ours.
    FailedError (with `check` also for a non-zero exit code) names the command and its last line on stderr, without
    the arguments, which may be many. MissingError when the command is not installed.
    """
    tool = require(argv[0])
    log.debug("run %s", " ".join(argv))
    started = subprocess.Popen(
        [tool, *argv[1:]],
        stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
        start_new_session=True,  # a process group of its own can be killed whole
    )
    try:
        stdout, stderr = started.communicate(input, timeout)
    except BaseException as error:
        _kill_group(started)
        if isinstance(error, subprocess.TimeoutExpired):
            message = f"{argv[0]} did not finish within {format_duration(timeout)}."
            raise FailedError(message) from error
        raise
    if check and started.returncode:
        raise FailedError(f"{argv[0]} failed ({_ending(started.returncode)}): {_last_line(stderr, stdout)}")
    return Completed(stdout, stderr, started.returncode)


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"killed by signal {-returncode}"
    return f"exit {returncode}"


def _last_line(*texts: str) -> str:
    for text in texts:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines and set(lines[-1]) <= set("^~ "):
            # nft draws a pointer below the line it complains of; the complaint stands above both.
            return next((line for line in reversed(lines) if "error" in line.lower()), lines[0])
        if lines:
            return lines[-1]
    return "it said nothing."
