"""The delta's classes on a real FRR: from one random configuration to another, read back as meant."""

from __future__ import annotations

from random import Random

import pytest
from live_router import Router, day0
from random_configs import generate

SEED = 8
ROUNDS = 12
HEAD = "hostname r2\nlog syslog informational\nno ipv6 forwarding\nservice integrated-vtysh-config\n" \
    "interface to-bastion\n ip address 10.250.0.6/30\nexit\n"  # fmt: skip


@pytest.fixture
def second(lab: object) -> Router:
    """The other router: what happens to it concerns no other test."""
    return Router("r2", lab)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_random_change_goes_by_delta_and_reads_back(second: Router, number: int) -> None:
    driver = second.driver()
    text = generate(Random(SEED * 1000 + number), HEAD)
    driver.load_replace_candidate(config=text)
    driver.commit_config()
    assert driver.last_commit is not None
    assert (driver.last_commit.unknown, driver.last_commit.method) == ((), "delta")
    assert driver.compare_config() == ""
    driver.close()


def test_the_way_back_to_the_first_text(second: Router) -> None:
    driver = second.driver()
    driver.load_replace_candidate(config=day0()["r2"])
    driver.commit_config()
    assert driver.last_commit is not None
    assert driver.last_commit.method == "delta"
    driver.close()
