"""The twin that benchmarks change: the small city's, or the whole one's with BAUBAU_BENCH_CITY=city."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from baubau_ops.core import settings
from baubau_ops.core.plan import Status
from baubau_ops.flows import twin as flow
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link
from baubau_ops.inventory.environment import Environment
from baubau_ops.lab import console
from baubau_ops.lab import twin as lab
from baubau_ops.lab.environment import environment, layout_of
from baubau_ops.network.change.apply import Application
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.change.transaction import Limits

TWIN = os.environ.get("BAUBAU_BENCH_TWIN", "bench")
SMALL, WHOLE = "small", "city"
CITY = os.environ.get("BAUBAU_BENCH_CITY", SMALL)
FOLDERS = {SMALL: "examples/small", WHOLE: "inventory"}


@dataclass(frozen=True)
class City:
    inventory: Inventory

    @property
    def environment(self) -> Environment:
        return environment(TWIN)

    @property
    def routers(self) -> list[str]:
        return [node.name for node in self.inventory.topology.ours]

    def apply(self, limits: Limits | None = None) -> list[Status]:
        report = Application(self.inventory, self.environment, limits=limits).run(unasked)
        return [outcome.status for outcome in report.outcomes]

    def console(self, router: str, *argv: str, text: str = "") -> str:
        """Run a command on a router, past the network; return what it says."""
        command = console.command(TWIN, layout_of(TWIN), router, argv)
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout

    def way(self, router: str, target: IPv4Address) -> list[Link]:
        """The links on which packets leave one router of ours after the other, by their kernels' tables."""
        links: list[Link] = []
        while router in self.routers:
            (route,) = json.loads(self.console(router, "ip", "-j", "route", "get", str(target)))
            out = [
                link
                for link in self.inventory.topology.links_of(router)
                if link.end(router).name == route["dev"]
            ]
            if not out:
                break  # a LAN
            links += out
            router = out[0].far(router).node
        return links


def unasked(_made: NetworkPlan) -> None:
    """Nobody is asked."""


@contextmanager
def booted(folder: Path, city: str = SMALL) -> Iterator[City]:
    """Yield the twin of a copy of a city, with its state in `folder`: routers that run their day-0 texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAUBAU_STATE", str(folder / "state"))
        copy = folder / city
        shutil.copytree(settings.root() / FOLDERS[city], copy)
        lab.down(TWIN)  # what a run that was killed left
        try:
            yield City(flow.up(TWIN, copy))
        finally:
            lab.down(TWIN)


def with_mark(texts: Mapping[str, str], mark: str) -> dict[str, str]:
    """Each text with its first description changed: one line, and no session minds."""
    return {
        name: text.replace("\n description ", f"\n description {mark}", 1) for name, text in texts.items()
    }


def load_average() -> str:
    """Of the last minute: other work makes every figure worse."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
