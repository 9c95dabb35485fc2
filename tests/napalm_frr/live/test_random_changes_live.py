"""The delta's classes on a real FRR: from one random configuration to another, read back as meant."""

from __future__ import annotations

from random import Random

import pytest
from live_router import Router
from random_configs import generate

SEED = 8
ROUNDS = 12
HEAD = "hostname r2\nlog syslog informational\nno ipv6 forwarding\nservice integrated-vtysh-config\n" \
    "interface to-bastion\n ip address 10.250.0.6/30\nexit\n"  # fmt: skip


@pytest.fixture
def second(lab: object) -> Router:
    """The other router: what happens to it concerns no other test."""
    return Router("r2", lab)  # type: ignore[arg-type]


def test_random_changes_read_back_as_meant_most_of_them_by_delta_alone(second: Router) -> None:
    methods = []
    for number in range(ROUNDS):
        driver = second.driver(connect_timeout=20.0)
        driver.load_replace_candidate(config=generate(Random(SEED * 1000 + number), HEAD))
        driver.commit_config()
        assert driver.compare_config() == ""
        assert driver.last_commit is not None
        if not driver.last_commit.unknown:
            methods.append(driver.last_commit.method)
        driver.close()
    assert methods.count("delta") >= 0.75 * len(methods), methods
