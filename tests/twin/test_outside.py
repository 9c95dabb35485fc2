"""What stands between the city and the outside: ISPs that are dead beyond their router, who was who, and firewalls
that outlive each other."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from twin_city import City

from baubau_ops.inventory.environment import Probe
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.translations import Query, search
from baubau_ops.network.verify.network import verify_network

INTERNET = IPv4Address("203.0.113.18")
"""The host behind isp-2."""
TALK = """
import socket, sys, time
connection = socket.create_connection((sys.argv[1], 443), timeout=20)
longest, until = 0.0, time.monotonic() + float(sys.argv[2])
print("open", flush=True)
while (began := time.monotonic()) < until:
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    longest = max(longest, time.monotonic() - began)
    time.sleep(0.02)
print(longest, flush=True)
"""


def eventually(look: Callable[[], bool], seconds: float, what: str) -> float:
    """Look until it is true; how long that took."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > seconds:
            pytest.fail(f"{what}: not within {seconds} s")
        time.sleep(0.2)
    return time.monotonic() - began


@pytest.fixture
def faults(city: City) -> Iterator[Any]:
    """Faults that are mended afterwards, and waited for."""
    yield city.environment.injector
    city.environment.injector.mend_all()
    assert verify_network(city.inventory, city.environment, patience=60.0).findings == ()


def said(city: City, place: str, *argv: str) -> str:
    return subprocess.run(city.console(place, *argv), check=True, capture_output=True, text=True).stdout


def default_of(city: City, router: str) -> str:
    """The loopback of the router that brought in the default which this one uses."""
    shown = json.loads(said(city, router, "vtysh", "-c", "show bgp ipv4 unicast 0.0.0.0/0 json"))
    (best,) = (path for path in shown["paths"] if path.get("bestpath", {}).get("overall"))
    return str(best["nexthops"][0]["ip"])


def announced_to(city: City, isp: str, prefix: IPv4Network, core: str) -> bool:
    """Whether an ISP has a prefix from the city's core itself."""
    link = next(link for link in city.inventory.topology.links_of(isp) if link.a.node == core)
    shown = json.loads(said(city, isp, "vtysh", "-c", f"show bgp ipv4 unicast {prefix} json"))
    return any(
        str(link.a.address.ip) in {hop["ip"] for hop in path["nexthops"]} for path in shown.get("paths", [])
    )


def reaches_internet(city: City) -> bool:
    (answer,) = city.environment.vantage.exchange([Probe("bappeda-office", INTERNET, "udp", 53)], timeout=0.5)
    return bool(answer.answered)


def test_what_an_isp_asks_to_be_done_with_its_default_is_not_done(city: City) -> None:
    """The twin's ISPs say no-export: believed, no site would hear of their defaults."""
    for core in ("core-1", "core-2"):
        shown = json.loads(said(city, core, "vtysh", "-c", "show bgp ipv4 unicast 0.0.0.0/0 json"))
        assert len(shown["paths"]) >= 3
        assert not any("community" in path for path in shown["paths"])


def test_an_isp_that_is_dead_beyond_its_router_is_left_and_taken_again(city: City, faults: Any) -> None:
    peer = city.inventory.backbone.isps["isp-1"].peer
    core2 = str(city.inventory.topology.nodes["core-2"].loopback)
    assert default_of(city, "core-1") == str(peer)
    faults.cut("isp-1--isp-2", silent=True)
    faults.cut("isp-1:lan-hosts", silent=True)
    eventually(lambda: default_of(city, "core-1") == core2, 20, "core-1 uses the other core's ISP")
    eventually(lambda: reaches_internet(city), 20, "an office reaches the internet by the other ISP")
    assert json.loads(said(city, "core-1", "cat", "/run/baubau-isp-track.json")) == {"isp-1": False}
    faults.mend("isp-1--isp-2")
    faults.mend("isp-1:lan-hosts")
    eventually(lambda: default_of(city, "core-1") == str(peer), 40, "core-1 uses its own ISP again")


def test_the_last_way_out_is_never_given_up(city: City, faults: Any) -> None:
    peers = {core: city.inventory.backbone.isps[isp].peer for core, isp in _uplinks(city)}
    faults.cut("isp-1:lan-hosts", silent=True)
    faults.cut("isp-2:lan-hosts", silent=True)
    # All targets are silent: the first ISP is given up, the second stays, as nothing else is left.
    eventually(lambda: default_of(city, "core-1") != str(peers["core-1"]), 20, "the first ISP is left")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        assert default_of(city, "core-2") == str(peers["core-2"])


def _uplinks(city: City) -> Iterator[tuple[str, str]]:
    for isp, data in city.inventory.backbone.isps.items():
        yield data.core, isp


def test_a_core_that_is_cut_off_announces_nothing(city: City, faults: Any) -> None:
    public, nat = city.inventory.city.public, city.inventory.backbone.cores["core-1"].nat
    assert announced_to(city, "isp-1", public, "core-1")
    for link in city.inventory.topology.links_of("core-1"):
        if link.kind in ("span", "datacenter"):
            faults.cut(link.id, silent=True)
    eventually(
        lambda: (
            not (announced_to(city, "isp-1", public, "core-1") or announced_to(city, "isp-1", nat, "core-1"))
        ),
        30,
        "the ISP hears nothing of the city from the lone core",
    )
    assert announced_to(city, "isp-2", public, "core-2")


def test_a_translation_is_found_by_site_and_by_public_port(city: City) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    assert reaches_internet(city)
    with Fleet.of(city.inventory.topology, city.environment) as fleet:
        until = datetime.now(UTC) + timedelta(seconds=5)
        query = Query(since=began, until=until, site="bappeda")
        found = [one for one in search(city.inventory, fleet, query) if one.remote == INTERNET]
        assert found
        one = found[-1]  # others may last from before
        office = city.inventory.numbers.sites["bappeda"].segments["office"]
        assert one.inside in office
        assert one.site == "bappeda"
        assert one.public in city.inventory.backbone.cores[one.core].nat
        assert one.began is not None
        assert one.began >= began
        by_port = Query(since=began, until=until, public=one.public, port=one.public_port)
        assert one in search(city.inventory, fleet, by_port)
        others = search(city.inventory, fleet, Query(since=began, until=until, site="dinkes"))
        assert {other.site for other in others} <= {"dinkes"}


def test_a_session_outlives_its_firewall(city: City) -> None:
    service = city.inventory.numbers.services["satu-data"]
    injector = city.environment.injector
    argv = city.console("bappeda-office", "python3", "-c", TALK, str(service), "12")
    client = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert client.stdout is not None
    assert client.stdout.readline() == "open\n"
    flow = "dport=443"

    def synced() -> bool:
        return flow in said(city, "dc-2", "conntrack", "-L", "-p", "tcp")

    try:
        eventually(synced, 5, "dc-2 knows of the connection")
        injector.power_off("dc-1")
        out, errors = client.communicate(timeout=60)
        assert client.returncode == 0, errors
        # TCP sends again after 0.2 s, 0.4 s, …: some such steps after the way is back.
        assert float(out) < 5.0
    finally:
        client.kill()
        injector.power_on("dc-1")
    assert verify_network(city.inventory, city.environment, patience=90.0).findings == ()
