"""Processes of control groups that come and go while they are looked at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from baubau_ops.lab.host import cgroups


def test_a_group_that_ends_while_it_is_looked_at_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group, processes in {
        "": "1\n",
        "ending": "2\n",
        "ending/below": "3\n",
        "lasting": "0\n4\n5\n",
    }.items():
        (tmp_path / "node" / group).mkdir(parents=True, exist_ok=True)
        (tmp_path / "node" / group / "cgroup.procs").write_text(processes)
    monkeypatch.setattr(cgroups, "_hierarchies", lambda: iter([tmp_path]))
    assert cgroups.processes(["node", "unknown"]) == {1, 2, 3, 4, 5}
    scandir = os.scandir

    def end_first(folder: Any) -> Any:
        if str(folder).endswith("/ending"):
            shutil.rmtree(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", end_first)
    assert cgroups.processes(["node"]) == {1, 4, 5}
