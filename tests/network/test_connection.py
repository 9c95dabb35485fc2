"""Sessions to routers: FRR's without NAPALM, any other platform's through it; failures are answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from baubau_ops.core.errors import UnreachableError
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.fleet.fleet import Fleet


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Where nothing answers: port 1 of this machine's loopback."""
    (tmp_path / "ssh_config").write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n  User nobody\n")
    return Environment(
        name="nowhere",
        ssh_config=tmp_path / "ssh_config",
        secrets=Secrets({}),
        state=tmp_path,
        asks=False,
        connect_timeout=2.0,
        command_timeout=2.0,
    )


def test_routers_that_refuse_are_unreachable_all_at_once(environment: Environment) -> None:
    names = [f"pop-{number}" for number in range(8)]
    with Fleet(dict.fromkeys(names, "frr"), environment) as fleet:
        answers = fleet.run(names, lambda _, driver: driver.is_alive())
    assert [type(answer) for answer in answers.values()] == [UnreachableError] * 8
    assert str(answers["pop-0"]).startswith("pop-0 cannot be reached: pop-0: ")


def test_another_platform_is_driven_through_napalm(environment: Environment, tmp_path: Path) -> None:
    with Fleet({"sw-1": "mock"}, environment, options={"path": str(tmp_path)}) as fleet:
        assert fleet.run(["sw-1"], lambda _, driver: driver.is_alive()) == {"sw-1": {"is_alive": True}}


def test_an_apply_does_not_import_napalm() -> None:
    module = "baubau_ops.network.change.apply"
    program = f"import sys, {module}; print([n for n in ('napalm', 'netmiko') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[]\n", done.stderr
