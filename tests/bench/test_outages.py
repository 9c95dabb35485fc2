"""How long a site loses a service, by cause; beside the same city with the timers that FRR has by itself.

BAUBAU_BENCH_ROUNDS sets how often each cause is tried. An echo counts when it went there and came back.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from bench_city import City, booted, load_average
from default_timers import LIMITS, use_default_timers

from baubau_ops.core.plan import Status
from baubau_ops.flows.outage import lost_while
from baubau_ops.inventory.environment import Injector
from baubau_ops.inventory.topology import LinkKind, Role, site_device
from baubau_ops.network.transaction import Limits
from baubau_ops.network.verification import verify_network

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
    do: Callable[[], None]
    undo: Callable[[], None]
    source: str
    target: IPv4Address
    silent: bool = False


def causes(city: City) -> list[Cause]:
    """What can be lost on the ways from a site to the data center and to the internet, as they are now."""
    topology, vantage, injector = city.inventory.topology, city.environment.vantage, city.environment.injector
    assert vantage is not None
    assert injector is not None
    ce = site_device(SITE)
    service = city.inventory.numbers.services["dns"]
    hosts = {one.owner: one.address for one in vantage.machines() if one.zone == "internet"}
    inside = city.way(ce, service)
    span = next(link.id for link in inside if link.kind is LinkKind.SPAN)
    core = next(
        node
        for link in inside
        for node in (link.b.node, link.a.node)
        if topology.nodes[node].role is Role.CORE
    )
    out = city.way(ce, next(iter(hosts.values())))[-1]
    assert out.kind is LinkKind.ISP
    # A host behind another ISP: with its own, the preferred one would take the host with it.
    internet = next(address for isp, address in hosts.items() if isp != out.b.node)
    office, wifi = f"{SITE}-office", f"{SITE}-wifi"
    return [
        Cause("silent span cut", *_cut(injector, span, silent=True), office, service, silent=True),
        Cause("span down", *_cut(injector, span, silent=False), office, service),
        Cause("POP power off", *_power(injector, inside[0].a.node), office, service),
        Cause("core power off", *_power(injector, core), office, service),
        Cause("ISP silent", *_cut(injector, out.id, silent=True), wifi, internet, silent=True),
    ]


def _cut(injector: Injector, link: str, *, silent: bool) -> tuple[Callable[[], None], Callable[[], None]]:
    return partial(injector.cut, link, silent=silent), partial(injector.mend, link)


def _power(injector: Injector, router: str) -> tuple[Callable[[], None], Callable[[], None]]:
    return partial(injector.power_off, router), partial(injector.power_on, router)


def wait_until_intended(city: City) -> None:
    verdict = verify_network(city.inventory, city.environment, patience=PATIENCE)
    assert verdict.findings == (), verdict.findings[:3]


def lost(folder: Path, rounds: int, limits: Limits | None = None) -> dict[Cause, list[float]]:
    """Boot the small city, and lose one thing after the other, `rounds` times: seconds for each."""
    with booted(folder) as city:
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
    report(
        f"seconds that {SITE} loses, of {ROUNDS} times each, {load}; FRR's default timers, {load_average()}"
    )
    silent = {}
    for (cause, seconds), others in zip(ours.items(), default.values(), strict=True):
        middle, other = statistics.median(seconds), statistics.median(others)
        ratio = other / middle
        report(
            f"  {cause.name:15} median {middle:.3f}, worst {max(seconds):.3f}; by default {other:.3f}: {ratio:.0f} ×"
        )
        if cause.silent:
            silent[cause.name] = ratio
    assert min(silent.values()) > SILENT_GAIN, silent
