from __future__ import annotations

import io
import ipaddress
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from baubau_ops.cli.context import Context
from baubau_ops.cli.output import Format, Output
from baubau_ops.cli.terminal.style import styled
from baubau_ops.core.errors import CancelledError, InputError
from baubau_ops.core.plan import Effect
from baubau_ops.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    effect: Effect


def test_json_is_one_document_with_values_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(Format.json)
    out.line("for people")
    out.table(["name"], [["wolio"]])
    document = {
        "rows": [Row("pop-wolio", Effect.restarts)],
        "at": datetime(2026, 3, 1, 8, 0, tzinfo=timezone(timedelta(hours=8))),
        "folder": Path("/srv/city"),
        "address": ipaddress.ip_address("10.64.0.1"),
        "names": {"b", "a"},
        "key": Secret("kamali-2026"),
        "name": "Batauga–Wolio",
    }
    out.show(document, lambda: pytest.fail("people are not meant"))
    assert json.loads(capsys.readouterr().out) == {
        "rows": [{"name": "pop-wolio", "effect": "restarts"}],
        "at": "2026-03-01T00:00:00Z",
        "folder": "/srv/city",
        "address": "10.64.0.1",
        "names": ["a", "b"],
        "key": "********",
        "name": "Batauga–Wolio",
    }


def test_a_time_in_utc_is_written_with_z(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.json).show({"at": datetime(2026, 3, 1, tzinfo=UTC)}, lambda: None)
    assert '"2026-03-01T00:00:00Z"' in capsys.readouterr().out


def test_a_piped_table_is_plain_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    Output().table(
        ["device", "BGP"], [["pop-wolio", ("9", "bold red")], [f"[red]{long}", "12"]], right=["BGP"]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["device", "BGP"]
    assert lines[1] == f"{'pop-wolio':<305}    9"
    assert lines[2] == f"[red]{long}   12"


def test_styles_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert styled("x", "bold red", io.StringIO()) == "x"
    assert styled("x", "bold red", Terminal()) == "\x1b[1;31mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", "bold red", Terminal()) == "x"


def test_without_a_terminal_what_would_ask_refuses_and_names_the_flag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(InputError) as caught:
        Context("production", None, Output(), False, 0).confirm("Apply to 2 devices?")
    assert str(caught.value) == "Apply to 2 devices? There is no terminal to ask on."
    assert caught.value.remedy == "To say yes, give --yes."


def test_with_yes_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    Context("production", None, Output(), True, 0).confirm("Apply to 2 devices?")


def _on_terminal(program: str, typed: str = "", columns: int = 100) -> tuple[str, int]:
    """Run a program on a terminal of its own; return what it showed and its exit code."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns)}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed: the program has ended
        pass
    os.close(ours)
    return shown.decode(), process.wait(30)


def test_on_a_narrow_terminal_a_table_is_folded_and_never_cut() -> None:
    program = (
        "from baubau_ops.cli.output import Output\n"
        "Output().table(['site', 'segments', 'rate'], [['lapangan-merdeka', 'office,cctv,mgmt,wifi', '150M']])"
    )
    shown, code = _on_terminal(program, columns=40)
    assert code == 0
    lines = shown.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[1].startswith("lapangan-merdeka  ")
    assert "".join(line[18:-4].strip() for line in lines[1:]).startswith("office,cctv,mgmt,")
    assert "…" not in shown


ASK = """
from baubau_ops.cli.output import Output
from baubau_ops.core.errors import CancelledError
try:
    Output().confirm("Apply to 2 devices?")
    print("yes was said")
except CancelledError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", "yes was said"), ("ya\n", "yes was said"), ("\n", "Cancelled. Nothing was changed.")],
)
def test_on_a_terminal_it_asks(typed: str, answer: str) -> None:
    shown, _ = _on_terminal(ASK, typed)
    assert shown.rstrip().endswith(f"[y/N] {answer}")


def test_a_no_is_not_an_input_error() -> None:
    assert CancelledError().exit_code == 1


WORK = """
import sys, time
from baubau_ops.cli.output import Output
from baubau_ops.core.events import Event
with Output().progress() as on_event:
    on_event(Event("start", "boot", total=3))
    for name in ("core-1", "core-2"):
        on_event(Event("start", "boot", name))
    on_event(Event("done", "boot", "core-1", seconds=0.6))
    on_event(Event("failed", "boot", "core-2", seconds=0.61, detail="no answer [yet]"))
    time.sleep(DELAY)
    on_event(Event("done", "boot", seconds=8.2, detail="16 machines"))
"""


def test_work_of_over_a_second_gets_a_bar_on_a_terminal() -> None:
    shown, code = _on_terminal(WORK.replace("DELAY", "1.6"))
    assert code == 0
    assert "2/3" in shown
    assert "━" in shown
    assert "16 machines   8.2s" in shown


def test_no_bar_is_drawn_over_a_question() -> None:
    program = """
import time
from baubau_ops.cli.output import Output
from baubau_ops.core.events import Event
out = Output()
with out.progress() as on_event:
    on_event(Event("start", "plan", total=3))
    time.sleep(1.3)
    print("<asked>", flush=True)
    out.confirm("Apply?")
    print("<answered>", flush=True)
    time.sleep(1.3)
"""
    shown, code = _on_terminal(program, typed="y\n")
    assert code == 0
    before, _, rest = shown.partition("<asked>")
    during, _, after = rest.partition("<answered>")
    assert "━" in before
    assert "Apply? [y/N]" in during
    assert "━" not in during.partition("Apply?")[2]
    assert "━" in after


def test_fast_work_gets_no_bar() -> None:
    shown, code = _on_terminal(WORK.replace("DELAY", "0"))
    assert code == 0
    assert "━" not in shown
    assert "16 machines   8.2s" in shown


def test_without_a_terminal_there_is_a_line_for_what_is_finished_or_failed() -> None:
    program = WORK.replace("DELAY", "1.2")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == ""
    assert done.stderr == "✗ boot core-2   no answer [yet]   600ms\n✓ boot   16 machines   8.2s\n"


UNMEASURED = """
from baubau_ops.cli.terminal import progress
from baubau_ops.cli.output import Output
progress.DELAY = 0.0
output = Output()
with output.working("plan"):
    output._progress._timer.join()
"""


def test_work_that_takes_long_says_what_it_is_and_leaves_nothing() -> None:
    shown, code = _on_terminal(UNMEASURED)
    assert code == 0
    assert "plan" in shown
    assert "✓" not in shown
