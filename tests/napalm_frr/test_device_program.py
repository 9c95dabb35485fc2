"""The program that runs on the router, as far as it needs no router."""

from __future__ import annotations

import fcntl
import subprocess
import time
from pathlib import Path

from napalm_frr.remote import program


def test_an_answer_that_nobody_takes_does_not_hold_the_lock(tmp_path: Path) -> None:
    """A change may cut off the connection that waits for its answer: the revert needs the lock then."""
    text = (
        program()
        .replace("/var/lib/napalm-frr", str(tmp_path))
        .replace("/run/napalm-frr.", f"{tmp_path}/run.")
    )
    size = 1_000_000
    text += (
        f"talk() {{ lock; head -c {size} /dev/zero; echo said > '{tmp_path}/said'; }}\nbegin\nanswer talk\n"
    )
    with subprocess.Popen(["/bin/sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talking:
        assert talking.stdin is not None
        assert talking.stdout is not None
        talking.stdin.write(text.encode())
        talking.stdin.close()
        deadline = time.monotonic() + 10
        while not (tmp_path / "said").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with open(tmp_path / "lock") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    assert time.monotonic() < deadline, "the lock is still held"
                    time.sleep(0.02)
        assert talking.poll() is None  # it still wants to get rid of its answer
        assert len(talking.stdout.read()) == size
    assert talking.returncode == 0
