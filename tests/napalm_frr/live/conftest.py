"""Two booted routers for the driver's live tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from frr_pair import Lab
from live_router import Router, day0, full, wait_until

from napalm_frr import FRRDriver


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Boot both routers once for all tests of the session."""
    made = Lab(f"frr{os.getpid()}", day0())  # two runs of the tests may share a machine
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="session")
def router(lab: Lab) -> Router:
    """The router most tests act on."""
    return Router("r1", lab)


@pytest.fixture
def base(router: Router) -> Iterator[FRRDriver]:
    """An open driver to a router whose confirmed configuration is the tests' full text."""
    driver = router.driver()
    if driver.has_pending_commit():
        wait_until(lambda: not driver.has_pending_commit(), 20, "the revert of an earlier test's commit")
    driver.load_replace_candidate(config=full())
    driver.commit_config("base")
    driver.discard_config()
    yield driver
    driver.close()
