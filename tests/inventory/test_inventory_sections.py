"""A section that is added to the table, and to nothing else, is known to all that works with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import bad_input
import pytest

from baubau_ops.core.errors import InvalidInventoryError
from baubau_ops.inventory.city.inventory import Files, Inventory
from baubau_ops.inventory.edit.resolve import resolve
from baubau_ops.inventory.edit.site import lock_numbers
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.load import load, read_folder
from baubau_ops.inventory.numbers import lockfile, quarantine, sections
from baubau_ops.inventory.numbers.allocate import complete
from baubau_ops.inventory.numbers.forms import Integer
from baubau_ops.inventory.numbers.kinds import Kind, Need, Section
from baubau_ops.inventory.numbers.pool import NumberPool
from baubau_ops.network.blame.edits import Changes, Item, items

TODAY = date(2026, 11, 22)


def needs(files: Files) -> Iterator[Need]:
    for service in sorted(files.services):
        yield Need((service, ""))


VMS = Section(
    "vms",
    Kind(
        value=Integer(999_999_999),
        label="VM {number}",
        pool=lambda _files, _name: NumberPool(101, 106, "no VM id is left.", path=("vms",)),
        needs=needs,
    ),
    owners=lambda files: files.services,
    file="services.yml",
    devices=lambda _files, _owners: (),
    is_applied=lambda _files, owner, applied: applied(owner),
)
"""A VM id for every service."""


@pytest.fixture(autouse=True)
def with_vms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SECTIONS", (*sections.SECTIONS, VMS))


@pytest.fixture
def locked(city: Path) -> Path:
    """The small city with its VM ids locked."""
    lock_numbers(city)
    return city


def without(inventory: Inventory, service: str) -> Files:
    names = ("city", "backbone", "datacenter", "policy", "sites")
    services = {name: each for name, each in inventory.services.items() if name != service}
    return Files(**{name: getattr(inventory, name) for name in names}, services=services)


def test_it_is_allocated_and_proposed(city: Path) -> None:
    inventory = load(city)
    assert inventory.numbers.entries("vms") == {
        "command-center": 101,
        "dns": 102,
        "satu-data": 103,
        "simkes": 104,
        "telephony": 105,
    }
    assert inventory.proposed == {f"vms/{service}" for service in inventory.services}
    assert inventory.proposed_devices == frozenset()


def test_it_is_locked_and_read_back(city: Path) -> None:
    before = (city / "allocations.yml").read_text()
    lock_numbers(city)
    section = "vms:\n  command-center: 101\n  dns: 102\n  satu-data: 103\n  simkes: 104\n  telephony: 105\n"
    assert (city / "allocations.yml").read_text() == before.replace("quarantine:", f"{section}quarantine:")
    assert load(city).proposed == frozenset()
    assert lockfile.entry(load(city).numbers, "vms/dns") == "102"


def test_what_cannot_be_read_is_found(locked: Path) -> None:
    bad_input.edit("allocations.yml", ("dns: 102", "dns: none"))(locked)
    with pytest.raises(InvalidInventoryError) as caught:
        load(locked)
    (problem,) = caught.value.problems
    assert (problem.path, problem.message) == ("vms.dns", '"none" is not a number from 1 to 999999999.')


def test_its_pool_is_checked_and_can_be_exhausted(locked: Path) -> None:
    bad_input.edit("allocations.yml", ("dns: 102", "dns: 99"))(locked)
    with pytest.raises(InvalidInventoryError) as caught:
        load(locked)
    assert [problem.message for problem in caught.value.problems] == [
        "VM 99 lies outside of 101–106 (city.yml)."
    ]
    bad_input.edit("allocations.yml", ("  dns: 99\n", "  old: 102\n  older: 106\n"))(locked)
    with pytest.raises(InvalidInventoryError) as caught:
        load(locked)
    assert [problem.message for problem in caught.value.problems] == ["no VM id is left."]


def test_two_with_one_number_are_found_and_resolved(locked: Path) -> None:
    bad_input.edit("allocations.yml", ("simkes: 104", "simkes: 102"))(locked)
    with pytest.raises(InvalidInventoryError) as caught:
        load(locked)
    (problem,) = caught.value.problems
    assert problem.message == (
        'dns and simkes both hold VM 102. Reallocate simkes: run "baubau inventory allocate --resolve".'
    )
    (move,) = resolve(locked, {"simkes"}.__contains__)
    assert (move.entry, move.keeper, move.before, move.after) == ("vms/dns", "vms/simkes", "102", "104")
    assert load(locked).proposed == frozenset()


def test_it_is_quarantined_and_comes_back(locked: Path) -> None:
    inventory = load(locked)
    day = TODAY + timedelta(days=90)
    lock = quarantine.retired(inventory.numbers, VMS, "dns", day, TODAY)
    text = lockfile.write(lock)
    assert text.endswith("quarantine:\n  vms/dns: {until: 2027-02-20, numbers: 102}\n")
    assert lockfile.parse(yaml.parse(text)) == (lock, [])
    files = without(inventory, "dns")
    files = Files(**{**vars(files), "services": {**files.services, "aa": inventory.services["dns"]}})
    assert complete(files, lock, TODAY).numbers.entries("vms")["aa"] == 106
    assert complete(files, lock, day).numbers.entries("vms")["aa"] == 102
    back = complete(inventory, lock, TODAY).numbers
    assert back.entries("vms")["dns"] == 102
    assert back.quarantine == {}


def test_blame_asks_about_it(locked: Path) -> None:
    lock = yaml.parse((locked / "allocations.yml").read_text())
    source = read_folder(locked)
    changes = Changes({**source.documents, lockfile.NAME: lock}, source.models)
    value = Item(lockfile.NAME, ("vms", "dns"), "value")
    assert value in set(items(lockfile.NAME, lock))
    assert [changed[lockfile.NAME]["vms"]["dns"] for changed in changes.of(value)] == [103, 101]
    (renamed,) = changes.of(Item("services.yml", ("services", "dns"), "name"))
    assert renamed[lockfile.NAME]["vms"]["dnsx"] == 102
    (kept,) = changes.of(Item("services.yml", ("vms",), "name"))
    assert kept[lockfile.NAME] == lock
