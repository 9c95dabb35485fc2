"""The open-loop prober: a separate program, so that nothing else disturbs its schedule.

    watcher.py NETNS TARGET PORT INTERVAL

It prints a line once it runs, sends a UDP echo request every INTERVAL seconds until its stdin ends, and then
prints the result as one JSON object. It imports nothing from the project, because it must start at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Sequence

PATIENCE = 1.0
"""Seconds to wait for the last answers."""

_CLONE_NEWNET = 0x40000000
_FORM = struct.Struct("!8sQ")


def main() -> None:
    """Probe until stdin ends, then print the result."""
    path, target, port, interval = sys.argv[1:5]
    probe = _open(path, target, int(port))
    with contextlib.suppress(OSError):
        # Routers, clients and tests compete for the processor; the schedule must not wait for them.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    gc.disable()
    print("running", flush=True)
    sent, answered = run(probe, float(interval), sys.stdin.fileno())
    print(json.dumps(judge(float(interval), sent, answered)), flush=True)


def _open(path: str, target: str, port: int) -> socket.socket:
    with open(path, "rb") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, f"{path}: {os.strerror(number)}")
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    probe.connect((target, port))
    return probe


def run(probe: socket.socket, interval: float, until: int) -> tuple[list[float], bytearray]:
    """Send requests on schedule until the file `until` ends; return when each was sent and which were answered."""
    run_id = os.urandom(8)
    sent: list[float] = []
    answered = bytearray()
    poll = select.poll()
    poll.register(probe, select.POLLIN)
    poll.register(until, select.POLLIN | select.POLLHUP)
    begin = time.monotonic()
    is_ended = False
    while not is_ended:
        due = begin + len(sent) * interval
        wait = due - time.monotonic()
        if wait <= 0:
            sent.append(time.monotonic())
            answered.append(0)
            _send(probe, _FORM.pack(run_id, len(sent) - 1))
            continue
        for descriptor, _ in poll.poll(wait * 1000):
            if descriptor == until:
                is_ended = True
            else:
                _take(probe, run_id, answered)
    poll.unregister(until)
    deadline = time.monotonic() + PATIENCE
    while 0 in answered and (left := deadline - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            _take(probe, run_id, answered)
    return sent, answered


def _send(probe: socket.socket, data: bytes) -> None:
    for _ in range(2):
        try:
            probe.send(data)
        except OSError:
            # An ICMP error about an earlier request is reported here, once; without a route this request is lost too.
            continue
        return


def _take(probe: socket.socket, run_id: bytes, answered: bytearray) -> None:
    with contextlib.suppress(OSError):
        data = probe.recv(64)
        if len(data) == _FORM.size and data[:8] == run_id:
            answered[_FORM.unpack(data)[1]] = 1


def judge(interval: float, sent: Sequence[float], answered: Sequence[int]) -> dict[str, float]:
    """Return the number of lost requests, and the longest time between two answered ones with a loss in between."""
    longest = 0.0
    last = None  # the last answered request before a run of losses
    lost_since = False
    for at, was_answered in zip(sent, answered, strict=True):
        if not was_answered:
            lost_since = True
            continue
        if lost_since:
            longest = max(longest, at - (sent[0] if last is None else last))
        last, lost_since = at, False
    if lost_since:
        longest = max(longest, sent[-1] - (sent[0] if last is None else last))
    lost = len(answered) - sum(answered)
    return {"interval": interval, "sent": len(sent), "lost": lost, "longest": longest}


if __name__ == "__main__":
    main()
