"""Coverage: what counts, what the next sites would bring, and which plans are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import bad_input
import pytest

from baubau_ops.core.errors import InvalidInventoryError
from baubau_ops.inventory.load import load
from baubau_ops.inventory.views.coverage import Coverage, coverage

PHASES = """
phases:
  - name: I
    first: 2025
    last: 2028
    goal: Fibre
    coverage:
      - {kinds: [agency, puskesmas, hospital], media: [fibre, fibre-fast], share: 70}
"""


def add(file: str, text: str) -> Callable[[Path], None]:
    def spoil(city: Path) -> None:
        with open(city / file, "a", encoding="utf-8") as opened:
            opened.write(text)

    return spoil


def covered(city: Path, phases: str = PHASES) -> Coverage:
    """The small city: two agencies and the hospital on fibre, a puskesmas to get a leased line."""
    add("city.yml", phases)(city)
    bad_input.edit("city.yml", ("total: 31", "km: 0.5, total: 3"), ("total: 17", "km: 2, total: 6"))(city)
    cost = ", cost: {site: 10000000, km: 20000000}}"
    bad_input.edit(
        "city.yml", ("interval: 100ms, multiplier: 3}}", "interval: 100ms, multiplier: 3}" + cost)
    )(city)
    return coverage(load(city))


def test_only_built_links_of_the_right_medium_count(city: Path) -> None:
    (progress,) = covered(city).targets
    assert (progress.whole.total, progress.whole.listed, progress.unlisted) == (10, 4, 6)
    assert (progress.whole.built, progress.whole.planned, progress.whole.missing) == (3, 1, 6)
    assert (progress.whole.reached, progress.whole.share) == (3, 30.0)
    assert progress.whole.promised == 3  # what is planned is a leased line
    assert progress.needed == 7
    assert {kind.name: (kind.total, kind.reached, kind.share) for kind in progress.kinds} == {
        "agency": (3, 2, 66.7),
        "puskesmas": (6, 0, 0.0),
        "hospital": (1, 1, 100.0),
    }


def test_a_planned_link_counts_once_it_is_built(city: Path) -> None:
    bad_input.edit("sites/bappeda.yml", ("status: built", "status: planned"))(city)
    (progress,) = covered(city).targets
    assert (progress.whole.reached, progress.whole.promised) == (2, 3)


def test_kecamatan_hold_the_sites_that_have_a_file(city: Path) -> None:
    (progress,) = covered(city).targets
    found = {group.name: (group.total, group.reached) for group in progress.kecamatan if group.total}
    assert found == {"betoambari": (1, 1), "murhum": (2, 1), "wolio": (1, 1)}
    assert sum(group.total for group in progress.kecamatan) + progress.unlisted == progress.whole.total


def test_a_built_backup_counts_where_the_primary_is_planned(city: Path) -> None:
    bad_input.edit("sites/rsud.yml", ("peak: 200M, status: built", "peak: 200M, status: planned"))(city)
    (progress,) = covered(city).targets
    hospital = progress.kinds[2]
    assert (hospital.built, hospital.planned, hospital.reached) == (1, 0, 1)


def test_links_marked_as_assumed_are_unconfirmed(city: Path) -> None:
    (progress,) = covered(city).targets
    assert progress.unconfirmed == 3
    bad_input.edit("sites/dinkes.yml", ("assumed: [link]", "assumed: [link.peak]"))(city)
    (progress,) = coverage(load(city)).targets
    assert progress.unconfirmed == 2


def test_the_cheapest_come_first_and_add_up(city: Path) -> None:
    text = (city / "sites/bappeda.yml").read_text()
    site = text.replace("status: built", "status: planned, km: 1.5")
    (city / "sites/far.yml").write_text(site)
    bad_input.edit("sites/bappeda.yml", ("status: built", "status: planned"))(city)
    (progress,) = covered(city).targets
    assert [
        (step.site, step.now, step.km, step.is_usual_km, step.cost, step.sum) for step in progress.next
    ] == [
        ("bappeda", "planned", 0.5, True, 20_000_000, 20_000_000),
        ("far", "planned", 1.5, False, 40_000_000, 60_000_000),
        ("puskesmas-wajo", "leased, planned", 2.0, True, 50_000_000, 110_000_000),
    ]
    assert [step.share for step in progress.next] == [30.0, 40.0, 50.0]
    (short,) = coverage(load(city), steps=1).targets
    assert short.next == progress.next[:1]


def test_a_site_without_a_link_is_ranked_by_its_kind(city: Path) -> None:
    (city / "sites/none.yml").write_text("name: Dinas\nkind: agency\nkecamatan: wolio\n")
    (progress,) = covered(city).targets
    assert [(step.site, step.now, step.km) for step in progress.next] == [
        ("none", "none", 0.5),
        ("puskesmas-wajo", "leased, planned", 2.0),
    ]
    assert progress.unpriced == 0


def test_without_a_cost_nothing_is_ranked(city: Path) -> None:
    add("city.yml", PHASES)(city)
    (progress,) = coverage(load(city)).targets
    assert progress.next == ()
    assert progress.unpriced == 1


def test_a_share_that_is_a_whole_number_of_sites_needs_no_more(city: Path) -> None:
    (progress,) = covered(city, PHASES.replace("share: 70", "share: 30")).targets
    assert progress.needed == 3


def test_a_city_without_phases_has_its_kinds(city: Path) -> None:
    found = coverage(load(city))
    assert found.targets == ()
    assert {kind.name: kind.missing for kind in found.kinds}["agency"] == 29


SECOND = "  - {name: II, first: 2029, last: 2032, goal: Data}\n"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            bad_input.edit("city.yml", ("total: 31", "total: 1")),
            'city/city.yml:22:19 kinds.agency.total: 1 is below the 2 sites of kind "agency" in sites/.'
            " Raise the total, or give the others another kind.",
        ),
        (
            add("city.yml", PHASES.replace("[agency,", "[agencey,")),
            'city/city.yml:+8:18 phases[0].coverage[0].kinds[0]: there is no kind of site "agencey".'
            ' Did you mean "agency"?',
        ),
        (
            add("city.yml", PHASES.replace("puskesmas", "agency")),
            'city/city.yml:+8:26 phases[0].coverage[0].kinds[1]: "agency" is listed twice. Remove one.',
        ),
        (
            add("city.yml", PHASES.replace("[fibre,", "[fiber,")),
            'city/city.yml:+8:56 phases[0].coverage[0].media[0]: there is no medium "fiber".'
            ' Did you mean "fibre"?',
        ),
        (
            add("city.yml", PHASES.replace("share: 70", "share: 0")),
            "city/city.yml:+8:83 phases[0].coverage[0].share: 0 is out of range: it must be greater than 0.0.",
        ),
        (
            add("city.yml", PHASES.replace("2028", "2024")),
            "city/city.yml:+4:12 phases[0].first: the first year 2025 is after the last 2024. Exchange them.",
        ),
        (
            add("city.yml", PHASES + SECOND.replace("2029", "2028")),
            "city/city.yml:+9:23 phases[1].first: phase II begins before phase I ends (2028)."
            " Let one follow the other.",
        ),
        (
            add("city.yml", PHASES + SECOND.replace("II", "I")),
            'city/city.yml:+9:12 phases[1].name: there is a phase "I" already. Rename one.',
        ),
        (
            bad_input.edit("sites/dinkes.yml", ("status: built", "status: built, km: 0")),
            "city/sites/dinkes.yml:5:81 link.km: 0 is out of range: it must be greater than 0.0.",
        ),
    ],
)
def test_plans_that_cannot_be_are_refused(city: Path, spoil: Callable[[Path], None], said: str) -> None:
    lines = len((city / "city.yml").read_text().splitlines())
    spoil(city)
    with pytest.raises(InvalidInventoryError) as caught:
        load(city)
    said = re.sub(r":\+(\d)", lambda added: f":{lines + int(added[1])}", said)
    assert [f"{each.place} {each.path}: {each.message}" for each in caught.value.problems] == [said]
