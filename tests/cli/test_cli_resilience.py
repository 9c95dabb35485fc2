"""`baubau inventory resilience`, and what `baubau link` says of the room on the backbone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from baubau_ops.cli.app import run

SMALL = Path(__file__).parents[2] / "examples" / "small"
NEW = [
    *("--kind", "agency", "--name", "Dinas Pariwisata", "--pop", "murhum", "--media", "fibre"),
    *("--segments", "office", "--dry-run", "--inventory"),
]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["inventory", "resilience", *arguments, "--inventory", str(SMALL)]) == 0
    return capsys.readouterr().out


def test_what_matters_stands_first_and_the_rest_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys).splitlines()
    assert lines[0].split()[:3] == ["Losing", "cuts", "off"]
    assert lines[1].startswith("pop-wolio ")
    assert "simkes" in lines[1]
    assert any(line.startswith("core-1 ") and "6 sites from the Province" in line for line in lines)
    assert not any(line.startswith("core-1--core-2 ") for line in lines)
    assert any("more failures have no effect" in line for line in lines)
    assert any(line.startswith("core-1--core-2 ") for line in told(capsys, "--all").splitlines())


def test_verdict_for_each_tier(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys).splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Titik tunggal kegagalan"))
    first, second = lines[place + 2 : place + 4]
    assert first.split()[0] == "1"
    assert first.endswith("none")
    assert second.split()[0] == "2"
    assert second.endswith("4 single points of failure")


def test_one_loss_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "murhum")
    assert shown == (
        "Losing pop-murhum (router: pop-murhum)\n  cuts off 2 sites altogether: bappeda, puskesmas-wajo\n"
    )
    assert "only one ISP is left" in told(capsys, "isp-1")
    assert "takes away simkes" in told(capsys, "rsud")


def test_a_loss_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "resilience", "duct-wollio", "--inventory", str(SMALL)]) == 2
    assert 'There is no failure called "duct-wollio". Did you mean "duct-wolio"?' in (capsys.readouterr().err)


def test_document_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(told(capsys, "--output", "json"))
    assert document["allowed"] is True
    assert document["tiers"][0]["single_points"] == []
    core = next(loss for loss in document["losses"] if loss["loss"] == "core-1")
    assert core["severity"] == "cut"
    assert core["cuts"][0]["functions"] == ["province"]
    assert core["last"] == ["reflector", "isp"]
    assert document["double_failures"]["pairs"] == 28 * 27 // 2
    assert len(document["double_failures"]["worst"]) == 10
    alone = json.loads(told(capsys, "core-1", "--output", "json"))
    assert alone == core


def test_a_new_link_says_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    rates = ["--committed", "50M", "--peak", "100M"]
    assert run(["link", "add", "dinas-x", *rates, *NEW, str(SMALL)]) == 0
    assert "Headroom in the worst single failure: 560M of 1G on uplink isp-1" in capsys.readouterr().out


def test_a_new_rate_says_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    change = ["link", "rate", "dinkes", "--committed", "80M", "--dry-run", "--inventory", str(SMALL)]
    assert run(change) == 0
    assert "single failure: 580M of 1G on uplink isp-1" in capsys.readouterr().out


def test_a_link_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SMALL, tmp_path / "city")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAUBAU_ROOT", str(SMALL.parents[1]))
    rates = ["--committed", "700M", "--peak", "800M"]
    assert run(["link", "add", "dinas-x", *rates, *NEW, "city"]) == 2
    said = capsys.readouterr().err
    assert (
        "city/backbone.yml:23:104  isps.isp-1.capacity: uplink isp-1: 1.09G committed towards core-1" in said
    )
    assert "(normally 970M), 1G × 1 fit." in said
    text = (tmp_path / "city/backbone.yml").read_text()
    wider = text.replace("capacity: 1G}", "capacity: 1G, oversubscription: 1.1}")
    wider = wider.replace("capacity: 1G,\n", "capacity: 1G, oversubscription: 1.1,\n")
    (tmp_path / "city/backbone.yml").write_text(wider)
    assert run(["link", "add", "dinas-x", *rates, *NEW, "city"]) == 0
    assert "10M of 1.1G on uplink isp-1" in capsys.readouterr().out
