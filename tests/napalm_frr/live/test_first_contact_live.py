"""The first commit to a router the driver never saw, and a power cut in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from frr_pair import Lab
from live_router import Router, day0

from napalm_frr import FRRDriver


@pytest.fixture
def untouched(lab: Lab) -> Iterator[Router]:
    """A router without anything of the driver's."""
    router = Router("r2", lab)
    assert router.console("ls -d /var/lib/napalm-frr 2>/dev/null || echo none") == "none\n"
    return router


def change(driver: FRRDriver, description: str) -> None:
    text = day0()["r2"].replace(
        "interface to-bastion\n", f"interface to-bastion\n description {description}\n"
    )
    driver.load_replace_candidate(config=text)
    driver.commit_config()


def test_first_contact_converts_the_start_up_files_and_survives_power_cuts(untouched: Router) -> None:
    driver = untouched.driver()
    driver.load_replace_candidate(config=day0()["r2"])
    assert driver.compare_config() == ""
    assert untouched.console("ls -d /var/lib/napalm-frr 2>/dev/null || echo none") == "none\n"
    change(driver, "seat")
    assert untouched.console("readlink /etc/frr") == "/var/lib/napalm-frr/current/frr\n"
    assert (
        untouched.console("stat -L -c '%U:%G %a' /etc/frr /etc/frr/frr.conf") == "frr:frr 750\nfrr:frr 640\n"
    )
    untouched.power_cycle()
    assert "description seat" in untouched.console("vtysh -c 'show running-config'")
    # As if the power had gone between the two renames of the conversion.
    untouched.console("rm /etc/frr && cp -a /var/lib/napalm-frr/current/frr /etc/frr.before")
    untouched.power_cycle()
    assert untouched.console("readlink /etc/frr") == "/var/lib/napalm-frr/current/frr\n"
    assert "description seat" in untouched.console("vtysh -c 'show running-config'")
    driver = untouched.driver()
    change(driver, "seat2")
    driver.rollback()
    assert "description seat\n" in untouched.console("vtysh -c 'show running-config'")
    driver.close()
