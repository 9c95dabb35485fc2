from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from baubau_ops.core import shell
from baubau_ops.core.errors import FailedError, MissingError


def test_output_input_and_environment() -> None:
    done = shell.run(["sh", "-c", 'cat; echo "$WHO" >&2'], input="selamat\n", env={"WHO": "ana"})
    assert done == shell.Completed("selamat\n", "ana\n", 0)


def test_without_input_stdin_is_empty() -> None:
    assert shell.run(["cat"], timeout=5).stdout == ""


def test_a_failure_names_the_command_and_its_last_line() -> None:
    with pytest.raises(FailedError) as caught:
        shell.run(["sh", "-c", "echo first >&2; echo 'last word' >&2; exit 3"])
    assert str(caught.value) == "sh failed (exit 3): last word"


def test_a_command_killed_by_a_signal_says_which() -> None:
    with pytest.raises(FailedError) as caught:
        shell.run(["sh", "-c", "kill -9 $$"])
    assert str(caught.value) == "sh failed (killed by signal 9): it said nothing."


def test_unchecked_an_exit_code_is_only_returned() -> None:
    assert shell.run(["sh", "-c", "exit 3"], check=False).returncode == 3


def test_what_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(FailedError) as caught:
        shell.run(["sh", "-c", f"sleep 60 & echo $! >{tmp_path}/child; wait"], timeout=0.3)
    assert str(caught.value) == "sh did not finish within 300ms."
    assert time.monotonic() - began < 10
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _is_running(child):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_missing_tool_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(shell, "_SBIN", ())
    with pytest.raises(MissingError) as caught:
        shell.run(["nft", "list", "ruleset"])
    assert str(caught.value) == "The command nft is not installed."
    assert caught.value.remedy == "apt-get install nftables"


def test_administrators_tools_are_found_without_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nft"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(shell, "_SBIN", (str(tmp_path),))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert shell.require("nft") == str(tool)
