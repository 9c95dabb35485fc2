"""Manages the responder's process: starts it, finds it, ends it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from operator import not_
from pathlib import Path
from typing import Any

from baubau_ops.core.errors import BaubauError, FailedError, UnreachableError
from baubau_ops.core.poll import settle
from baubau_ops.core.settings import run_dir
from baubau_ops.inventory import environment
from baubau_ops.lab.layout.layout import Layout

MODULE = "baubau_ops.lab.probes.responder"

START_TIMEOUT = 60.0
"""Seconds until it accepts requests; 0.3 are usual, many more on an overloaded machine."""

END_TIMEOUT = 5.0
"""Seconds until it is gone after SIGKILL."""

_POLL = 0.01


@cache
def program() -> str:
    """Identify the responder's source: an older responder that still runs would misread a request."""
    sources = [*sorted(Path(__file__).parents[1].rglob("*.py")), Path(environment.__file__)]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def socket_path(twin: str) -> Path:
    """Return the path of the socket on which a twin's responder accepts requests."""
    return run_dir(twin) / "responder.sock"


def layout_path(twin: str) -> Path:
    """Return the path of the layout file, from which the responder learns its machines."""
    return run_dir(twin) / "responder.json"


def start_responder(twin: str, layout: Layout, *, restart: bool) -> None:
    """Start the responder of a twin whose machines exist, unless the right one already runs."""
    from baubau_ops.lab.record import dump_layout

    runs = bool(_processes(twin))
    if runs and not restart and _answers(twin):
        return
    if runs:
        stop_responder(twin)
    layout_path(twin).write_text(dump_layout(layout))
    with (run_dir(twin) / "responder.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", MODULE, twin],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
    answers = settle(
        lambda: _answers(twin),
        lambda answers: answers or started.poll() is not None,
        START_TIMEOUT,
        interval=_POLL,
    )
    if not answers:
        words = (run_dir(twin) / "responder.log").read_text(errors="replace").strip().splitlines()
        raise FailedError(f"The twin's responder did not start: {words[-1] if words else 'it is silent.'}")


def stop_responder(twin: str) -> None:
    """End the responder of a twin, found by its command line; wait until it is gone."""
    left = settle(lambda: _killed(twin), not_, END_TIMEOUT, interval=_POLL)
    if left:
        raise FailedError(f"The twin's responder does not end: {left}")


def _killed(twin: str) -> list[int]:
    """Send SIGKILL to the responder's processes; return the processes found."""
    found = _processes(twin)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def ask(twin: str, request: dict[str, Any], *, timeout: float) -> Any:
    """Send a request to the responder and return its answer; UnreachableError when there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(socket_path(twin)))
            connection.sendall(json.dumps({**request, "program": program()}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
    except OSError as error:
        raise UnreachableError(
            f"The responder of the twin {twin} does not answer: {error}.", remedy="baubau lab up"
        ) from error
    if not line:
        raise FailedError(f"The responder of the twin {twin} ended while it was asked.")
    answer = json.loads(line)
    if "error" in answer:
        raise FailedError(answer["error"])
    return answer["result"]


def _answers(twin: str) -> bool:
    try:
        return bool(ask(twin, {"do": "hello"}, timeout=1.0) == twin)
    except BaubauError:
        return False


def _processes(twin: str) -> list[int]:
    return list(_matching(["-m", MODULE, twin]))


def _matching(tail: list[str]) -> Iterable[int]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                argv = Path(entry.path, "cmdline").read_bytes().decode(errors="replace").rstrip("\0")
                if argv.split("\0")[1:] == tail:
                    yield int(entry.name)
