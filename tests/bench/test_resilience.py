"""How long it takes to lose everything once, in cities of three sizes, and to see that promises fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastest import best

from baubau_ops.inventory.checks import admission
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load
from baubau_ops.inventory.resilience.impacts import resilience

CITY = Path(__file__).parents[2] / "inventory"
SIZES = (1_000, 10_000)
MAX_RATIO = 8
"""How many times what loading a city takes, losing everything in it may take."""

Report = Callable[[str], None]


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Inventory]:
    folder = tmp_path_factory.mktemp("cities")
    return {sites: generate(folder / str(sites), sites=sites, seed=1) for sites in SIZES}


def test_the_whole_city(report: Report) -> None:
    city = load(CITY)
    survey, check = best(lambda: resilience(city)), best(lambda: list(admission.findings(city)))
    floor = best(lambda: load(CITY))
    report(
        f"{len(city.sites)} sites: resilience {survey * 1e3:.0f} ms, at most 1000;"
        f" promises checked {check * 1e3:.0f} ms, of {floor * 1e3:.0f} ms to load"
    )
    assert survey / floor < MAX_RATIO


def test_time_grows_more_slowly_than_the_square(cities: dict[int, Inventory], report: Report) -> None:
    """Every single loss and every pair in the backbone; ten times the sites are ten times the POPs."""
    survey, check = {}, {}
    for sites, city in cities.items():
        survey[sites] = best(lambda city=city: resilience(city), times=2)  # type: ignore[misc]
        check[sites] = best(lambda city=city: list(admission.findings(city)))  # type: ignore[misc]
        found = resilience(city)
        losses = len(found.backbone) + len(found.sites)
        report(
            f"{sites} sites, {len(city.backbone.pops)} POPs: {losses} single losses and"
            f" {found.doubles.pairs} pairs in {survey[sites]:.2f} s, at most 20;"
            f" promises checked in {check[sites]:.2f} s"
        )
    few, many = SIZES
    assert survey[many] / best(lambda: load(cities[many].folder), times=1) < MAX_RATIO
    assert survey[many] / survey[few] < 100 / 2
    assert check[many] / check[few] < 100 / 2
