"""A site with two links: who knows its backup, and what it loses with its primary link or its primary POP."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

from twin_city import City

from baubau_ops.inventory.city.topology import LinkKind
from baubau_ops.inventory.environment import Injector, Vantage
from baubau_ops.network.verify.network import verify_network

SITE, PRIMARY, BACKUP = "rsud", "pop-betoambari", "pop-wolio"
ACCESS = f"{PRIMARY}--ce-{SITE}"
SPAN = f"core-2--{PRIMARY}"
ROUNDS = 3
LONGEST = 0.6
"""Seconds: BFD waits 90 ms; the rest is for a machine that is busy with other tests as well."""
SILENT = 3.0
"""How many cut spans a silent loss may cost: three BGP speakers one after the other (POP, core, the other POP) learn
of it, and each lets 50 ms pass before it chooses (FRR 8.4.4, bgpd/bgp_route.c: process_main_queue)."""


def vtysh(city: City, router: str, command: str) -> Any:
    argv = city.console(router, "vtysh", "-c", f"{command} json")
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout)


def is_usual(city: City) -> bool:
    """Whether the primary POP has all its neighbours, and the site's traffic again, in both directions."""
    links = city.inventory.topology.links_of(PRIMARY)
    spans = [link for link in links if link.kind is LinkKind.SPAN]
    try:
        neighbours = vtysh(city, PRIMARY, "show ip ospf neighbor")["neighbors"]
        full = [one for many in neighbours.values() for one in many if one["nbrState"].startswith("Full")]
        ways = [
            vtysh(city, f"ce-{SITE}", "show ip route 0.0.0.0/0")["0.0.0.0/0"],
            vtysh(city, "core-1", f"show ip route {office(city)}")[office(city)],
        ]
    except (subprocess.CalledProcessError, KeyError, ValueError):
        return False  # it boots, or has no such route yet
    used = {hop.get("ip") for way in ways for hop in way[0]["nexthops"]}
    link = city.inventory.topology.links[ACCESS]
    loopback = city.inventory.topology.nodes[PRIMARY].loopback
    return len(full) == len(spans) and {str(link.a.address.ip), str(loopback)} <= used


def office(city: City) -> str:
    return str(city.inventory.numbers.sites[SITE].segments["office"])


def watched(city: City, act: Callable[[], None]) -> tuple[float, float]:
    """The longest gap, in seconds, of flows to the data center and to the internet while something happens.

    An echo counts when it went there and came back: each covers both directions.
    """
    vantage: Vantage = city.environment.vantage
    outside = next(one.address for one in vantage.machines() if one.name == "inet-isp-2")
    watches = [
        vantage.watch(f"{SITE}-office", city.inventory.numbers.services["dns"]),
        vantage.watch(f"{SITE}-wifi", outside),
    ]
    time.sleep(0.3)  # both flows run
    act()
    time.sleep(2.0)  # whatever is lost for longer than the bound is seen
    inside, internet = (watch.stop().longest for watch in watches)
    return inside, internet


def test_every_router_holds_the_backup_before_it_is_needed(city: City) -> None:
    inside = [node for node in city.inventory.topology.ours if node.role in ("core", "pop", "firewall")]
    for router in [*(node.name for node in inside), f"ce-{SITE}"]:
        prefix = "0.0.0.0/0" if router == f"ce-{SITE}" else office(city)
        # A session that a busy machine lost is soon back.
        assert until(lambda router=router, prefix=prefix: _is_held(paths_of(city, router, prefix)), 30.0), (
            router
        )
        paths = paths_of(city, router, prefix)
        (best,) = (path for path in paths if path.get("bestpath", {}).get("overall"))
        assert _preference(best) == 100, router
        assert not any("largeCommunity" in path or "community" in path for path in paths), router


def paths_of(city: City, router: str, prefix: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vtysh(city, router, f"show bgp ipv4 unicast {prefix}")["paths"]
    return found


def _is_held(paths: list[dict[str, Any]]) -> bool:
    return {_preference(path) for path in paths} == {50, 100}


def _preference(path: dict[str, Any]) -> int:
    """FRR leaves it out where nobody set it."""
    return int(path.get("locPrf", 100))


def until(look: Callable[[], bool], seconds: float) -> bool:
    """Look until it is true or time has run out."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def test_a_pop_without_power_costs_no_more_than_a_cut_span(city: City, injector: Injector) -> None:
    """A silent cut of a span on the way is the measure, in the same run; tests/bench tries each ten times."""
    links = [link.id for link in city.inventory.topology.links_of(PRIMARY)]

    def silence() -> None:
        for link in links:
            injector.cut(link, silent=True)

    def mend() -> None:
        for link in links:
            injector.mend(link)

    causes: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "span cut": (lambda: injector.cut(SPAN, silent=True), lambda: injector.mend(SPAN)),
        "link cut": (lambda: injector.cut(ACCESS, silent=True), lambda: injector.mend(ACCESS)),
        "POP silent": (silence, mend),
        "POP off": (lambda: injector.power_off(PRIMARY), lambda: injector.power_on(PRIMARY)),
    }
    cut = causes.pop("span cut")
    measure = statistics.median(outage(city, "span cut", *cut) for _ in range(ROUNDS))
    assert 0 < measure < LONGEST
    for cause, (do, undo) in causes.items():
        bound = measure * (1.25 if cause == "POP off" else SILENT)
        tries: list[float] = []
        # A busy machine only ever adds to an outage.
        while not tries or (min(tries) >= bound and len(tries) < ROUNDS):
            tries.append(outage(city, cause, do, undo))
        assert 0 < min(tries) < min(bound, LONGEST), (cause, tries, measure)
    assert verify_network(city.inventory, city.environment, patience=90.0).findings == ()


def outage(city: City, cause: str, do: Callable[[], None], undo: Callable[[], None]) -> float:
    """The longer gap of both flows, in seconds; all is as usual again afterwards."""
    try:
        return max(watched(city, do))
    finally:
        undo()
        assert until(lambda: is_usual(city), 90.0), cause
