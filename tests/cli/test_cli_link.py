"""`baubau link`: what is shown before a yes, what is written after it, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from baubau_ops.cli.app import run
from baubau_ops.cli.context import Context
from baubau_ops.core.plan import Change
from baubau_ops.flows.link import changes
from baubau_ops.inventory.edit.site import Edit, NewSite, add_site, remove_site
from baubau_ops.inventory.load import load

ROOT = Path(__file__).parents[2]
NEW = [
    *("--kind", "agency", "--name", "Dinas Pariwisata", "--pop", "murhum", "--media", "fibre"),
    *("--committed", "50M", "--peak", "100M", "--segments", "office,cctv,wifi"),
]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A copy of the small city under git."""
    folder = tmp_path / "city"
    shutil.copytree(ROOT / "examples/small", folder)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "city"]):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", "-C", str(folder), *identity, *command], check=True)
    return folder


def changed(folder: Path) -> str:
    subprocess.run(["git", "-C", str(folder), "add", "-A", "-N"], check=True)
    done = subprocess.run(
        ["git", "-C", str(folder), "diff", "--stat"], check=True, capture_output=True, text=True
    )
    return done.stdout


def link(city: Path, *arguments: str) -> int:
    return run(["link", *arguments, "--inventory", str(city)])


def test_a_dry_run_shows_and_writes_nothing(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "router ce-dinas-pariwisata" in shown
    assert "pop-murhum" in shown
    assert "hitless" in shown
    assert "to be installed" in shown
    assert "(13 others)" in shown
    assert changed(city) == ""


def test_adding_touches_only_the_new_sites_lines(city: Path) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes") == 0
    lines = changed(city).splitlines()
    assert [line.split("|")[0].strip() for line in lines[:-1]] == [
        "allocations.yml",
        "sites/dinas-pariwisata.yml",
    ]
    assert lines[0].split("|")[1].strip() == "1 +"
    assert lines[-1].strip() == "2 files changed, 6 insertions(+)"


def test_nothing_is_written_that_could_not_be_recorded(
    city: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journal = tmp_path / "baubau-state/lab/default/journal.jsonl"
    journal.mkdir(parents=True)
    for arguments in (
        ["add", "dinas-pariwisata", *NEW],
        ["remove", "bappeda"],
        ["rate", "dinkes", "--peak", "99M"],
    ):
        assert link(city, *arguments, "--yes") == 1
        told = f"error: The journal {journal} cannot be written: Is a directory.\n"
        assert capsys.readouterr().err == told
    assert changed(city) == ""


def test_numbers_that_somebody_else_took_before_the_yes_are_told(
    city: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = NewSite(
        id="dinsos",
        name="Dinas Sosial",
        kind="agency",
        pop="wolio",
        media="fibre",
        committed="5M",
        peak="9M",
        segments=("office",),
    )
    monkeypatch.setattr(Context, "confirm", lambda *_: add_site(city, other))
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes") == 0
    shown, _, written = capsys.readouterr().out.partition("Somebody else took these numbers meanwhile.")
    assert "AS 4200000007\n" in shown
    assert "\n       router ce-dinas-pariwisata, " in written
    assert "AS 4200000008\n" in written
    assert load(city).proposed == frozenset()


def test_what_changes_is_worked_out_again_only_if_somebody_edited_meanwhile(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Edit] = []

    def counted(edit: Edit, stand_ins: Mapping[str, str]) -> tuple[Change, ...]:
        asked.append(edit)
        return changes(edit, stand_ins)

    monkeypatch.setattr("baubau_ops.flows.link.changes", counted)
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes") == 0
    assert len(asked) == 1
    monkeypatch.setattr(Context, "confirm", lambda *_: remove_site(city, "dinas-pariwisata"))
    assert link(city, "remove", "bappeda", "--yes") == 0
    assert len(asked) == 3
    gone = [edit.before.sites.keys() - edit.after.sites.keys() for edit in asked[1:]]
    assert gone == [{"bappeda"}, {"bappeda"}]


def test_only_the_new_router_and_its_pop_change(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes", "--output", "json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(one["target"], one["effect"], one["word"]) for one in facts["changes"]] == [
        ("ce-dinas-pariwisata", "installs", "to be installed"),
        ("pop-murhum", "hitless", "hitless"),
    ]


def test_what_is_written_stands_in_the_journal(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--dry-run") == 0
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes") == 0
    assert link(city, "remove", "dinas-pariwisata", "--yes") == 0
    capsys.readouterr()
    assert run(["journal", "show", "--output", "json"]) == 0
    records = json.loads(capsys.readouterr().out)["records"]
    assert [(one["kind"], one["data"]["action"], one["data"]["devices"]) for one in records] == [
        ("link", "add", ["ce-dinas-pariwisata", "pop-murhum"]),
        ("link", "remove", ["ce-dinas-pariwisata", "pop-murhum"]),
    ]
    assert records[0]["data"]["file"] == str(city / "sites/dinas-pariwisata.yml")


def test_a_yes_is_needed(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW) == 2
    assert "give --yes" in capsys.readouterr().err
    assert changed(city) == ""


def test_a_site_that_exists_is_refused(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinkes", *NEW, "--yes") == 2
    assert 'There is a site "dinkes" already: Dinas Kesehatan at POP wolio' in capsys.readouterr().err
    assert changed(city) == ""


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--pop", "murhun", 'There is no POP "murhun". Did you mean "murhum"?'),
        ("--kind", "agenci", 'Did you mean "agency"?'),
        ("--peak", "20M", "below the committed rate 50M"),
        ("--peak", "100MB", '"100MB"'),
        ("--segments", "office,cctc", 'Did you mean "cctv"?'),
        ("--segments", " , ", "segments: a site with a link needs a segment."),
        ("--media", "fiber", 'Did you mean "fibre"?'),
    ],
)
def test_bad_values_are_named_and_nothing_is_written(
    city: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, message: str
) -> None:
    arguments = list(NEW)
    arguments[arguments.index(option) + 1] = value
    assert link(city, "add", "dinas-pariwisata", *arguments, "--yes") == 2
    assert message in capsys.readouterr().err
    assert changed(city) == ""


def test_dry_run_and_apply_exclude_each_other(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--dry-run", "--apply") == 2
    assert "--dry-run and --apply exclude each other." in capsys.readouterr().err


def test_apply_without_a_twin_is_told_before_anything_is_written(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes", "--apply", "--env", "lab:none") == 5
    assert 'No twin "none" is up.' in capsys.readouterr().err
    assert changed(city) == ""


def test_removing_brings_the_texts_back_and_keeps_the_numbers_aside(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert link(city, "add", "dinas-pariwisata", *NEW, "--yes") == 0
    assert link(city, "remove", "dinas-pariwisata", "--yes") == 0
    assert not (city / "sites/dinas-pariwisata.yml").exists()
    assert "dinas-pariwisata: {" in (city / "allocations.yml").read_text().split("quarantine:")[1]
    capsys.readouterr()
    assert link(city, "remove", "dinas-pariwisata", "--yes") == 2
    assert 'There is no site "dinas-pariwisata".' in capsys.readouterr().err


def test_a_site_without_a_link_is_removed_like_any_other(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (city / "sites/taman.yml").write_text("name: Taman\nkind: park\nkecamatan: wolio\n")
    assert link(city, "remove", "taman", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        f"Would remove {city}/sites/taman.yml\nLock   {city}/allocations.yml   +0 −0 lines"
    )
    assert "\n(14 others)        nothing\n" in shown
    assert link(city, "remove", "taman", "--yes") == 0
    assert not (city / "sites/taman.yml").exists()
    assert changed(city) == ""


def test_a_pop_may_be_called_by_its_devices_name(city: Path) -> None:
    called = [value.replace("murhum", "pop-murhum") for value in NEW]
    assert link(city, "add", "dinas-pariwisata", *called, "--backup-pop", "pop-wolio", "--yes") == 0
    text = (city / "sites/dinas-pariwisata.yml").read_text()
    assert "{pop: murhum, role: primary" in text
    assert "{pop: wolio, role: backup" in text
    assert link(city, "rate", "dinas-pariwisata", "--peak", "90M", "--pop", "pop-wolio", "--yes") == 0


def test_show_and_list(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert link(city, "show", "dinkes") == 0
    assert "10.64.0.128/26" in capsys.readouterr().out
    assert link(city, "list") == 0
    assert "lapangan-merdeka" in capsys.readouterr().out
    assert link(city, "show", "dinkess") == 2
    assert 'There is no site "dinkess". Did you mean "dinkes"?' in capsys.readouterr().err
