"""How long a site loses a service, by cause; beside the same city with the timers that FRR has by itself.

BAUBAU_BENCH_ROUNDS sets how often each cause is tried, BAUBAU_BENCH_CITY=city measures the whole city in place of the
small one. An echo counts when it went there and came back.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from bench_city import CITY, City, booted, load_average
from default_timers import LIMITS, use_default_timers

from baubau_ops.core.plan import Status
from baubau_ops.drills.outage import lost_while
from baubau_ops.inventory.city.topology import LinkKind, Role, site_device
from baubau_ops.inventory.environment import Injector
from baubau_ops.network.change.transaction import Limits
from baubau_ops.network.verify.network import verify_network

SITE = "rsud"
"""It has two links."""
ROUNDS = int(os.environ.get("BAUBAU_BENCH_ROUNDS", "10"))
DEFAULT_ROUNDS = 1
PATIENCE = 400.0
"""Seconds until all is as intended again: with default timers two turns of BGP's connect timer, and OSPF's."""
SILENT_GAIN = 10
"""How many times quicker than FRR by itself a loss must be mended that no port tells of."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Cause:
    name: str
    what: str
    """The link or machine that is lost."""
    do: Callable[[], None]
    undo: Callable[[], None]
    source: str
    target: IPv4Address
    silent: bool = False


def causes(city: City) -> list[Cause]:
    """What can be lost on the ways to the data center and to the internet, as they are now."""
    topology, injector = city.inventory.topology, city.environment.injector
    assert injector is not None
    service = city.inventory.numbers.services["dns"]
    way = city.way(site_device(SITE), service)
    span = next(link.id for link in way if link.kind is LinkKind.SPAN)
    nodes = [node for link in way for node in (link.b.node, link.a.node)]
    pop, core = (
        next(node for node in nodes if topology.nodes[node].role is role) for role in (Role.POP, Role.CORE)
    )
    office = f"{SITE}-office"
    return [
        Cause("silent span cut", span, *_cut(injector, span, silent=True), office, service, silent=True),
        Cause("span down", span, *_cut(injector, span, silent=False), office, service),
        Cause("POP power off", pop, *_power(injector, pop), office, service),
        Cause("core power off", core, *_power(injector, core), office, service),
        *_isps(city, injector),
    ]


def _isps(city: City, injector: Injector) -> Iterator[Cause]:
    """Each ISP silent behind a port that stays up, for an office whose way out it is.

    Asked is a host behind another ISP: its own the ISP would take with it.
    """
    assert city.environment.vantage is not None
    machines = city.environment.vantage.machines()
    hosts = {one.owner: one.address for one in machines if one.zone == "internet"}
    offices = {one.name: site_device(one.owner) for one in machines if one.zone == "office"}
    for isp in hosts:
        target = next(address for other, address in hosts.items() if other != isp)
        for office, router in offices.items():
            link = city.way(router, target)[-1]
            if link.b.node == isp:
                cut = _cut(injector, link.id, silent=True)
                yield Cause("ISP silent", isp, *cut, office, target, silent=True)
                break


def _cut(injector: Injector, link: str, *, silent: bool) -> tuple[Callable[[], None], Callable[[], None]]:
    return partial(injector.cut, link, silent=silent), partial(injector.mend, link)


def _power(injector: Injector, router: str) -> tuple[Callable[[], None], Callable[[], None]]:
    return partial(injector.power_off, router), partial(injector.power_on, router)


def wait_until_intended(city: City) -> None:
    verdict = verify_network(city.inventory, city.environment, patience=PATIENCE)
    assert verdict.findings == (), verdict.findings[:3]


def lost(folder: Path, rounds: int, limits: Limits | None = None) -> dict[Cause, list[float]]:
    """Boot the city, and lose one thing after the other, `rounds` times: seconds for each."""
    with booted(folder, CITY) as city:
        assert set(city.apply(limits)) == {Status.changed}
        wait_until_intended(city)
        assert city.environment.vantage is not None
        found: dict[Cause, list[float]] = {cause: [] for cause in causes(city)}
        for _ in range(rounds):
            for cause, seconds in found.items():
                time.sleep(random.uniform(0.0, 1.0))  # the phase of the timers
                outage = lost_while(
                    city.environment.vantage,
                    cause.do,
                    cause.undo,
                    cause.source,
                    cause.target,
                    patience=PATIENCE,
                )
                seconds.append(outage.longest)
                wait_until_intended(city)
        return found


def test_outage_by_cause(tmp_path: Path, report: Report) -> None:
    ours = lost(tmp_path / "ours", ROUNDS)
    load = load_average()
    with pytest.MonkeyPatch.context() as patch:
        use_default_timers(patch)
        default = lost(tmp_path / "default", DEFAULT_ROUNDS, LIMITS)
    report(f"seconds lost, of {ROUNDS} times each, {load}; FRR's default timers, {load_average()}")
    silent = {}
    for (cause, seconds), others in zip(ours.items(), default.values(), strict=True):
        middle, other = statistics.median(seconds), statistics.median(others)
        name = f"{cause.name} ({cause.what})"
        told = f"median {middle:.3f}, worst {max(seconds):.3f}; by default {other:.3f}"
        report(f"  {name:45} {told}: {other / middle:.3g} ×")
        if cause.silent:
            silent[name] = other / middle
    assert min(silent.values()) > SILENT_GAIN, silent
