"""NAPALM's own configuration suite, on a booted router."""

from __future__ import annotations

import unittest
from pathlib import Path

import pytest
from live_router import Router
from napalm.base.test.base import TestConfigNetworkDriver as Suite


@pytest.mark.usefixtures("at_initial")
class TestConfiguration(Suite, unittest.TestCase):  # type: ignore[misc]
    """All tests are the suite's; `frr/` holds its texts and the differences it must see."""

    vendor = str(Path(__file__).parent / "frr")

    @classmethod
    def setUpClass(cls) -> None:
        """The device comes with the fixture, which runs first."""

    @classmethod
    def tearDownClass(cls) -> None:
        """The fixture puts the initial text back."""


@pytest.fixture(scope="class")
def at_initial(request: pytest.FixtureRequest, router: Router) -> object:
    """Give the suite a driver to a router that holds its initial text."""
    driver = router.driver()
    driver.load_replace_candidate(filename=f"{TestConfiguration.vendor}/initial.conf")
    driver.commit_config()
    request.cls.device = driver
    yield driver
    driver.load_replace_candidate(filename=f"{TestConfiguration.vendor}/initial.conf")
    driver.commit_config()
    driver.close()
