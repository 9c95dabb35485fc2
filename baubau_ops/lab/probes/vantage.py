"""Sends probes from places on the twin, through its responder."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address

from pydantic import TypeAdapter

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.environment import Answer, Machine, Outage, Probe
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.clients import PROBE_PORT
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.probes import watcher
from baubau_ops.lab.probes.responding import ask

MARGIN = 30.0
"""Seconds after a probe's own timeout until the responder counts as dead."""

_PROBES = TypeAdapter(list[Probe])
_ANSWERS = TypeAdapter(list[Answer])


class LabVantage:
    """The vantage of a running twin (see `inventory.environment.Vantage`)."""

    def __init__(self, twin: str, layout: Layout) -> None:
        self.twin = twin
        self.layout = layout

    def machines(self) -> Sequence[Machine]:
        """All end systems of the twin, sorted by name."""
        return [bare.machine for _, bare in sorted(self.layout.bare.items())]

    def exchange(self, probes: Sequence[Probe], *, timeout: float = 1.0) -> Sequence[Answer]:
        """Send all probes at once; return answers in the same order. `timeout` is in seconds, for each attempt."""
        if not probes:
            return []
        request = {
            "do": "exchange",
            "probes": _PROBES.dump_python(list(probes), mode="json"),
            "timeout": timeout,
        }
        patience = timeout + max(probe.count for probe in probes) + MARGIN
        return _ANSWERS.validate_python(ask(self.twin, request, timeout=patience))

    def throughput(self, source: str, target: str, *, seconds: float = 3.0) -> int:
        """The rate of one bulk TCP transfer between two machines, in bit/s of payload at the receiver.

        The first quarter of the time is not counted. Raises FailedError when no connection can be opened.
        """
        request = {"do": "throughput", "source": source, "target": target, "seconds": seconds}
        return int(ask(self.twin, request, timeout=seconds + MARGIN))

    def watch(self, source: str, target: IPv4Address, *, interval: float = 0.005) -> LabWatch:
        """Send a UDP echo request every `interval` seconds until stopped.

        It goes to the port of a UDP service at that address if there is one, otherwise to the probe port.
        """
        if source not in self.layout.bare:
            raise InputError(f'The twin has no machine "{source}".{did_you_mean(source, self.layout.bare)}')
        ports = (
            each.port for each in self.layout.services if (each.address, each.protocol) == (target, "udp")
        )
        return LabWatch(name_of(self.twin, source), target, next(ports, PROBE_PORT), interval)


class LabWatch:
    """A running open-loop prober: a separate process, which ends with this one."""

    def __init__(self, netns: str, target: IPv4Address, port: int, interval: float) -> None:
        argv = [sys.executable, watcher.__file__, str(NETNS / netns), str(target), str(port), str(interval)]
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._read()  # the prober has started

    def stop(self) -> Outage:
        """Stop the prober, wait for the last answers, and return the outage."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdin = None  # communicate would flush it
        found = json.loads(self._read())
        self._process.wait(timeout=watcher.PATIENCE + 5)
        return Outage(**found)

    def _read(self) -> str:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            words = self._process.stderr.read().strip().splitlines()
            self._process.wait()
            raise FailedError(f"The prober failed: {words[-1] if words else 'it said nothing.'}")
        return line
