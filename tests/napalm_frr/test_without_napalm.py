"""A router is driven without importing NAPALM, and NAPALM finds its driver all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import sys
from napalm_frr.session import Session
from napalm_frr.transport import Target
assert "napalm" not in sys.modules
session = Session(Target(host="nobody.invalid", ssh_config_file="/dev/null"))
try:
    session.load("#@ section weather")
except Exception as error:
    from napalm.base.exceptions import ReplaceConfigException
    assert isinstance(error, ReplaceConfigException), repr(error)
    print("refused")
"""

FOUND = """
import inspect, napalm, napalm_frr
from napalm.base import NetworkDriver
driver = napalm.get_network_driver("frr")
assert issubclass(driver, NetworkDriver)
print([name for name, _ in inspect.getmembers(napalm_frr, inspect.isclass)])
"""


@pytest.mark.parametrize(("program", "said"), [(WITHOUT, "refused"), (FOUND, "['FRRDriver']")])
def test_in_a_process_of_its_own(program: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.strip() == said


def test_what_the_package_lacks_is_an_attribute_error() -> None:
    import napalm_frr
    from napalm_frr import errors

    for module in (napalm_frr, errors):
        assert not hasattr(module, "Weather")
