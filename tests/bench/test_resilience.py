"""How long it takes to lose everything once, in cities of three sizes, and to see that promises fit."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from baubau_ops.inventory import admission
from baubau_ops.inventory.generate import generate
from baubau_ops.inventory.inventory import Inventory
from baubau_ops.inventory.load import load
from baubau_ops.inventory.resilience import resilience

CITY = Path(__file__).parents[2] / "inventory"
SIZES = (1_000, 10_000)


def best(work: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Inventory]:
    folder = tmp_path_factory.mktemp("cities")
    return {sites: generate(folder / str(sites), sites=sites, seed=1) for sites in SIZES}


def test_the_whole_city_within_a_second() -> None:
    city = load(CITY)
    survey, check = best(lambda: resilience(city)), best(lambda: list(admission.findings(city)))
    print(
        f"\n{len(city.sites)} sites: resilience {survey * 1e3:.0f} ms, promises checked {check * 1e3:.0f} ms,"
        f" of {best(lambda: load(CITY)) * 1e3:.0f} ms to load"
    )
    assert survey < 1


def test_time_grows_more_slowly_than_the_square(cities: dict[int, Inventory]) -> None:
    """Every single loss and every pair in the backbone; ten times the sites are ten times the POPs."""
    survey, check = {}, {}
    for sites, city in cities.items():
        survey[sites] = best(lambda city=city: resilience(city), times=2)  # type: ignore[misc]
        check[sites] = best(lambda city=city: list(admission.findings(city)))  # type: ignore[misc]
        found = resilience(city)
        losses = len(found.backbone) + len(found.sites)
        print(
            f"\n{sites} sites, {len(city.backbone.pops)} POPs: {losses} single losses and"
            f" {found.doubles.pairs} pairs in {survey[sites]:.2f} s; promises checked in {check[sites]:.2f} s"
        )
    few, many = SIZES
    assert survey[many] < 20
    assert survey[many] / survey[few] < 100 / 2
    assert check[many] / check[few] < 100 / 2
