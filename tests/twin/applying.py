"""A long row of applies on a twin, in a process of its own beside other tests: `applying.py TWIN SECONDS`.

Each apply changes a line on every router that no session minds. It prints a line when it has begun and, at the end,
what it saw as JSON. It ends early when its stdin does.
"""

from __future__ import annotations

import json
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping

from baubau_ops.core.plan import Status
from baubau_ops.inventory.load import load
from baubau_ops.lab import console
from baubau_ops.lab.environment import environment, inventory_of, layout_of
from baubau_ops.network import apply as applying
from baubau_ops.network import render
from baubau_ops.network.apply import Application
from baubau_ops.network.verification import verify_network

DOWN = re.compile(r"AdjChg: .* Full -> |%ADJCHANGE: .* Down")
"""What OSPF and BGP log when they lose a neighbour, by BFD or otherwise."""


def with_mark(texts: Mapping[str, str], mark: str) -> dict[str, str]:
    """Each text with its first description changed."""
    return {
        name: text.replace("\n description ", f"\n description {mark}", 1) for name, text in texts.items()
    }


def downs(twin: str) -> list[str]:
    """What all routers have logged of lost neighbours; bfdd itself forgets a session that OSPF gives up."""
    layout = layout_of(twin)
    lines = []
    for router in layout.loopbacks:
        argv = console.command(
            twin, layout, router, ["journalctl", "-u", "frr", "--no-pager", "-o", "short-iso"]
        )
        log = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        lines += [line for line in log.splitlines() if DOWN.search(line)]
    return lines


def main() -> None:
    """Bring the twin to its intent, then change it to and fro."""
    twin, seconds = sys.argv[1], float(sys.argv[2])
    folder = inventory_of(twin)
    assert folder is not None
    city, surroundings = load(folder), environment(twin)

    def apply(texts: Mapping[str, str]) -> set[Status]:
        applying.render.render = lambda _: dict(texts)
        report = Application(city, surroundings).run(lambda _made: None)
        assert {one.status for one in report.outcomes} <= {Status.changed, Status.unchanged}, report.outcomes
        return {one.status for one in report.outcomes}

    plain = render.render(city)
    apply(plain)
    assert verify_network(city, surroundings, patience=60.0).findings == ()
    before = set(downs(twin))
    print("begun", flush=True)
    began, applies = time.monotonic(), 0
    while time.monotonic() - began < seconds or applies % 2:
        if select.select([sys.stdin], [], [], 0)[0]:
            sys.exit("stopped")
        assert apply(plain if applies % 2 else with_mark(plain, "again ")) == {Status.changed}
        applies += 1
    lost = [line for line in downs(twin) if line not in before]
    print(json.dumps({"applies": applies, "seconds": time.monotonic() - began, "lost": lost}), flush=True)


if __name__ == "__main__":
    main()
