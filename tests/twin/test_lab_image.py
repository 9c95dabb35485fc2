"""The image's build can be killed at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import kill_after, wait_until

CODE = """
from baubau_ops.lab.image.build import root_of
from baubau_ops.lab.image.router import ROUTER
print(root_of(ROUTER))
"""


def processes_with(word: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if word in line:
                found.append(line)
    return found


@pytest.mark.long
def test_a_killed_build_leaves_no_process_and_the_next_one_is_whole(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    images = tmp_path / ".cache/baubau/images"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", CODE], env=environment, stdout=subprocess.PIPE)

    for seconds in (3.0, 8.0):
        assert kill_after(start(), seconds)
        wait_until(lambda: not processes_with(str(images)), 10, "mmdebstrap and its children have ended")
        assert str(images) not in Path("/proc/mounts").read_text()
        assert not [path for path in images.iterdir() if path.is_dir() and not path.name.startswith(".new-")]
    pair = [start(), start()]
    outputs = {process.communicate(timeout=300)[0].decode().strip() for process in pair}
    assert len(outputs) == 1
    image = Path(outputs.pop())
    assert [path for path in images.iterdir() if path.is_dir() and not path.is_symlink()] == [image]
    assert (image / "usr/lib/frr/zebra").exists()
    assert not list((image / "etc/ssh").glob("ssh_host_*"))
    assert (image / "etc/machine-id").read_text() == ""
