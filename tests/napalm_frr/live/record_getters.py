"""Record the getters' answers anew from two booted routers: python tests/napalm_frr/live/record_getters.py (root).

Expected results are written too: read the difference before committing it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[3])]

from frr_pair import Lab  # noqa: E402
from live_router import NFTABLES, Router, day0, frr, full  # noqa: E402
from replay import Recorder  # noqa: E402

from napalm_frr import FRRDriver  # noqa: E402
from napalm_frr.text import join  # noqa: E402

DATA = Path(__file__).parents[1] / "mocked_data"
CALLS: dict[str, Callable[[FRRDriver], Any]] = {
    "is_alive": lambda driver: driver.is_alive(),
    "get_facts": lambda driver: driver.get_facts(),
    "get_interfaces": lambda driver: driver.get_interfaces(),
    "get_interfaces_ip": lambda driver: driver.get_interfaces_ip(),
    "get_bgp_neighbors": lambda driver: driver.get_bgp_neighbors(),
    "get_route_to": lambda driver: driver.get_route_to("1.0.4.0/24", "bgp"),
    "get_route_to_longer": lambda driver: driver.get_route_to("1.0.4.0/24", "bgp", longer=True),
    "ping": lambda driver: driver.ping("8.8.8.8"),
    "get_config": lambda driver: driver.get_config(),
    "get_config_filtered": lambda driver: [
        driver.get_config(retrieve=kind) for kind in ("running", "startup", "candidate")
    ][-1],
    "get_config_sanitized": lambda driver: driver.get_config(sanitized=True),
    "get_config_sanitized_filtered": lambda driver: {
        kind: driver.get_config(retrieve=kind, sanitized=True)[kind]
        for kind in ("running", "startup", "candidate")
    },
}


def main() -> None:
    """Boot, configure, wait for BGP, record, and take down."""
    lab = Lab("frrpair", day0())
    lab.up()
    try:
        first, second = Router("r1", lab).driver(), Router("r2", lab).driver()
        second.load_replace_candidate(
            config=join({"frr": frr("frr-r2"), "sysctl": "net.ipv4.ip_forward = 1\n"})
        )
        second.commit_config()
        open_rules = NFTABLES.replace(
            "    counter name", "    meta l4proto { tcp, udp } accept\n    counter name"
        )
        first.load_replace_candidate(config=full(nftables=open_rules))
        first.commit_config()
        _wait_for_routes(first)
        for name, call in CALLS.items():
            _record(first, name, call)
    finally:
        lab.down()


def _wait_for_routes(driver: FRRDriver) -> None:
    deadline = time.monotonic() + 60
    while not driver.get_route_to("1.0.4.0/24", "bgp"):
        if time.monotonic() > deadline:
            raise TimeoutError("BGP brought no route within 60 s")
        time.sleep(0.5)


def _record(driver: FRRDriver, name: str, call: Callable[[FRRDriver], Any]) -> None:
    folder = DATA / f"test_{name}" / "booted"
    recorder = Recorder(driver.device.target)
    recorder.folder = folder
    recorder.open()
    plain, driver.device.connection = driver.device.connection, recorder
    result = call(driver)
    driver.device.connection = plain
    recorder.close()
    (folder / "expected_result.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
