"""What a command costs the machine it is started on: `python measured.py COMMAND…` prints a Cost as JSON.

Its children count, and what it leaves in the background as well (OpenSSH's masters), which is then ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor: float
    """Seconds."""
    memory: float
    """MiB of the largest process; others may share it."""


def measured(argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Cost:
    """Run a command that must succeed."""
    done = subprocess.run(
        [sys.executable, __file__, *argv],
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Cost(**json.loads(done.stdout))


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    began = time.monotonic()
    done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    seconds = time.monotonic() - began
    while left := _children():
        for child in left:
            os.kill(child, signal.SIGTERM)
        os.wait()  # who was its child is ours now, and comes up in the next round
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps(asdict(Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))))
    sys.exit(done.returncode)


def _children() -> list[int]:
    """Without a file of children in /proc, which not every kernel has."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        if parent == os.getpid():
            found.append(int(stat.parent.name))
    return found


if __name__ == "__main__":
    main()
