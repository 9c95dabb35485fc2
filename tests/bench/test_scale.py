"""From files to texts on disk, for the whole city and for ten thousand generated sites, against the floor."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from baubau_ops.inventory.generate.city import generate

Report = Callable[[str], None]

ROOT = Path(__file__).parents[2]
SIZES = (1_000, 10_000, 30_000)
RUNS = {1_000: 3, 10_000: 3, 30_000: 1}


def run(city: Path, out: Path, what: str) -> dict[str, Any]:
    """One run, its texts removed."""
    script = Path(__file__).with_name("scale_run.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BAUBAU_ROOT": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script), str(city), str(out), what],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(out)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def total(found: dict[str, Any], kind: str = "clock") -> float:
    return float(sum(found[kind].values()))


def shown(steps: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f}" for name, seconds in steps.items())


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("cities")
    for sites in SIZES:
        generate(folder / str(sites), sites=sites, seed=7)
    return {sites: folder / str(sites) for sites in SIZES}


def test_ten_thousand_sites_from_files_to_texts(
    cities: dict[int, Path], tmp_path: Path, report: Report
) -> None:
    runs = [
        [run(cities[10_000], tmp_path / what, what) for what in ("floor", "whole")]
        for _ in range(RUNS[10_000])
    ]
    least, ours = (sorted(found, key=total)[len(found) // 2] for found in zip(*runs, strict=True))
    ratio = total(ours) / total(least)
    processor = total(ours, "processor") / total(least, "processor")
    report(f"10,000 sites: {total(ours):.2f} s ({shown(ours['clock'])}), at most 6 s")
    report(
        f"  floor {total(least):.2f} s ({shown(least['clock'])}): {ratio:.2f} × on the clock,"
        f" {processor:.2f} × of processors ({total(ours, 'processor'):.2f} s)"
    )
    report(f"  peak {ours['peak_kib'] / 1024:.0f} MiB, at most 1024 MiB")
    # 6 s is 1.67 times a floor of 3.6 s; other work on the machine takes the seconds of both alike.
    assert ratio < 6 / 3.6
    assert ours["peak_kib"] < 2**20


def test_time_and_memory_grow_in_proportion(cities: dict[int, Path], tmp_path: Path, report: Report) -> None:
    """From 1,000 to 30,000 sites, processors' time for a site grows by half at most."""
    per_site = {}
    for sites, city in cities.items():
        found = [run(city, tmp_path / "whole", "whole") for _ in range(RUNS[sites])]
        per_site[sites] = median(total(one, "processor") for one in found) / sites
        peak = max(one["peak_kib"] for one in found) / 1024
        clock = median(total(one) for one in found)
        report(
            f"{sites:>6,} sites: {clock:.2f} s, {per_site[sites] * 1e6:.0f} µs of processors a site, {peak:.0f} MiB"
        )
    assert per_site[30_000] < 1.5 * per_site[1_000]


def test_the_whole_city_in_one_process(tmp_path: Path, report: Report) -> None:
    """Check and render: the command, its interpreter included."""
    command = [sys.executable, "-m", "baubau_ops", "net", "render", "--inventory", str(ROOT / "inventory")]
    libraries = [sys.executable, "-P", "-c", "import typer, pydantic, jinja2, yaml_rs"]

    def spent(argv: list[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, check=True, capture_output=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    runs = [(spent([*command, "-o", str(tmp_path / str(number))]), spent(libraries)) for number in range(5)]
    ours, floor = (median(seconds) for seconds in zip(*runs, strict=True))
    report(
        f"the whole city, check and render: {ours:.2f} s of processors (median of 5), at most 1 s;"
        f" importing its libraries {floor:.2f} s: {ours / floor:.1f} ×"
    )
    assert ours / floor < 6
