"""Two minutes of changes on all routers, one after the other, while other twins come and go: no session minds."""

from __future__ import annotations

import json
import subprocess


def test_no_neighbour_is_lost_while_apply_follows_apply(applies: subprocess.Popen[str]) -> None:
    assert applies.wait(timeout=600) == 0
    assert applies.stdout is not None
    seen = json.loads(applies.stdout.read().removeprefix("begun\n"))
    assert seen["seconds"] >= 120
    assert seen["applies"] >= 2
    assert seen["lost"] == []
