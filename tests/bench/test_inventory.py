"""How long the inventory takes, against reading and parsing the very same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml_rs
from fastest import best

from baubau_ops.inventory.edit.site import lock_numbers
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load

SMALL = Path(__file__).parents[2] / "examples" / "small"

Report = Callable[[str], None]


def read_and_parse(city: Path) -> None:
    for file in city.rglob("*.yml"):
        yaml_rs.loads(file.read_text(encoding="utf-8"), parse_datetime=False)


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Generated cities without a lock."""
    folder = tmp_path_factory.mktemp("cities")
    found = {sites: folder / str(sites) for sites in (1_000, 10_000)}
    for sites, city in found.items():
        generate(city, sites=sites, seed=1)
        (city / "allocations.yml").unlink()
    return found


def test_the_small_city_loads_in_a_blink(report: Report) -> None:
    floor, ours = best(lambda: read_and_parse(SMALL)), best(lambda: load(SMALL).topology)
    report(
        f"small city: load {ours * 1e3:.1f} ms, read and parse {floor * 1e3:.1f} ms ({ours / floor:.1f} ×)"
    )
    assert ours / floor < 20


def test_loading_grows_in_proportion(cities: dict[int, Path], report: Report) -> None:
    """From 1,000 to 10,000 sites: time per site must not grow by more than half."""
    measured = {}
    for sites, city in cities.items():
        first = best(lambda city=city: load(city), times=1)  # type: ignore[misc]
        lock_numbers(city)
        locked = best(lambda city=city: load(city))  # type: ignore[misc]
        floor = best(lambda city=city: read_and_parse(city))  # type: ignore[misc]
        measured[sites] = (first, locked, floor)
        report(
            f"{sites} sites: all new {first:.2f} s, locked {locked:.2f} s, read and parse {floor:.2f} s"
            f" ({locked / floor:.1f} ×); {json.dumps({'us_per_site': round(locked / sites * 1e6)})}"
        )
    few, many = measured[1_000], measured[10_000]
    assert many[0] / few[0] < 15
    assert many[1] / few[1] < 15
    assert many[1] / many[2] < 8  # every single loss is tried against the capacities, too
