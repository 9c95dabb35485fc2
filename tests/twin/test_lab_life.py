"""Up and down, again, killed at any moment, two at a time: nothing is lost and nothing is left."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from tiny import INVENTORY, OFFICE, SEAT, Tiny, kill_after, taken_down, tiny, wait_until, with_branch

from baubau_ops.core.errors import FailedError, InputError, UnreachableError
from baubau_ops.inventory.environment import Probe
from baubau_ops.lab import twin
from baubau_ops.lab.environment import environment
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.nodes import booted
from baubau_ops.lab.record import Record

MOMENTS = pytest.mark.parametrize("moments", [4, pytest.param(24, marks=pytest.mark.long)])
"""How many moments of an `up` or `down`, evenly spread, are tried as its last."""


@pytest.fixture
def free() -> Iterator[Tiny]:
    with taken_down("life") as made:
        yield made


def works(made: Tiny, layout: Layout) -> None:
    """Every router has booted and the office reaches the host's service."""
    assert set(made.inits()) == set(layout.booted)
    vantage = environment(made.name).vantage
    assert vantage is not None
    target = layout.services[0].address
    (answer,) = vantage.exchange([Probe(OFFICE, target, "udp", 53, count=20)], timeout=3.0)
    assert answer.answered


def host_ports() -> str:
    return subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout


def test_up_twice_does_nothing_and_down_leaves_nothing(free: Tiny) -> None:
    ports = host_ports()
    began = time.monotonic()
    free.up(tiny())
    first = time.monotonic() - began
    assert host_ports() == ports
    works(free, tiny())
    before = free.inits()
    began = time.monotonic()
    free.up(tiny())
    assert time.monotonic() - began < first / 3
    assert free.inits() == before
    assert twin.down(free.name)
    assert free.left_overs() == []
    assert not twin.down(free.name)


@MOMENTS
def test_up_killed_at_any_moment_goes_on(free: Tiny, tmp_path: Path, moments: int) -> None:
    began = time.monotonic()
    assert free.start_up(tiny(), tmp_path).wait() == 0
    whole = time.monotonic() - began
    twin.down(free.name)
    killed = 0
    for moment in range(moments):
        killed += kill_after(free.start_up(tiny(), tmp_path), whole * (moment + 0.5) / moments)
        free.up(tiny())
        works(free, tiny())
        twin.down(free.name)
        assert free.left_overs() == []
    assert killed >= moments // 2


@MOMENTS
def test_up_killed_again_and_again_gets_there(free: Tiny, tmp_path: Path, moments: int) -> None:
    for _ in range(moments):
        kill_after(free.start_up(tiny(), tmp_path), 0.6)
    free.up(tiny())
    works(free, tiny())


@MOMENTS
def test_down_clears_what_a_killed_up_left(free: Tiny, tmp_path: Path, moments: int) -> None:
    for moment in range(moments):
        kill_after(free.start_up(tiny(), tmp_path), 0.3 + 2.0 * moment / moments)
        twin.down(free.name)
        assert free.left_overs() == []


@MOMENTS
def test_down_killed_at_any_moment_is_finished_by_another(free: Tiny, moments: int) -> None:
    free.up(tiny())
    for moment in range(moments):
        kill_after(free.start("twin.down(name)"), 0.3 + 0.3 * moment / moments)
    twin.down(free.name)
    assert free.left_overs() == []


def test_a_killed_up_says_so_until_it_is_finished(changing: Tiny, tmp_path: Path) -> None:
    process = changing.start_up(with_branch(tiny()), tmp_path)
    wait_until(lambda: not Record(changing.name).is_complete, 20, "the second up has begun")
    process.kill()
    assert process.wait() == -signal.SIGKILL
    with pytest.raises(UnreachableError, match="not up completely"):
        environment(changing.name)
    changing.up(with_branch(tiny()))
    works(changing, with_branch(tiny()))


