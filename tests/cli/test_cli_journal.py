from __future__ import annotations

import json
from pathlib import Path

import pytest

from baubau_ops.cli import app as cli
from baubau_ops.core.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path / "baubau-state" / "lab" / "default" / "journal.jsonl")
    made.append("apply", plan="3f9c1e", devices=["pop-murhum"])
    made.append("step", target="pop-murhum", step="arm")
    return made


def test_with_steps_the_newest_records_are_shown(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["journal", "show", "--steps", "--last", "1"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["number", "time", "who", "what", "details"]
    record = journal.records()[-1]
    assert row.split() == ["000002", record.time, record.who, "step", "step=arm", "target=pop-murhum"]


def test_an_operation_is_one_line_with_what_became_of_it(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.append("device", apply="000001", target="pop-murhum", result="confirmed", reason="")
    journal.append("link", action="add", site="dinas-pariwisata")
    journal.append("apply", plan="aaaaaaaaaa", devices=["core-1", "core-2", "dc-1", "dc-2"])
    for device, result in (("core-1", "confirmed"), ("core-2", "confirmed"), ("dc-1", "reverted")):
        journal.append("step", apply="000005", target=device, step="arm")
        journal.append("device", apply="000005", target=device, result=result, reason="")
    assert cli.run(["journal", "show"]) == 0
    lines = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [(line[0], line[3].split(maxsplit=1)) for line in lines] == [
        ("000001", ["apply", "plan 3f9c1e: 1 confirmed"]),
        ("000004", ["link", "action=add site=dinas-pariwisata"]),
        ("000005", ["apply", "plan aaaaaa: 2 confirmed, 1 reverted (dc-1), 1 without a result (dc-2)"]),
    ]
    assert cli.run(["journal", "show", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [record["kind"] for record in document["records"]] == ["apply", "link", "apply"]
    assert document["results"]["000005"] == {"confirmed": ["core-1", "core-2"], "reverted": ["dc-1"]}


def test_records_for_machines(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["journal", "show", "--steps", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["environment"] == "lab:default"
    assert [record["hash"] for record in document["records"]] == [each.hash for each in journal.records()]


def test_no_journal_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["journal", "show"]) == 0
    assert capsys.readouterr().out == "Nothing was changed in lab:default yet.\n"


def test_a_whole_journal_verifies(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["journal", "verify"]) == 0
    last = journal.records()[-1].hash
    assert capsys.readouterr().out == f"2 records, the chain holds; the last is {last}.\n"


def test_a_changed_journal_fails_and_says_where(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    journal.path.write_text(journal.path.read_text().replace("3f9c1e", "000000"))
    assert cli.run(["journal", "verify"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{journal.path}: line 1: the record does not match its own hash"
    assert cli.run(["journal", "verify", "--output", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["holds"] is False
