from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from baubau_ops.core.errors import FailedError
from baubau_ops.core.journal import GENESIS, Journal
from baubau_ops.core.secrets import Secret


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    filled = Journal(tmp_path / "state" / "journal.jsonl")
    for step in ("arm", "apply", "confirm"):
        filled.append(step, device="pop-wolio")
    return filled


def test_records_are_chained_and_numbered(journal: Journal) -> None:
    records = journal.records()
    assert [record.kind for record in records] == ["arm", "apply", "confirm"]
    assert [record.number for record in records] == [1, 2, 3]
    assert [record.previous for record in records] == [GENESIS, records[0].hash, records[1].hash]
    assert records[0].data == {"device": "pop-wolio"}
    assert records[0].time.endswith("Z")
    assert "@" in records[0].who
    assert journal.verify() == []


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").records() == []
    assert Journal(tmp_path / "none").verify() == []


def test_secrets_are_masked_and_the_file_is_private(journal: Journal) -> None:
    journal.append("note", key=Secret("kamali-2026"), file=Path("/tmp/x"))
    assert "kamali" not in journal.path.read_text()
    assert journal.records()[-1].data == {"key": "********", "file": "/tmp/x"}
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.verify() == []


def test_what_is_not_json_is_refused_and_leaves_no_trace(journal: Journal) -> None:
    before = journal.path.read_bytes()
    with pytest.raises(TypeError, match="object does not go into the journal"):
        journal.append("note", thing=object())
    assert journal.path.read_bytes() == before


def test_an_end_torn_at_any_byte_is_recovered(journal: Journal) -> None:
    content = journal.path.read_bytes()
    begin = content.rindex(b"\n", 0, -1) + 1
    for length in range(begin, len(content)):
        journal.path.write_bytes(content[:length])
        assert journal.verify() == []  # a torn end alone is a crash, not tampering
        journal.append("next")
        kinds = [record.kind for record in journal.records()]
        whole = length == len(content) - 1
        torn = begin < length and not whole
        ending = ["confirm"] if whole else ["recovered"] if torn else []
        assert kinds == ["arm", "apply", *ending, "next"]
        assert journal.verify() == []


def test_an_end_torn_again_while_recovering_is_recovered(journal: Journal) -> None:
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-40])
    journal.append("next")
    recovered = journal.path.read_bytes()
    for length in range(len(whole) - 40, len(recovered)):
        journal.path.write_bytes(recovered[:length])
        journal.append("again")
        assert journal.verify() == []
        assert journal.records()[-1].kind == "again"


def test_the_first_record_torn(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.path.write_bytes(b'{"data":{}, "ki')
    journal.append("next")
    assert [record.kind for record in journal.records()] == ["recovered", "next"]
    assert journal.verify() == []


def test_records_longer_than_a_chunk_are_followed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append("first", text="ä" * 200_000)
    journal.append("second", text="x" * 70_000)
    journal.append("third")
    assert [record.number for record in journal.records()] == [1, 2, 3]
    assert journal.verify() == []


def _edit(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Journal], None]:
    def apply(journal: Journal) -> None:
        journal.path.write_bytes(b"".join(change(journal.path.read_bytes().splitlines(keepends=True))))

    return apply


TAMPERED = {
    "a value changed": (
        _edit(lambda lines: [lines[0].replace(b"pop-wolio", b"pop-bungi"), *lines[1:]]),
        ["line 1: the record does not match its own hash"],
    ),
    "a record removed": (
        _edit(lambda lines: [lines[0], lines[2]]),
        ["line 2: does not follow the record before it", "line 2: has number 3, expected 2"],
    ),
    "two swapped": (
        _edit(lambda lines: [lines[1], lines[0], lines[2]]),
        [
            "line 1: does not follow the record before it",
            "line 1: has number 2, expected 1",
            "line 2: does not follow the record before it",
            "line 2: has number 1, expected 3",
            "line 3: does not follow the record before it",
            "line 3: has number 3, expected 2",
        ],
    ),
    "a line put between": (
        _edit(lambda lines: [lines[0], b"junk\n", *lines[1:]]),
        ["line 2: not a record, and no recovery accounts for it"],
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_told(journal: Journal, name: str) -> None:
    change, problems = TAMPERED[name]
    change(journal)
    assert journal.verify() == problems


def test_nothing_is_written_behind_a_tampered_end(journal: Journal) -> None:
    _edit(lambda lines: [*lines[:2], lines[2].replace(b"pop-wolio", b"pop-bungi")])(journal)
    before = journal.path.read_bytes()
    with pytest.raises(FailedError) as caught:
        journal.append("next")
    assert str(caught.value) == f"The journal {journal.path} has been tampered with at its end."
    assert journal.path.read_bytes() == before


def test_a_recovery_that_recovers_nothing_is_told(journal: Journal) -> None:
    journal.append("recovered", bytes=3, sha256="0" * 64)
    assert journal.verify() == ["line 4: recovered, but nothing torn stands before it"]


def test_several_processes_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    program = (
        "import sys; from pathlib import Path; from baubau_ops.core.journal import Journal\n"
        "for n in range(50): Journal(Path(sys.argv[1])).append('step', n=n)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert Journal(path).verify() == []
    assert len(Journal(path).records()) == 150


def test_every_line_is_one_json_document(journal: Journal) -> None:
    for line in journal.path.read_text().splitlines():
        assert set(json.loads(line)) == {"number", "time", "who", "kind", "data", "previous", "hash"}
