from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.inventory.edit.site import (
    NewSite,
    add_site,
    lock_numbers,
    plan_addition,
    plan_removal,
    remove_site,
)
from baubau_ops.inventory.load import load

TODAY = date(2026, 11, 22)
NEW = NewSite(
    id="dinas-pariwisata",
    name="Dinas Pariwisata",
    kind="agency",
    pop="murhum",
    media="fibre",
    committed="50M",
    peak="100M",
    segments=("office", "cctv", "wifi"),
)
FILE = "sites/dinas-pariwisata.yml"


def files(city: Path) -> dict[str, str]:
    found = (path for path in city.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(city)): path.read_text() for path in found}


def test_a_site_is_added_as_a_person_would_write_it(city: Path) -> None:
    before = files(city)
    add_site(city, NEW)
    after = files(city)
    assert after.pop(FILE) == (
        "name: Dinas Pariwisata\n"
        "kind: agency\n"
        "kecamatan: murhum\n"
        "link: {pop: murhum, media: fibre, committed: 50M, peak: 100M, status: planned}\n"
        "segments: [office, cctv, wifi]\n"
    )
    new = [line for line in after["allocations.yml"].splitlines() if line not in before["allocations.yml"]]
    assert new == [
        "  dinas-pariwisata: {asn: 4200000007, loopback: 10.255.0.16, segments: {cctv: 10.80.1.0/27,"
        " office: 10.64.1.128/26, wifi: 10.96.1.128/26}, links: {murhum: {port: 3, prefix: 10.254.0.44/31}}}"
    ]
    assert after["allocations.yml"].replace(new[0] + "\n", "") == before["allocations.yml"]
    assert {**after, "allocations.yml": ""} == {**before, "allocations.yml": ""}
    assert load(city).proposed == frozenset()


def test_a_site_with_a_backup_link(city: Path) -> None:
    before = files(city)
    edit = add_site(city, replace(NEW, backup_pop="wolio"))
    rest = "media: fibre, committed: 50M, peak: 100M, status: planned}"
    assert (
        f"links:\n  - {{pop: murhum, role: primary, {rest}\n  - {{pop: wolio, role: backup, {rest}\n"
        in edit.text
    )
    assert edit.lock_lines == (1, 0)
    inventory = load(city)
    assert inventory.proposed == frozenset()
    assert [(link.pop, link.role) for link in inventory.sites[NEW.id].links] == [
        ("murhum", "primary"),
        ("wolio", "backup"),
    ]
    assert inventory.numbers.sites[NEW.id].links.keys() == {"murhum", "wolio"}
    remove_site(city, NEW.id, today=TODAY)
    after = files(city)
    assert {**after, "allocations.yml": ""} == {**before, "allocations.yml": ""}
    assert load(city, today=TODAY).numbers.quarantine[NEW.id].numbers == inventory.numbers.sites[NEW.id]


def test_planning_writes_nothing_and_tells_the_same(city: Path) -> None:
    before = files(city)
    edit = plan_addition(city, NEW)
    assert files(city) == before
    assert edit.lock_lines == (1, 0)
    add_site(city, NEW)
    assert files(city) == {**before, FILE: edit.text, "allocations.yml": edit.lock_text}
    assert load(city).topology == edit.after.topology


def test_only_the_routers_concerned_change(city: Path) -> None:
    edit = plan_addition(city, NEW)
    before, after = edit.before.topology, edit.after.topology
    assert set(after.nodes) - set(before.nodes) == {"ce-dinas-pariwisata"}
    for node in before.nodes:
        changed = before.links_of(node) != after.links_of(node) or before.lans_of(node) != after.lans_of(node)
        assert changed == (node == "pop-murhum")


@pytest.mark.parametrize(
    "name", ["Kantor: pusat", '"', "x # y", "- a", "null", "7", "Café {", "*a", "link: {pop: x}"]
)
def test_any_name_stays_a_name(city: Path, name: str) -> None:
    add_site(city, replace(NEW, name=name))
    assert load(city).sites[NEW.id].name == name


