"""NAPALM's own getter suite, over answers recorded from a booted router."""

from __future__ import annotations

from typing import Any

import pytest
from napalm.base.test.getters import BaseTestGetters
from replay import Replay

from napalm_frr import FRRDriver


class RecordedDriver(FRRDriver):
    """The driver with a recording for a router."""

    patched_attrs = ("recording",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.recording = self.device.connection = Replay()


@pytest.mark.usefixtures("recorded")
class TestGetters(BaseTestGetters):  # type: ignore[misc]
    """All tests are the suite's."""

    driver = FRRDriver


@pytest.fixture(scope="class")
def recorded(request: pytest.FixtureRequest) -> None:
    request.cls.device = RecordedDriver("r1", "baubau", "")
