"""`baubau lab` as people call it, on a tiny twin."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tiny import OFFICE, Tiny, taken_down, tiny

from baubau_ops.core import settings


def baubau(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "baubau_ops", "lab", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd=settings.root(),
        timeout=120,
    )


def on(made: Tiny, *arguments: str) -> subprocess.CompletedProcess[str]:
    verb, *rest = arguments
    return baubau(verb, "--name", made.name, *rest)


def test_status_for_people_and_machines(tiny_twin: Tiny) -> None:
    done = on(tiny_twin, "status")
    assert done.returncode == 0
    assert "Twin tiny: up, runs /nowhere/tiny" in done.stdout
    assert "Routers    2 running: ce-hall, pop-wolio" in done.stdout
    found = json.loads(on(tiny_twin, "status", "--output", "json").stdout)
    assert found["running"] == ["ce-hall", "pop-wolio"]
    assert found["machines"] == ["bastion", OFFICE, "host-services"]
    assert found["complete"] is True


def test_the_twin_of_the_environment_is_meant_unless_named(tiny_twin: Tiny) -> None:
    assert "Twin tiny: up" in baubau("status", "--env", f"lab:{tiny_twin.name}").stdout
    done = baubau("status", "--env", "production")
    assert (done.returncode, done.stderr) == (
        2,
        "error: production is not a twin.\n       Give --env lab:NAME or --name NAME.\n",
    )


def test_exec_runs_there_and_hands_on_the_exit_code(tiny_twin: Tiny) -> None:
    done = on(tiny_twin, "exec", "wolio", "--", "sh", "-c", "hostname; exit 7")
    assert (done.returncode, done.stdout) == (7, "pop-wolio\n")
    assert "10.64.0.2/24" in on(tiny_twin, "exec", OFFICE, "--", "ip", "-br", "addr").stdout
    done = on(tiny_twin, "exec", "pop-woli", "--", "true")
    assert (done.returncode, done.stderr) == (
        2,
        'error: The twin has no "pop-woli". Did you mean "pop-wolio"?\n',
    )


def test_ssh_config_can_be_used_as_it_is(tiny_twin: Tiny, tmp_path: object) -> None:
    done = on(tiny_twin, "ssh-config")
    path = f"{tmp_path}/config"
    with open(path, "w") as file:
        file.write(done.stdout)
    argv = ["ssh", "-F", path, "ce-hall", "hostname"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "ce-hall\n"


def test_break_heal_and_power(changing: Tiny) -> None:
    assert on(changing, "break", "wolio--ce-hall", "--silent").stdout == (
        "wolio--ce-hall is cut, silently: both ends stay up.\n"
    )
    assert "pop-wolio--ce-hall is cut silently" in on(changing, "status").stdout
    assert on(changing, "break", "ce-hall--wolio").stdout == "ce-hall--wolio is cut, both ends are down.\n"
    assert not changing.carrier("pop-wolio", "ce1")
    assert on(changing, "heal").stdout == "pop-wolio--ce-hall: restored.\n"
    assert on(changing, "heal").stdout == "No link is cut.\n"
    assert on(changing, "power", "ce-hall", "off").stdout == "ce-hall is off.\n"
    assert "1 without power: ce-hall" in on(changing, "status").stdout
    done = on(changing, "exec", "ce-hall", "--", "true")
    assert done.stderr == "error: ce-hall has no power.\n       baubau lab power ce-hall on\n"
    assert on(changing, "power", "ce-hall", "on").stdout == "ce-hall is on.\n"
    assert set(changing.inits()) == {"ce-hall", "pop-wolio"}
    done = on(changing, "break", "wolio--ce-hal")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        'error: The twin has no link "wolio--ce-hal". Did you mean "wolio--ce-hall"?',
    )


def test_down_says_what_it_did_and_that_there_was_nothing() -> None:
    with taken_down("tinydown") as made:
        made.up(tiny())
        assert on(made, "down").stdout == 'The twin "tinydown" is gone.\n'
        assert made.left_overs() == []
        done = on(made, "down")
        assert (done.returncode, done.stdout) == (0, 'There is no twin "tinydown".\n')
        done = on(made, "exec", "core-1", "--", "true")
        assert (done.returncode, done.stderr) == (
            5,
            'error: No twin "tinydown" is up.\n       Start it with: baubau lab up --name tinydown\n',
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("up", "--name", "Wolio"), '"Wolio" is not a twin\'s name'),
        (("up", "--name", "x1", "--profile", "middle"), 'The profile "middle" is not a folder: middle.'),
        (("up", "--name", "tiny", "--profile", "small"), "The twin tiny runs /nowhere/tiny, not "),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    tiny_twin: Tiny, arguments: tuple[str, ...], message: str
) -> None:
    before = tiny_twin.inits()
    done = baubau(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert tiny_twin.inits() == before
