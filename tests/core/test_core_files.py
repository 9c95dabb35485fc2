from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from baubau_ops.core.errors import FailedError
from baubau_ops.core.files import lock, write_atomic


def test_a_file_is_written_with_exactly_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomic(tmp_path / "public", "x")
        write_atomic(tmp_path / "key", "y", mode=0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "public"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_what_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FailedError) as caught:
        write_atomic(tmp_path / "folder", "x")
    assert str(caught.value) == f"{tmp_path}/folder cannot be written: Is a directory."
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    """A process that does nothing but rewrite the file is killed again and again."""
    path = tmp_path / "lock.yml"
    program = (
        "import sys; from pathlib import Path; from baubau_ops.core.files import write_atomic\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1; write_atomic(Path(sys.argv[1]), f'{n}\\n' * 20000)\n"
        "    if n == 1: print('ready', flush=True)\n"
    )
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(10)
        writer.stdout.close()
        lines = path.read_text().splitlines()
        assert len(lines) == 20000
        assert len(set(lines)) == 1


def test_a_held_lock_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "state" / "allocations.lock"
    with lock(path), pytest.raises(FailedError) as caught, lock(path, timeout=0.05):
        pytest.fail("two hold the lock")
    message = str(caught.value)
    assert message.startswith(f"{path} is locked by process {os.getpid()} (")
    assert message.endswith("Z; waited 50ms.")


def test_a_lock_is_free_after_its_holder_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import sys; from pathlib import Path; from baubau_ops.core.files import lock\n"
        "with lock(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FailedError, match=f"locked by process {holder.pid} "), lock(path, timeout=0):
            pytest.fail("two hold the lock")
    finally:
        holder.kill()
        holder.wait(10)
        holder.stdin.close()
        holder.stdout.close()
    with lock(path, timeout=0):
        pass


def test_a_lock_file_its_holder_removes_lets_no_two_in(tmp_path: Path) -> None:
    """Ten processes at once, each removing the file a hundred times while others wait for it."""
    program = (
        "import sys; from pathlib import Path; from baubau_ops.core.files import lock\n"
        "path, inside = Path(sys.argv[1], 'lock'), Path(sys.argv[1], 'inside')\n"
        "for _ in range(100):\n"
        "    with lock(path, timeout=60):\n"
        "        inside.touch(exist_ok=False); inside.unlink(); path.unlink()\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path)]
    several = [subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) for _ in range(10)]
    assert [process.communicate(timeout=120)[1] for process in several] == [""] * 10
    assert list(tmp_path.iterdir()) == []


def test_a_folder_can_be_locked_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    with lock(tmp_path):
        with (
            pytest.raises(FailedError, match="is locked by an unknown process"),
            lock(tmp_path, timeout=0.05),
        ):
            pass
        assert list(tmp_path.iterdir()) == []
    with lock(tmp_path, timeout=0.05):
        pass
