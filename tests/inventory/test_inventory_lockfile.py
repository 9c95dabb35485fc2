from __future__ import annotations

from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.allocations import AccessNumbers, Allocations, Quarantined, SiteNumbers
from baubau_ops.inventory.files.fields import NAME
from baubau_ops.inventory.numbers import lockfile

T = TypeVar("T")
NAMES = st.from_regex(rf"\A{NAME}\Z").filter(lambda name: len(name) <= 40)
ADDRESSES = st.integers(0, 2**32 - 1).map(IPv4Address)
PREFIXES = st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)).map(
    lambda given: IPv4Network((given[0] >> (32 - given[1]) << (32 - given[1]), given[1]))
)
ACCESS = st.builds(AccessNumbers, st.integers(1, 9999), PREFIXES)
SITES = st.builds(
    SiteNumbers,
    st.integers(4200000000, 4294967294),
    ADDRESSES,
    st.dictionaries(NAMES, PREFIXES, max_size=3),
    st.dictionaries(NAMES, ACCESS, max_size=2),
)


def entries(values: st.SearchStrategy[T]) -> st.SearchStrategy[dict[str, T]]:
    return st.dictionaries(NAMES, values, max_size=3)


LOCKS = st.builds(
    Allocations,
    st.fixed_dictionaries(
        {
            "loopbacks": entries(ADDRESSES),
            "links": entries(PREFIXES),
            "services": entries(ADDRESSES),
            "lans": entries(st.dictionaries(NAMES, PREFIXES, max_size=2)),
            "sites": entries(SITES),
        }
    ),
    quarantine=entries(st.builds(Quarantined, SITES, st.dates(date(2020, 1, 1), date(2100, 1, 1)))),
)


@given(LOCKS)
@settings(deadline=None)
def test_what_is_written_is_read_again(locked: Allocations) -> None:
    text = lockfile.write(locked)
    again, findings = lockfile.parse(yaml.parse(text))
    assert not findings
    assert again == locked
    assert lockfile.write(again) == text


def test_one_line_for_each_object(city: Path) -> None:
    text = (city / "allocations.yml").read_text()
    locked, _ = lockfile.read(city)
    assert lockfile.write(locked) == text
    entries_written = [line for line in text.splitlines() if line.startswith("  ")]
    sections = (locked.loopbacks, locked.links, locked.services, locked.lans, locked.sites)
    assert len(entries_written) == sum(map(len, sections))


def test_a_missing_lock_is_empty_and_a_dangling_link_is_not(city: Path) -> None:
    (city / "allocations.yml").unlink()
    assert lockfile.read(city) == (Allocations(), [])
    (city / "allocations.yml").symlink_to("nowhere.yml")
    _, (finding,) = lockfile.read(city)
    assert finding.message == "there is no such file."
