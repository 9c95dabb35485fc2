"""A day's work by the commands alone: a city comes up, an office is connected, used and disconnected again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baubau_ops.cli.app import run
from baubau_ops.core import settings
from baubau_ops.lab import twin as lab

TWIN = "office"
OFFICE = "dinas-pariwisata"
SCHOOL, POP = "smpn-14", "betoambari"
NEW = [
    *("--kind", "agency", "--name", "Dinas Pariwisata", "--pop", "murhum", "--media", "fibre"),
    *("--committed", "50M", "--peak", "100M", "--segments", "office,cctv,wifi"),
]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Path]:
    """A copy of the small city, and no twin left behind."""
    folder = tmp_path / "city"
    shutil.copytree(settings.root() / "examples/small", folder)
    lab.down(TWIN)  # what a run that was killed left
    yield folder
    lab.down(TWIN)


def test_an_office_comes_and_goes(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def baubau(*arguments: str, env: bool = True) -> Any:
        code = run([*arguments, "--output", "json", *(("--env", f"lab:{TWIN}") if env else ())])
        shown = capsys.readouterr()
        assert code == 0, shown.err + shown.out
        return json.loads(shown.out)

    baubau("lab", "up", "--profile", str(city), "--name", TWIN, env=False)
    applied = baubau("net", "apply", "--yes")
    assert {one["status"] for one in applied["outcomes"]} == {"changed"}
    added = baubau("link", "add", OFFICE, *NEW, "--yes", "--apply")
    assert [(one["target"], one["status"]) for one in added["outcomes"]] == [
        (f"ce-{OFFICE}", "changed"),
        ("pop-murhum", "changed"),
    ]
    assert baubau("net", "verify")["findings"] == []
    assert baubau("net", "plan", "--detailed-exitcode")["changes"] == []
    removed = baubau("link", "remove", OFFICE, "--yes", "--apply")
    assert [(one["target"], one["status"]) for one in removed["outcomes"]] == [("pop-murhum", "changed")]
    status = baubau("lab", "status")
    assert f"ce-{OFFICE}" not in status["running"]
    assert status["unplugged"] == []
    assert baubau("net", "verify")["findings"] == []
    # The other way round: the cable goes first, the POP even starts anew, and its text follows later.
    baubau("link", "remove", SCHOOL, "--yes")
    baubau("lab", "up")
    (port,) = baubau("lab", "status")["unplugged"]
    assert port.startswith(f"pop-{POP}:ce")
    baubau("lab", "power", POP, "off")
    baubau("lab", "up")  # boots it
    assert baubau("lab", "status")["unplugged"] == [port]
    applied = baubau("net", "apply", "--yes")
    assert [one["target"] for one in applied["outcomes"] if one["status"] == "changed"] == [f"pop-{POP}"]
    assert baubau("net", "verify")["findings"] == []
    baubau("lab", "up")
    assert baubau("lab", "status")["unplugged"] == []
    baubau("lab", "down")