@pytest.mark.parametrize("name", ["X\nlink: {pop: x}", "X\x1b[2J", "X\ty"])
def test_a_name_is_one_line(city: Path, name: str) -> None:
    before = files(city)
    with pytest.raises(InvalidInventoryError, match="1 error") as caught:
        add_site(city, replace(NEW, name=name))
    assert "is not one line of text" in caught.value.problems[0].message
    assert caught.value.problems[0].message.isprintable()
    assert files(city) == before


def test_rates_for_each_direction(city: Path) -> None:
    add_site(city, replace(NEW, committed="50M/20M", peak="100M/40M"))
    link = load(city).sites[NEW.id].link
    assert link is not None
    assert (link.committed.down, link.committed.up, link.peak.up) == (50_000_000, 20_000_000, 40_000_000)


def test_numbers_proposed_for_others_stay_proposed(city: Path) -> None:
    (city / "sites/aa.yml").write_text((city / "sites/dinkes.yml").read_text())
    proposed = load(city).numbers.sites["aa"]
    add_site(city, NEW)
    inventory = load(city)
    assert inventory.proposed == {"sites/aa"}
    assert inventory.numbers.sites["aa"] == proposed


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (
            replace(NEW, id="rsud"),
            'There is a site "rsud" already: RSUD Kota Baubau at POP betoambari and wolio (city/sites/rsud.yml).',
        ),
        (replace(NEW, pop="murhun"), 'There is no POP "murhun". Did you mean "murhum"?'),
        (
            replace(NEW, id="Dinas"),
            '"Dinas" is not a name: small letters, digits and single hyphens, beginning with a letter.',
        ),
        (
            replace(NEW, id="../x"),
            '"../x" is not a name: small letters, digits and single hyphens, beginning with a letter.',
        ),
    ],
)
def test_what_cannot_be_added_is_refused(city: Path, new: NewSite, message: str) -> None:
    before = files(city)
    with pytest.raises(InputError) as caught:
        add_site(city, new)
    assert str(caught.value) == message
    assert files(city) == before


def test_a_new_site_is_checked_like_any_other(city: Path) -> None:
    before = files(city)
    with pytest.raises(InvalidInventoryError) as caught:
        add_site(city, replace(NEW, media="fiber", committed="100MB", segments=("ofice",)))
    assert [f"{each.place} {each.path}: {each.message}" for each in caught.value.problems] == [
        'city/sites/dinas-pariwisata.yml:4:46 link.committed: "100MB" is not a rate:'
        " write <number>{k,M,G} in bit/s, for example 100M."
    ]
    with pytest.raises(InvalidInventoryError) as caught:
        add_site(city, replace(NEW, media="fiber", peak="5M", segments=("ofice",)))
    assert [f"{each.path}: {each.message}" for each in caught.value.problems] == [
        'link.media: there is no medium "fiber". Did you mean "fibre"?',
        "link.peak: 5M is below the committed rate 50M. Raise the peak or lower the rate.",
        'segments.ofice: there is no zone "ofice". Did you mean "office"?',
    ]
    assert files(city) == before


def test_nothing_is_added_to_an_inventory_with_errors(city: Path) -> None:
    (city / "policy.yml").write_text("reach: 7\n")
    before = files(city)
    with pytest.raises(InvalidInventoryError):
        add_site(city, NEW)
    assert files(city) == before


def test_a_removed_site_leaves_its_numbers_in_quarantine_and_gets_them_back(city: Path) -> None:
    before = files(city)
    numbers = load(city).numbers.sites["bappeda"]
    remove_site(city, "bappeda", today=TODAY)
    inventory = load(city, today=TODAY)
    assert "bappeda" not in inventory.sites
    assert inventory.allocations.quarantine["bappeda"].numbers == numbers
    assert inventory.allocations.quarantine["bappeda"].until == date(2027, 2, 20)  # 90 days
    assert "bappeda" not in inventory.allocations.sites
    new = replace(NEW, id="bappeda", segments=("office", "wifi"))
    add_site(city, new, today=TODAY)
    assert files(city)["allocations.yml"] == before["allocations.yml"]


