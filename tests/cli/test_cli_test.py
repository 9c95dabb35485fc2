"""`baubau test`, tried on small checkouts of its own: real ruff, mypy and pytest."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from baubau_ops.cli import app as cli
from baubau_ops.lab.host.machine import Finding, State

PYPROJECT = """
[project]
name = "baubau-ops"
[tool.pytest.ini_options]
testpaths = ["tests"]
markers = ["twin: x", "long: x"]
[tool.ruff]
lint.select = ["F"]
[tool.mypy]
strict = true
packages = ["product"]
"""
TESTS = """
import pytest
def test_plain(): pass
@pytest.mark.twin
def test_on_twin(): pass
@pytest.mark.long
def test_soak(): pass
"""
CAPABLE = (Finding("veth", State.present, "tried"),)
INCAPABLE = (Finding("root", State.missing, "user id 1000", cost="the twin", remedy="sudo"),)

Checkout = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    def make(
        tests: str = TESTS,
        product: str = "X: int = 1\n",
        machine: tuple[Finding, ...] = CAPABLE,
        *,
        static: bool = False,
        side_by_side: bool = False,
    ) -> Path:
        (tmp_path / "pyproject.toml").write_text(PYPROJECT)
        (tmp_path / "product").mkdir()
        (tmp_path / "product" / "__init__.py").write_text(product)
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "test_it.py").write_text(tests)
        monkeypatch.setenv("BAUBAU_ROOT", str(tmp_path))
        if not side_by_side:
            monkeypatch.setattr(
                "baubau_ops.cli.commands.test._SIDE_BY_SIDE", ()
            )  # its start takes longer than these tests
        if not static:
            monkeypatch.setattr(
                "baubau_ops.cli.commands.test._STATIC", (("ruff", "--version"),)
            )  # mypy is slow
        monkeypatch.setattr("baubau_ops.lab.host.machine.look", lambda: machine)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("options", "machine", "code", "closing", "summary"),
    [
        ([], CAPABLE, 0, "2 passed in", "tests ✓"),
        (["--long"], CAPABLE, 0, "3 passed", "tests ✓"),
        ([], INCAPABLE, 2, "1 passed in", "twin: not run (root: user id 1000)"),
        (["--no-twin"], INCAPABLE, 0, "1 passed, 2 deselected", "twin: not run (--no-twin was given)"),
        (["--no-twin"], CAPABLE, 0, "1 passed, 2 deselected", "twin: not run (--no-twin was given)"),
        (["--no-twin", "--long"], CAPABLE, 0, "2 passed, 1 deselected", "twin: not run"),
        (["--", "-k", "plain"], CAPABLE, 0, "1 passed, 2 deselected", "tests ✓"),
    ],
)
def test_what_is_run_where(
    checkout: Checkout,
    options: list[str],
    machine: tuple[Finding, ...],
    code: int,
    closing: str,
    summary: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    checkout(machine=machine, side_by_side=not options)
    assert cli.run(["test", *options]) == code
    lines = capfd.readouterr().out.splitlines()
    assert closing in lines[-2]
    assert summary in lines[-1]
    assert lines[-1].startswith("static ✓ ")


def test_a_failing_test_fails(checkout: Checkout, capfd: pytest.CaptureFixture[str]) -> None:
    checkout(tests="def test_no(): assert False\n")
    assert cli.run(["test"]) == 1
    assert "tests ✗" in capfd.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("product", ["import os\n", "X: int = 'a'\n"], ids=["ruff", "mypy"])
def test_a_failing_static_check_fails(
    checkout: Checkout, product: str, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout(product=product, static=True)
    assert cli.run(["test"]) == 1
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("static ✗")
    assert "tests ✓" in last


def test_no_test_at_all_is_a_failure(checkout: Checkout, capfd: pytest.CaptureFixture[str]) -> None:
    checkout()
    assert cli.run(["test", "--", "-k", "nothing_of_this_name"]) == 1
    assert "(no test was selected)" in capfd.readouterr().out.splitlines()[-1]


def test_only_the_benchmarks(checkout: Checkout, capfd: pytest.CaptureFixture[str]) -> None:
    root = checkout(tests="def test_no(): assert False\n", product="import os\n")
    (root / "tests" / "bench").mkdir()
    (root / "tests" / "bench" / "test_speed.py").write_text(
        "import pytest\n@pytest.mark.long\ndef test_fast(): pass\n"
    )
    assert cli.run(["test", "--bench"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert "1 passed" in lines[-2]
    assert lines[-1].startswith("tests ✓")


def test_json_is_the_only_thing_on_stdout(checkout: Checkout, capfd: pytest.CaptureFixture[str]) -> None:
    checkout(machine=INCAPABLE)
    assert cli.run(["test", "--output", "json"]) == 2
    captured = capfd.readouterr()
    document = json.loads(captured.out)
    assert document["passed"] is True
    assert [(step["name"], step["result"]) for step in document["steps"]] == [
        ("static", "passed"),
        ("tests", "passed"),
        ("twin", "not run"),
    ]
    assert "1 passed, 2 deselected" in captured.err


def test_a_stopped_run_still_cleans_up(checkout: Checkout) -> None:
    root = checkout(
        tests="""
import pathlib, signal, pytest
@pytest.fixture
def twin():
    yield
    pathlib.Path("cleaned").write_text("up")
def test_waits(twin):
    pathlib.Path("waiting").write_text("")
    signal.pause()
"""
    )
    command = [sys.executable, "-P", "-m", "baubau_ops", "test", "--no-twin"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(root / "waiting", process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert (root / "cleaned").read_text() == "up"


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "it ended before it was stopped"
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)
