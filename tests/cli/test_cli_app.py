from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from baubau_ops import __version__
from baubau_ops.cli import app as cli
from baubau_ops.cli import lazy
from baubau_ops.core import errors

BAUBAU = [sys.executable, "-P", "-m", "baubau_ops"]
SMALL = ["--inventory", str(Path(__file__).parents[2] / "examples/small")]


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        [*BAUBAU, *arguments], capture_output=True, text=True, env=env, timeout=60, check=False
    )


def test_help_lists_the_groups_in_order_with_one_line_each() -> None:
    done = call("--help", COLUMNS="200")
    assert done.returncode == 0
    listed = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    expected = [(entry.name, entry.help) for entry in cli.Groups.entries]
    assert [tuple(line.strip().split(maxsplit=1)) for line in listed] == expected


@pytest.mark.parametrize("group", ["inventory", "link", "net", "lab", "journal"])
def test_the_line_of_help_of_every_command_is_whole(group: str) -> None:
    listed = call(group, "--help", COLUMNS="80").stdout.partition("Commands:\n")[2].splitlines()
    assert listed
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


def test_help_imports_no_group() -> None:
    program = (
        "import sys; from baubau_ops.cli import app\n"
        "assert app.run(['--help']) == 0\n"
        "print([m for m in sys.modules if m == 'rich' or m == 'pydantic' or m in"
        " {e.module for e in app.Groups.entries}], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.strip() == "[]"


def test_every_entry_is_a_module_with_its_command() -> None:
    for entry in cli.Groups.entries:
        assert entry.load().name == entry.name


def test_the_version() -> None:
    assert call("--version").stdout == f"baubau {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["doctr"], "Error: No such command 'doctr'. Did you mean 'doctor'?"),
        (["qqq"], "Error: No such command 'qqq'."),
        (["doctor", "--ouput", "json"], "Error: No such option: --ouput (Possible options: --output)"),
        (["doctor", "extra"], "Error: Got unexpected extra argument(s) (extra)"),
        (
            ["doctor", "--inventory", "/nowhere"],
            "Error: Invalid value for '--inventory': dir '/nowhere' does not exist.",
        ),
        (
            ["doctor", "--env", "foo:bar"],
            'error: "foo:bar" is not an environment: write lab, lab:NAME or production.',
        ),
    ],
)
def test_bad_usage_is_told_in_one_line_and_exits_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == message
    assert captured.out == ""


def test_without_arguments_the_help_is_shown() -> None:
    done = call()
    assert done.returncode == 2
    assert "Commands:" in done.stderr


