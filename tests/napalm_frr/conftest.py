"""NAPALM's suites take their cases from folders of recorded answers."""

from __future__ import annotations

import pytest
from napalm.base.test import conftest as napalm_conftest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each of NAPALM's getter tests its recorded cases."""
    napalm_conftest.pytest_generate_tests(metafunc, __file__)
