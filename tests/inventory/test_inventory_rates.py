"""New rates: two values of one file change, and everything else in it stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.inventory.edit.rates import NewRates, change_rates, plan_rates
from baubau_ops.inventory.load import load


def texts(city: Path) -> dict[str, bytes]:
    found = (path for path in city.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(city)): path.read_bytes() for path in found}


def rates(city: Path, site: str) -> list[tuple[int, int, int, int]]:
    links = load(city).sites[site].links
    found = ((link.committed, link.peak) for link in links)
    return [(one.down // 10**6, one.up // 10**6, two.down // 10**6, two.up // 10**6) for one, two in found]


def test_only_the_two_values_change(city: Path) -> None:
    before = texts(city)
    change_rates(city, NewRates(site="dinkes", committed="80M", peak="150M"))
    old = before["sites/dinkes.yml"].decode()
    new = old.replace("committed: 50M, peak: 100M", "committed: 80M, peak: 150M")
    assert old != new
    assert texts(city) == {**before, "sites/dinkes.yml": new.encode()}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_comments_line_ends_and_order_stay(city: Path, line_end: str) -> None:
    lines = [
        "# Café „Wolio“ — 🏝 peak: 1M, committed: 1M",
        "kind: agency  # committed: 9M",
        "link:",
        "    peak:   '100M'   # soon more",
        "    committed:       # what we promise",
        "        up: 20M      # from the site",
        "        down: 50M",
        "    media: fibre",
        "    status: built",
        "    pop: wolio",
        "kecamatan: wolio",
        "name: 'Kantor: \"pusat\"'",
        "segments: [office, wifi]",
    ]
    file = city / "sites/dinkes.yml"
    file.write_bytes(line_end.join([*lines, ""]).encode())
    change_rates(city, NewRates(site="dinkes", committed="80M/30M", peak="150M"))
    lines[3] = "    peak:   150M   # soon more"
    lines[5] = "        up: 30M      # from the site"
    lines[6] = "        down: 80M"
    assert file.read_bytes() == line_end.join([*lines, ""]).encode()
    assert rates(city, "dinkes") == [(80, 30, 150, 150)]


@pytest.mark.parametrize(
    ("committed", "written", "expected"),
    [
        ("30M/15M", "committed: {down: 30M, up: 15M}", (30, 15, 40, 20)),
        ("15M", "committed: {down: 15M, up: 15M}", (15, 15, 40, 20)),
    ],
)
def test_a_rate_for_each_direction_stays_one(
    city: Path, committed: str, written: str, expected: tuple[int, int, int, int]
) -> None:
    change_rates(city, NewRates(site="smpn-14", committed=committed))
    assert written in (city / "sites/smpn-14.yml").read_text()
    assert rates(city, "smpn-14") == [expected]


def test_one_rate_becomes_two_where_they_differ(city: Path) -> None:
    change_rates(city, NewRates(site="dinkes", committed="50M/20M"))
    assert "committed: {down: 50M, up: 20M}, peak: 100M" in (city / "sites/dinkes.yml").read_text()


def test_of_two_links_only_the_named_one_changes(city: Path) -> None:
    change_rates(city, NewRates(site="rsud", committed="80M", pop="wolio"))
    assert rates(city, "rsud") == [(100, 100, 200, 200), (80, 80, 100, 100)]


def test_planning_writes_nothing_and_tells_both_rates(city: Path) -> None:
    before = texts(city)
    edit = plan_rates(city, NewRates(site="dinkes", peak="200M"))
    assert texts(city) == before
    assert (edit.old.peak.down, edit.new.peak.down) == (100_000_000, 200_000_000)
    assert edit.old.committed == edit.new.committed
    assert edit.lock_lines == (0, 0)
    assert not edit.is_nothing


def test_rates_that_a_link_has_already_are_nothing_to_do(city: Path) -> None:
    file = city / "sites/dinkes.yml"
    before = file.stat()
    edit = change_rates(city, NewRates(site="dinkes", committed="0.05G"))
    assert edit.is_nothing
    assert file.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    ("new", "message", "remedy"),
    [
        (
            NewRates(site="rsudd", peak="1G"),
            'There is no site "rsudd". Did you mean "rsud"?',
            "See: baubau inventory list sites",
        ),
        (
            NewRates(site="no-link", peak="1G"),
            'The site "no-link" has no link whose rates could be changed.',
            "Write its link into city/sites/no-link.yml first.",
        ),
        (
            NewRates(site="rsud", peak="1G"),
            'The site "rsud" has links at betoambari and wolio.',
            "Say which: --pop betoambari",
        ),
        (
            NewRates(site="rsud", peak="1G", pop="wollio"),
            'The site "rsud" has no link at POP "wollio". Did you mean "wolio"?',
            "It has: betoambari, wolio.",
        ),
        (
            NewRates(site="dinkes", peak="1G", pop="murhum"),
            'The site "dinkes" has no link at POP "murhum".',
            "It has: wolio.",
        ),
    ],
)
def test_a_link_that_does_not_exist_is_refused(city: Path, new: NewRates, message: str, remedy: str) -> None:
    (city / "sites/no-link.yml").write_text("name: Dinas\nkind: agency\nkecamatan: wolio\n")
    before = texts(city)
    with pytest.raises(InputError) as caught:
        change_rates(city, new)
    assert (str(caught.value), caught.value.remedy) == (message, remedy)
    assert texts(city) == before


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (
            NewRates(site="dinkes", peak="40M"),
            "city/sites/dinkes.yml:5:56 link.peak: 40M is below the committed rate 50M."
            " Raise the peak or lower the rate.",
        ),
        (
            NewRates(site="dinkes", committed="120M"),
            "city/sites/dinkes.yml:5:57 link.peak: 100M is below the committed rate 120M."
            " Raise the peak or lower the rate.",
        ),
        (
            NewRates(site="dinkes", peak="100MB"),
            'city/sites/dinkes.yml:5:56 link.peak: "100MB" is not a rate:'
            " write <number>{k,M,G} in bit/s, for example 100M.",
        ),
        (
            NewRates(site="dinkes", peak="1G/2G/3G"),
            'city/sites/dinkes.yml:5:56 link.peak: "1G/2G/3G" is not a rate:'
            " write <number>{k,M,G} in bit/s, for example 50M.",
        ),
        (
            NewRates(site="dinkes", committed="5M} #", peak="9M"),
            'city/sites/dinkes.yml:5:45 link.committed: "5M} #" is not a rate:'
            " write <number>{k,M,G} in bit/s, for example 50M.",
        ),
    ],
)
def test_rates_that_cannot_be_are_refused_with_their_place(city: Path, new: NewRates, said: str) -> None:
    before = texts(city)
    with pytest.raises(InvalidInventoryError) as caught:
        change_rates(city, new)
    assert [f"{each.place} {each.path}: {each.message}" for each in caught.value.problems] == [said]
    assert texts(city) == before


def test_a_promise_that_no_uplink_can_keep_is_refused(city: Path) -> None:
    before = texts(city)
    with pytest.raises(InvalidInventoryError) as caught:
        change_rates(city, NewRates(site="dinkes", committed="2G", peak="2G"))
    assert {each.path for each in caught.value.problems} >= {"isps.isp-1.capacity", "isps.isp-2.capacity"}
    assert texts(city) == before
