"""`baubau inventory coverage` on the whole city."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baubau_ops.cli.app import run

ROOT = Path(__file__).parents[2]


def test_the_target_stands_first_and_the_next_ten_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "coverage", "--inventory", str(ROOT / "inventory")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Phase I (2025–2028): at least 70 % of agency, school, puskesmas on fibre"
    assert lines[1].startswith("16 of 168 sites (9.5 %) are on fibre; with what is planned 50 (29.8 %).")
    assert lines[2] == "The target needs 118: 102 more, 68 of them not planned yet."
    assert lines[3] == "All of these 16 links are assumed: a survey has still to confirm them."
    schools = next(line.split() for line in lines if line.startswith("school"))
    assert schools == ["school", "120*", "0", "7", "113", "0", "0.0", "5", "4.2"]
    start = lines.index("The cheapest next 10 sites") + 2
    steps = [line.split() for line in lines[start : start + 10]]
    costs = [int(step[-3].replace(",", "")) for step in steps]
    assert costs == sorted(costs)
    assert int(steps[-1][-2].replace(",", "")) == sum(costs)
    assert f"Together: Rp {sum(costs):,}, by assumed costs; 9.5 % → {steps[-1][-1]} %." in lines


def test_json_has_the_same_facts_as_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "coverage", "--inventory", str(ROOT / "inventory"), "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (target,) = document["targets"]
    assert (target["phase"], target["target"], target["needed"]) == ("I", 70.0, 118)
    assert (target["whole"]["total"], target["whole"]["reached"], target["whole"]["share"]) == (168, 16, 9.5)
    assert len(target["next"]) == 10
    assert target["next"][-1]["sum"] == sum(step["cost"] for step in target["next"])
    assert {kind["name"]: kind["total"] for kind in document["kinds"]}["kelurahan"] == 43


def test_a_city_without_a_plan_shows_its_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "coverage", "--inventory", str(ROOT / "examples/small")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Kinds of site"
    assert ["school", "120*", "0", "1", "119"] in [line.split() for line in lines]
