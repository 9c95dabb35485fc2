"""`net apply` against what else one would use, with one line changed on every router.

BAUBAU_BENCH_CITY=city measures the whole city in place of the small one.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from bench_city import CITY, SMALL, TWIN, City, booted, load_average, with_mark
from measured import Cost, measured
from peers import allow_sudo, ansible, floor, netmiko, ours, prepare

from baubau_ops.core import settings
from baubau_ops.network.change.apply import make_plan
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import lost_sessions
from baubau_ops.network.render import configurations
from baubau_ops.network.verify.network import verify_network

ROUNDS = 3 if CITY == SMALL else 1
COMMAND = [sys.executable, "-P", "-m", "baubau_ops", "net", "apply", "--yes", "--env", f"lab:{TWIN}"]
PATIENCE = 90.0
"""Seconds until all routers that have just been installed take transit."""

Report = Callable[[str], None]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with booted(tmp_path_factory.mktemp("bench"), CITY) as made:
        yield made


def shown(city: City, costs: list[Cost]) -> str:
    middle = sorted(costs, key=lambda cost: cost.seconds)[len(costs) // 2]
    return (
        f"{middle.seconds:.1f} s, {middle.seconds / len(city.routers):.2f} s per router,"
        f" {middle.processor:.1f} s of the client's processors, {middle.memory:.0f} MiB"
    )


def seconds(costs: list[Cost]) -> float:
    return statistics.median(cost.seconds for cost in costs)


def require_running(texts: Mapping[str, str], city: City) -> None:
    """All routers run exactly these texts; peers do not save them for the next start, as we do."""
    with Fleet.of(city.inventory.topology, city.environment) as fleet:
        made = make_plan(city.inventory, texts, fleet, city.environment)
    assert not made.failed
    lines = [line for change in made.changes for line in change.diff.splitlines()]
    sections = {line for line in lines if line.startswith("#@ section ")}
    assert sections <= {"#@ section frr (start-up only)"}, lines[:10]


def test_apply_from_day_0_and_with_nothing_to_change(city: City, report: Report) -> None:
    first = measured(COMMAND, cwd=settings.root())
    assert verify_network(city.inventory, city.environment, patience=PATIENCE).findings == ()
    require_running(configurations.render(city.inventory), city)
    again = [measured(COMMAND, cwd=settings.root()) for _ in range(ROUNDS)]
    report(f"net apply to {len(city.routers)} routers, {load_average()}")
    report(f"  from day-0 texts: {shown(city, [first])}")
    report(f"  nothing to change: {shown(city, again)} (wanted: 0.2 s per router)")


def test_one_line_on_every_router_against_peers(city: City, report: Report, tmp_path: Path) -> None:
    plain = configurations.render(city.inventory)
    allow_sudo(city)
    for folder in ("/tmp/ansible", "/tmp/netmiko"):
        prepare(city, folder)
    reload: list[float] = []
    costs: dict[str, list[Cost]] = {"ours": [], "Ansible": [], "Nornir and Netmiko": []}
    lost = 0
    with Fleet.of(city.inventory.topology, city.environment) as fleet:
        for number in range(ROUNDS):
            ways: dict[str, Callable[[str], Cost]] = {
                "ours": ours,
                "Ansible": lambda mark: ansible(with_mark(plain, mark), city, tmp_path / mark.strip()),
                "Nornir and Netmiko": lambda mark: netmiko(
                    with_mark(plain, mark), city, tmp_path / mark.strip()
                ),
            }
            reload.append(floor(with_mark(plain, f"floor-{number} "), city))
            for name, way in ways.items():
                mark = f"{name.split()[0]}-{number} "
                before = lost_sessions(fleet, city.routers)
                costs[name].append(way(mark))
                lost += lost_sessions(fleet, city.routers) - before if name == "ours" else 0
                require_running(with_mark(plain, mark), city)
    least = statistics.median(reload)
    report(f"one line on each of {len(plain)} routers, {load_average()}")
    report(f"  frr-reload two at a time: {least:.1f} s, {least / len(plain):.2f} s per router")
    for name, found in costs.items():
        report(f"  {name}: {shown(city, found)}: {seconds(found) / least:.2f} × frr-reload")
    report(f"  BGP and BFD sessions lost by ours: {lost}")
    assert lost == 0
    assert seconds(costs["ours"]) < seconds(costs["Ansible"])