def test_two_ups_at_once_end_in_one_twin(free: Tiny, tmp_path: Path) -> None:
    pair = [free.start_up(tiny(), tmp_path), free.start_up(tiny(), tmp_path)]
    assert [process.wait() for process in pair] == [0, 0]
    works(free, tiny())


def test_the_twin_follows_its_city_and_leaves_the_rest_alone(changing: Tiny) -> None:
    before = changing.inits()
    grown = with_branch(tiny())
    changing.up(grown)
    works(changing, grown)
    assert {name: pid for name, pid in changing.inits().items() if name in before} == before
    assert changing.carrier("pop-wolio", "ce2")
    assert "10.64.1.1" in changing.console("branch-office", "ip route", grown)
    changing.up(tiny())
    works(changing, tiny())
    assert changing.inits() == before
    assert "ce2" not in changing.console("pop-wolio", "ip -br link")
    assert "ce-branch" not in changing.ssh_config.read_text()


def test_a_machine_whose_addresses_change_is_made_anew(changing: Tiny) -> None:
    before = changing.inits()
    office = tiny().bare[OFFICE]
    address = IPv4Interface("10.64.0.77/24")
    moved = replace(office, machine=replace(office.machine, address=address.ip), ports={"eth0": address})
    changed = replace(tiny(), bare={**tiny().bare, OFFICE: moved})
    changing.up(changed)
    assert "10.64.0.77/24" in changing.console(OFFICE, "ip -br addr")
    works(changing, changed)
    assert changing.inits() == before


def test_another_city_is_refused(tiny_twin: Tiny) -> None:
    with pytest.raises(InputError, match=rf"^The twin tiny runs {INVENTORY}, not /elsewhere\.$"):
        twin.up(tiny_twin.name, tiny(), inventory=Path("/elsewhere"), state=tiny_twin.state)
    works(tiny_twin, tiny())


def test_two_twins_stand_side_by_side(free: Tiny, tiny_twin: Tiny) -> None:
    free.up(tiny())
    injector = environment(free.name).injector
    assert injector is not None
    injector.cut("wolio--ce-hall", silent=False)
    assert not free.carrier("pop-wolio", "ce1")
    assert tiny_twin.carrier("pop-wolio", "ce1")
    works(tiny_twin, tiny())
    twin.down(free.name)
    assert free.left_overs() == []
    works(tiny_twin, tiny())


def test_a_twin_whose_name_would_mix_is_refused_while_the_other_is_up(tiny_twin: Tiny) -> None:
    for act in (lambda: twin.down("tiny-x"), lambda: Tiny("tiny-x").up(tiny())):
        with pytest.raises(InputError, match="their names would mix"):
            act()
    works(tiny_twin, tiny())


def test_down_ends_whoever_still_works_inside(free: Tiny) -> None:
    free.up(tiny())
    visitors = [
        subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        for argv in (
            ["ip", "netns", "exec", name_of(free.name, SEAT), "sleep", "600"],
            [*booted.enter(free.inits()["pop-wolio"]), "sleep", "600"],
        )
    ]
    assert all(visitor.poll() is None for visitor in visitors)
    twin.down(free.name)
    assert free.left_overs() == []
    assert all(visitor.wait(timeout=5) != 0 for visitor in visitors)


def test_a_namespace_that_lives_is_not_booted_into(tiny_twin: Tiny) -> None:
    with pytest.raises(FailedError, match=r"^ce-hall cannot boot: its namespace still has processes"):
        booted.boot(tiny_twin.name, tiny().booted["ce-hall"], {})
    works(tiny_twin, tiny())


def test_no_place_has_a_way_to_the_host(tiny_twin: Tiny) -> None:
    for place in (*tiny().booted, *tiny().bare):
        ports = tiny_twin.console(place, "ip -br link").split()
        assert not set(ports) & {"eth1", "host0", "docker0"}
        assert "127.0.0.1" not in tiny_twin.console(place, "ip route show table main")
