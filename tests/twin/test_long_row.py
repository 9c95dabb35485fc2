"""Two minutes of changes on all routers, one after the other: no session minds."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping

import pytest
from twin_city import City

from baubau_ops.core.plan import Status
from baubau_ops.network.change import apply as applying
from baubau_ops.network.change.apply import Application
from baubau_ops.network.render import configurations
from baubau_ops.network.verify.network import verify_network

APPLYING = 120.0
"""Seconds of repeated applies; tests/bench does it for ten minutes."""
DOWN = re.compile(r"AdjChg: .* Full -> |%ADJCHANGE: .* Down")
"""What OSPF and BGP log when they lose a neighbour, by BFD or otherwise."""


def with_mark(texts: Mapping[str, str], mark: str) -> dict[str, str]:
    """Each text with its first description changed: a line on every router that no session minds."""
    return {
        name: text.replace("\n description ", f"\n description {mark}", 1) for name, text in texts.items()
    }


def downs(city: City) -> set[str]:
    """What all routers have logged of lost neighbours; bfdd itself forgets a session that OSPF gives up."""
    found: set[str] = set()
    for node in city.inventory.topology.ours:
        argv = city.console(node.name, "journalctl", "-u", "frr", "--no-pager", "-o", "short-iso")
        log = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        found |= {line for line in log.splitlines() if DOWN.search(line)}
    return found


def test_no_neighbour_is_lost_while_apply_follows_apply(twin: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(texts: Mapping[str, str]) -> set[Status]:
        monkeypatch.setattr(applying.configurations, "render", lambda *_: dict(texts))
        report = Application(twin.inventory, twin.environment).run(lambda _made: None)
        return {one.status for one in report.outcomes}

    plain = configurations.render(twin.inventory)
    assert apply(plain) <= {Status.changed, Status.unchanged}
    assert verify_network(twin.inventory, twin.environment, patience=60.0).findings == ()
    before = downs(twin)
    began, applies = time.monotonic(), 0
    while time.monotonic() - began < APPLYING or applies % 2:
        assert apply(plain if applies % 2 else with_mark(plain, "again ")) == {Status.changed}
        applies += 1
    assert applies >= 2
    assert downs(twin) - before == set()
