"""`baubau link rate`: what is shown before a yes, and what a yes writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from baubau_ops.cli.app import run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples/small", tmp_path / "city", ignore=shutil.ignore_patterns(".*"))
    return tmp_path / "city"


def rate(folder: Path, *arguments: str) -> int:
    return run(["link", "rate", *arguments, "--inventory", str(folder)])


def test_a_dry_run_names_the_two_routers_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "sites/dinkes.yml").read_text()
    assert rate(folder, "dinkes", "--committed", "80M", "--peak", "150M", "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.startswith(
        f"Changed  {folder}/sites/dinkes.yml, link to POP wolio\n"
        "         committed 50M down, 50M up → 80M down, 80M up\n"
        "         peak 100M down, 100M up → 150M down, 150M up\n"
    )
    rows = [line.split() for line in out.splitlines()]
    routers = {row[0]: row[-1] for row in rows if row and row[0].startswith(("ce-", "pop-"))}
    assert routers == {"ce-dinkes": "hitless", "pop-wolio": "hitless"}
    assert "(12 others)" in out
    assert (folder / "sites/dinkes.yml").read_text() == before


def test_a_yes_writes_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rate(folder, "dinkes", "--committed", "80M", "--yes", "--output", "json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(one["target"], one["effect"]) for one in facts["changes"]] == [
        ("ce-dinkes", "hitless"),
        ("pop-wolio", "hitless"),
    ]
    assert "committed: 80M, peak: 100M" in (folder / "sites/dinkes.yml").read_text()


def test_what_is_so_already_asks_nothing_of_anybody(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rate(folder, "dinkes", "--committed", "50M", "--yes") == 0
    assert "The link has these rates already. Nothing to do." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dinkes", "--yes"], "No rate is given.\n       Give --committed, --peak or both."),
        (["dinkes", "--peak", "40M", "--yes"], "link.peak: 40M is below the committed rate 50M."),
        (["dinkess", "--peak", "1G", "--yes"], 'There is no site "dinkess". Did you mean "dinkes"?'),
        (["dinkes", "--peak", "1G"], "Change the rates of dinkes? There is no terminal to ask on."),
        (["dinkes", "--peak", "1G", "--dry-run", "--apply"], "--dry-run and --apply exclude each other."),
    ],
)
def test_bad_input_exits_2_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    before = (folder / "sites/dinkes.yml").read_text()
    assert rate(folder, *arguments) == 2
    assert message in capsys.readouterr().err
    assert (folder / "sites/dinkes.yml").read_text() == before


def test_apply_without_a_twin_is_told_before_anything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "sites/dinkes.yml").read_text()
    assert rate(folder, "dinkes", "--peak", "1G", "--yes", "--apply", "--env", "lab:none") == 5
    assert 'No twin "none" is up.' in capsys.readouterr().err
    assert (folder / "sites/dinkes.yml").read_text() == before