def test_planning_a_removal_writes_nothing(city: Path) -> None:
    before = files(city)
    edit = plan_removal(city, "bappeda", today=TODAY)
    assert files(city) == before
    assert edit.text == before["sites/bappeda.yml"]
    assert "ce-bappeda" not in edit.after.topology.nodes


def test_a_site_that_others_need_is_not_removed(city: Path) -> None:
    before = files(city)
    with pytest.raises(InvalidInventoryError) as caught:
        remove_site(city, "rsud")
    (problem,) = caught.value.problems
    assert f"{problem.place}  {problem.path}: {problem.message}" == (
        'city/services.yml:9:67  services.simkes.sites[1]: service simkes needs the site "rsud".'
        " Take it out there first."
    )
    assert files(city) == before


def test_removing_what_does_not_exist(city: Path) -> None:
    with pytest.raises(InputError) as caught:
        remove_site(city, "rsudd")
    assert str(caught.value) == 'There is no site "rsudd". Did you mean "rsud"?'


def test_locking_the_numbers_of_a_city_without_a_lock(city: Path) -> None:
    before = files(city)
    (city / "allocations.yml").unlink()
    lock_numbers(city)
    assert files(city) == before
    lock_numbers(city)
    assert files(city) == before


def steps_of(
    way: str, city: Path, *, stop: int = 0, number: signal.Signals = signal.SIGKILL
) -> tuple[int, int]:
    """Edit in a child that gets a signal before or after its `stop`-th step that writes.

    Returns its wait status and how many steps it took (0 when it was stopped).
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            steps = _Steps(stop, number)
            with steps:
                if way == "add":
                    add_site(city, NEW, today=TODAY)
                else:
                    remove_site(city, "bappeda", today=TODAY)
            os.write(writing, str(steps.taken).encode())
            status = 0
        except KeyboardInterrupt:
            status = 130
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, "rb") as told:
        taken = int(told.read() or b"0")
    return os.waitpid(child, 0)[1], taken


class _Steps:
    """Every call that changes the disk is two steps: before it and after it."""

    def __init__(self, stop: int, number: signal.Signals) -> None:
        self.taken = 0
        self._stop = stop
        self._number = number
        self._real = {name: getattr(os, name) for name in ("open", "fsync", "replace", "unlink")}

    def __enter__(self) -> _Steps:
        for name, function in self._real.items():
            setattr(os, name, self._watched(name, function))
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self._real.items():
            setattr(os, name, function)

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not arguments[1] & os.O_CREAT:
                return function(*arguments, **options)
            self._step()
            result = function(*arguments, **options)
            self._step()
            return result

        return call

    def _step(self) -> None:
        self.taken += 1
        if self.taken == self._stop:
            os.kill(os.getpid(), self._number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("way", ["add", "remove"])
def test_a_crash_at_any_moment_leaves_a_valid_inventory(way: str, number: signal.Signals, city: Path) -> None:
    before = files(city)
    status, steps = steps_of(way, city)
    assert os.waitstatus_to_exitcode(status) == 0
    assert steps >= 12
    after = files(city)
    seen = set()
    for stop in range(1, steps + 1):
        _restore(city, before)
        status, _ = steps_of(way, city, stop=stop, number=number)
        assert os.waitstatus_to_exitcode(status) in (-number, 130), stop
        load(city, today=TODAY)
        found = files(city)
        _is_between(found, before, after)
        seen.add((found["allocations.yml"] == before["allocations.yml"], len(found)))
        if way == "add" and FILE not in found:
            add_site(city, NEW, today=TODAY)  # simply again
            assert files(city) == after
            assert not list(city.rglob(".*.tmp"))
    assert len(seen) == 3  # nothing done, half done, all done


def _restore(city: Path, before: dict[str, str]) -> None:
    for path in city.rglob("*"):
        if path.is_file():
            path.unlink()
    for name, text in before.items():
        (city / name).write_text(text)


def _is_between(found: dict[str, str], before: dict[str, str], after: dict[str, str]) -> None:
    """Every file is whole: as it was, or as it was to be."""
    for name in {*found, *before, *after}:
        assert found.get(name) in (before.get(name), after.get(name)), name
