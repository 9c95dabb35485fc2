from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from pathlib import Path

import bad_input
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baubau_ops.core.errors import InvalidInventoryError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.allocations import Allocations, Quarantined
from baubau_ops.inventory.load import load
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.allocate import complete

TODAY = date(2026, 11, 22)


def prefixes(numbers: Allocations) -> list[IPv4Network]:
    """Every address and prefix that is given away."""
    found = [IPv4Network(address) for address in (*numbers.loopbacks.values(), *numbers.services.values())]
    found += numbers.links.values()
    found += [lan for lans in numbers.lans.values() for lan in lans.values()]
    for site in numbers.sites.values():
        found += [IPv4Network(site.loopback), *site.segments.values()]
        found += [access.prefix for access in site.links.values()]
    return found


def is_disjoint(numbers: Allocations) -> bool:
    given_away = sorted(prefixes(numbers))
    return not any(first.overlaps(second) for first, second in pairwise(given_away))


def test_the_lock_of_the_small_city_is_complete(city: Path) -> None:
    inventory = load(city)
    assert inventory.proposed == frozenset()
    assert inventory.numbers == inventory.allocations
    assert is_disjoint(inventory.numbers)


def test_without_a_lock_everything_is_proposed_as_the_lock_has_it(city: Path) -> None:
    locked = load(city)
    (city / "allocations.yml").unlink()
    free = load(city)
    assert free.numbers == locked.numbers
    assert len(free.proposed) == len(
        [line for line in lockfile.write(free.numbers).splitlines() if line[0] == " "]
    )
    assert not (city / "allocations.yml").exists()


def test_segments_can_double_where_they_stand(city: Path) -> None:
    (city / "allocations.yml").unlink()
    segments = [prefix for site in load(city).numbers.sites.values() for prefix in site.segments.values()]
    for prefix in segments:
        wide = prefix.supernet()
        assert wide.network_address == prefix.network_address
        assert not any(other.overlaps(wide) for other in segments if other != prefix)


def test_a_segment_grows_in_place_and_moves_nobody(city: Path) -> None:
    before = load(city).numbers
    bad_input.edit("sites/bappeda.yml", ("[office, wifi]", "{office: {size: 25}, wifi: {}}"))(city)
    inventory = load(city)
    assert inventory.numbers.sites["bappeda"].segments["office"] == IPv4Network("10.64.0.0/25")
    assert inventory.proposed == {"sites/bappeda"}
    rest = dict(inventory.numbers.sites)
    rest["bappeda"] = before.sites["bappeda"]
    assert inventory.numbers.with_entries("sites", rest) == before


def test_a_segment_grown_before_leaves_no_room_given_twice(city: Path) -> None:
    bad_input.edit("sites/bappeda.yml", ("[office, wifi]", "{office: {size: 25}, wifi: {}}"))(city)
    text = (city / "sites/bappeda.yml").read_text()
    (city / "sites/aa.yml").write_text(text.replace("{size: 25}", "{}"))
    assert is_disjoint(load(city).numbers)


def test_a_pin_wins_over_the_lock(city: Path) -> None:
    bad_input.edit(
        bad_input.DINKES,
        ("kind:", "asn: 4200000099\nloopback: 10.255.1.1\nkind:"),
        ("built}", "built, port: 7}"),
    )(city)
    inventory = load(city)
    numbers = inventory.numbers.sites["dinkes"]
    assert (numbers.asn, numbers.loopback) == (4200000099, IPv4Address("10.255.1.1"))
    assert numbers.links["wolio"].port == 7
    assert numbers.segments == inventory.allocations.sites["dinkes"].segments
    assert inventory.proposed == {"sites/dinkes"}


def test_a_pin_of_another_site_is_not_given_away(city: Path) -> None:
    (city / "allocations.yml").unlink()
    bad_input.edit("sites/smpn-14.yml", ("kind:", "asn: 4200000001\nloopback: 10.255.0.10\nkind:"))(city)
    sites = load(city).numbers.sites
    assert sites["bappeda"].asn == 4200000002
    assert sites["bappeda"].loopback == IPv4Address("10.255.0.11")


