from __future__ import annotations

import logging
from pathlib import Path

import pytest

from baubau_ops.cli import logs


@pytest.mark.parametrize(
    ("verbosity", "seen"), [(0, ["warning"]), (1, ["info", "warning"]), (2, ["debug", "info", "warning"])]
)
def test_stderr_shows_as_much_as_is_asked_for(
    verbosity: int, seen: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(verbosity, "lab:default")
    log = logging.getLogger("baubau_ops.network.test")
    for level in ("debug", "info", "warning"):
        getattr(log, level)(level)
    lines = [line for line in capsys.readouterr().err.splitlines() if "network.test" in line]
    assert [line.rpartition(" ")[2] for line in lines] == seen


def test_run_log_keeps_what_was_done_privately(tmp_path: Path) -> None:
    logs.configure(0, "lab:x")
    logging.getLogger("napalm_frr").info("armed %s", "pop-wolio")
    logging.getLogger("napalm_frr").debug("not that much")
    path = tmp_path / "baubau-state" / "lab" / "x" / "run.log"
    assert "napalm_frr: armed pop-wolio" in path.read_text()
    assert "not that much" not in path.read_text()
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_others_are_heard_only_when_they_warn(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(2, "lab:default")
    logging.getLogger("asyncssh").info("chatter")
    logging.getLogger("asyncssh").warning("trouble")
    assert "chatter" not in capsys.readouterr().err


def test_a_state_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAUBAU_STATE", str(tmp_path / "file"))
    logs.configure(0, "lab:default")
    logging.getLogger("baubau_ops").warning("still here")
    assert capsys.readouterr().err == "WARNING baubau_ops: still here\n"


def test_configured_twice_nothing_is_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(0, "lab:default")
    logs.configure(0, "lab:default")
    logging.getLogger("baubau_ops").warning("once")
    assert capsys.readouterr().err.count("once") == 1
