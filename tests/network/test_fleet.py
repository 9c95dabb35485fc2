"""Sessions with many devices at once: bounded, interruptible, and a failure is an answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fake_fleet import FakeFleet, FakeRouter

from baubau_ops.core.errors import FailedError, UnreachableError
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.fleet.fleet import WORKERS, Fleet
from baubau_ops.network.platforms.frr import session as frr
from baubau_ops.network.platforms.session import Session


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
    with Fleet(dict.fromkeys(names, frr), environment) as fleet:
        answers = fleet.run(names, lambda _, session: session.pending())
    assert [type(answer) for answer in answers.values()] == [UnreachableError] * 8
    assert str(answers["pop-0"]).startswith("pop-0 cannot be reached: pop-0: ")


def test_as_many_run_at_once_as_there_are_workers_and_each_answers_in_its_place() -> None:
    names = [f"pop-{number}" for number in range(3 * WORKERS)]
    running: set[str] = set()
    sizes: list[int] = []
    is_full = threading.Event()

    def task(device: str, _session: Session) -> str:
        running.add(device)
        sizes.append(len(running))
        if len(running) == WORKERS:
            is_full.set()
        assert is_full.wait(10)
        running.discard(device)
        return device

    with FakeFleet(*map(FakeRouter, names)) as fleet:
        assert fleet.run(names, task) == {name: name for name in names}
    assert max(sizes) == WORKERS


def test_an_interrupt_ends_what_runs_and_begins_nothing_more() -> None:
    names = [f"pop-{number}" for number in range(WORKERS + 50)]
    begun: list[str] = []
    interrupted = threading.Event()

    def task(device: str, _session: Session) -> None:
        begun.append(device)
        if len(begun) == WORKERS:
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)
            interrupted.set()
        interrupted.wait(10)

    with FakeFleet(*map(FakeRouter, names)) as fleet, pytest.raises(KeyboardInterrupt):
        fleet.run(names, task)
    assert WORKERS <= len(begun) < len(names)


def test_a_device_that_stops_answering_gets_a_new_session() -> None:
    router = FakeRouter("pop")
    with FakeFleet(router) as fleet:
        assert fleet.run(["pop"], lambda _, session: session.pending()) == {"pop": False}
        router.unreachable = True
        answer = fleet.run(["pop"], lambda _, session: session.pending())["pop"]
        assert isinstance(answer, UnreachableError)
        router.unreachable = False
        fleet.platform.asked.clear()
        assert fleet.run(["pop"], lambda _, session: session.pending()) == {"pop": False}
        assert fleet.asked == {"pop"}


def test_what_is_raised_on_one_device_is_its_answer() -> None:
    def task(device: str, _session: Session) -> str:
        if device == "ce":
            raise ValueError("not understood")
        return "fine"

    with FakeFleet(FakeRouter("pop"), FakeRouter("ce")) as fleet:
        answers = fleet.run(["ce", "pop"], task)
    assert answers["pop"] == "fine"
    assert isinstance(answers["ce"], FailedError)
    assert str(answers["ce"]) == "ce: not understood"


def test_an_apply_does_not_import_napalm() -> None:
    module = "baubau_ops.network.change.apply"
    program = f"import sys, {module}; print([n for n in ('napalm', 'netmiko') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[]\n", done.stderr