def _fail_with(error: BaseException) -> Callable[..., None]:
    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (errors.FailedError("The play failed."), 1, "error: The play failed.\n"),
        (
            errors.MissingError("The command nft is not installed.", remedy="apt-get install nftables"),
            2,
            "error: The command nft is not installed.\n       apt-get install nftables\n",
        ),
        (errors.UnreachableError("pop-wolio does not answer."), 5, "error: pop-wolio does not answer.\n"),
        (
            errors.InvalidInventoryError(
                (
                    errors.Problem(
                        "inventory/sites/dinkes.yml:4:13", "link.pop", 'there is no POP "wollio".'
                    ),
                    errors.Problem("inventory/backbone.yml", "", "the file is empty."),
                ),
                94,
            ),
            2,
            'inventory/sites/dinkes.yml:4:13  link.pop: there is no POP "wollio".\n'
            "inventory/backbone.yml           the file is empty.\n"
            "\n"
            "2 errors in 94 files. Nothing was changed.\n",
        ),
        (KeyboardInterrupt(), 130, "\nStopped by Ctrl-C.\n"),
    ],
)
def test_errors_become_exit_codes_once(
    error: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("baubau_ops.lab.host.machine.look", _fail_with(error))
    assert cli.run(["doctor"]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", told)


def test_a_defect_shows_one_line_and_logs_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("baubau_ops.lab.host.machine.look", _fail_with(ZeroDivisionError("division by zero")))
    assert cli.run(["doctor", "-vv"]) == 1
    log = tmp_path / "baubau-state" / "lab" / "default" / "run.log"
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"internal error: ZeroDivisionError: division by zero. The traceback is in {log}."
    assert "Traceback (most recent call last)" in log.read_text()
    assert "ZeroDivisionError: division by zero" in log.read_text()


def test_a_defect_before_the_command_and_without_a_writable_state_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAUBAU_STATE", str(tmp_path / "file"))
    monkeypatch.setattr(lazy.Entry, "load", _fail_with(ZeroDivisionError("x")))
    assert cli.run(["doctor"]) == 1
    assert capsys.readouterr().err == "internal error: ZeroDivisionError: x.\n"


def test_a_reader_that_has_enough_ends_the_command_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*BAUBAU, "doctor", "--output", "json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["inventory", "list"], ["inventory", "check", "--output", "json"]]
)
def test_a_stdout_that_is_closed_is_nobody_who_reads(arguments: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *BAUBAU, *arguments, *SMALL[: 2 * (len(arguments) > 1)]],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["--help"], ["inventory", "list", *SMALL], ["net", "render", *SMALL]])
def test_a_full_disk_is_told_in_one_line(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*BAUBAU, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: No space is left on the file system.\n"


@pytest.mark.parametrize("module", ["typer", "baubau_ops.cli.lazy", "baubau_ops.core.errors"])
def test_ctrl_c_while_the_command_line_is_imported_shows_no_traceback(module: str, tmp_path: Path) -> None:
    (tmp_path / "interrupting.py").write_text(
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    program = "import interrupting, runpy; runpy.run_module('baubau_ops', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_what_is_not_utf_8_is_refused() -> None:
    done = subprocess.run(
        [*BAUBAU, "inventory", "show", b"Caf\xe9", *SMALL], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == (
        b'error: "Caf\\xe9" is not UTF-8.\n       Set the terminal to UTF-8 and type it again.\n'
    )


def test_json_loses_no_letter_where_the_locale_has_few(tmp_path: Path) -> None:
    shutil.copytree(SMALL[1], tmp_path / "city")
    site = tmp_path / "city/sites/dinkes.yml"
    site.write_text(site.read_text().replace("Dinas Kesehatan", "Dinas Kesehatan – Pusat"))
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    arguments = ["inventory", "show", "dinkes", "--output", "json", "--inventory", str(tmp_path / "city")]
    shown = call(*arguments, **locale).stdout
    assert shown.isascii()
    assert json.loads(shown)[0]["facts"]["name"] == "Dinas Kesehatan – Pusat"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_the_command_after_its_cleaning_up(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    program = (
        "import sys, time\n"
        "from baubau_ops.cli import app\n"
        "from baubau_ops.lab.host import machine\n"
        "def look():\n"
        "    try:\n"
        "        print('looking', flush=True)\n"
        "        while True: time.sleep(0.05)\n"
        "    finally:\n"
        "        print('cleaned up', flush=True)\n"
        "machine.look = look\n"
        "sys.argv = ['baubau', 'doctor']\n"
        "app.main()\n"
    )
    env = {**os.environ, "BAUBAU_STATE": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "looking\n"
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (code, "cleaned up\n")
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        (["do"], ["doctor"]),
        (["--ver"], ["--version"]),
        (["doctor", "--outp"], ["--output"]),
        (["doctor", "--output", ""], ["table", "json"]),
    ],
)
def test_words_are_completed_through_lazy_groups(words: list[str], completions: list[str]) -> None:
    done = call(
        _BAUBAU_COMPLETE="complete_bash", COMP_WORDS=" ".join(["baubau", *words]), COMP_CWORD=str(len(words))
    )
    assert done.stdout.split() == completions


def test_the_completion_script_calls_us() -> None:
    # Which shell calls is guessed from the parent processes; here it is said.
    script = call("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1").stdout
    assert "complete -o default -F _baubau_completion baubau" in script


def test_typer_carries_its_own_click() -> None:
    source = (Path(lazy.__file__).parent / "lazy.py").read_text()
    assert not re.search(r"^\s*(import|from) click", source, re.MULTILINE)
    assert issubclass(typer.BadParameter, typer.TyperException)