def test_a_number_that_no_file_uses_is_a_reservation(city: Path) -> None:
    inventory = load(city)
    (city / "sites/bappeda.yml").unlink()
    after = load(city)
    assert after.proposed == frozenset()
    assert after.numbers.sites["bappeda"] == inventory.numbers.sites["bappeda"]
    assert "ce-bappeda" not in after.topology.nodes


def new_site_takes_the_first(inventory: Inventory, locked: Allocations, today: date) -> int:
    """The AS number a further office is given."""
    sites = {**inventory.sites, "zz": inventory.sites["dinkes"]}
    files = replace(inventory, sites=sites)
    return complete(files, locked, today).numbers.sites["zz"].asn


def test_quarantine_is_kept_and_then_reused(city: Path) -> None:
    inventory = load(city)
    numbers = inventory.numbers.sites["bappeda"]
    sites = {name: each for name, each in inventory.numbers.sites.items() if name != "bappeda"}
    locked = replace(
        inventory.numbers.with_entries("sites", sites),
        quarantine={"bappeda": Quarantined(numbers, TODAY + timedelta(days=1))},
    )
    rest = {name: site for name, site in inventory.sites.items() if name != "bappeda"}
    without = replace(inventory, sites=rest)
    assert new_site_takes_the_first(without, locked, TODAY) == 4200000007
    assert new_site_takes_the_first(without, locked, TODAY + timedelta(days=1)) == numbers.asn
    back = complete(inventory, locked, TODAY)
    assert back.numbers.sites["bappeda"] == numbers
    assert back.numbers.quarantine == {}
    assert back.proposed == {"sites/bappeda"}


def test_an_exhausted_pool_tells_what_is_in_quarantine(city: Path) -> None:
    bad_input.edit("city.yml", ("mgmt: {pool: 10.112.0.0/16}", "mgmt: {pool: 10.112.0.0/25}"))(city)
    text = (city / "allocations.yml").read_text()
    line = next(line for line in text.splitlines() if line.startswith("  rsud"))
    away = line.replace("rsud: {asn", "old: {until: 2099-01-01, asn")
    text = text.replace(line + "\n", "").replace("quarantine: {}", f"quarantine:\n{away}")
    (city / "allocations.yml").write_text(text)
    bad_input.edit(
        "city.yml",
        (
            "voice: 26, mgmt: 27",
            "voice: 26, mgmt: 26",
        ),
    )(city)
    with pytest.raises(InvalidInventoryError) as caught:
        load(city, today=TODAY)
    assert [problem.message for problem in caught.value.problems] == [
        "the pool of zone mgmt is exhausted: 10.112.0.0/25 has 128 addresses. 64 of them are in quarantine."
        " No /25 is left for rsud. Enlarge the pool."
    ]


@given(st.permutations(["bappeda", "dinkes", "lapangan-merdeka", "puskesmas-wajo", "rsud", "smpn-14"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_adding_sites_one_by_one_never_renumbers(small: Inventory, order: list[str]) -> None:
    locked = Allocations()
    for count in range(len(order) + 1):
        sites = {name: small.sites[name] for name in sorted(order[:count])}
        done = complete(replace(small, sites=sites), locked, TODAY)
        assert not done.findings
        assert is_disjoint(done.numbers)
        for name, numbers in locked.sites.items():
            assert done.numbers.sites[name] == numbers
        assert {item for item in done.proposed if item.startswith("sites/")} == {
            f"sites/{name}" for name in order[count - 1 : count]
        }
        locked = done.numbers


def test_proposed_devices_are_those_whose_text_changes(city: Path) -> None:
    text = (city / bad_input.DINKES).read_text()
    (city / "sites/zz.yml").write_text(text)
    assert load(city).proposed_devices == {"ce-zz", "pop-wolio"}
