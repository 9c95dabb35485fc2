"""Calls to the program on the router: each call is one `sudo -n /bin/sh -s` with the program on its input."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from napalm_frr.text import SECTIONS
from napalm_frr.transport import Answer, Connection

log = logging.getLogger(__name__)

COMMAND = "sudo -n /bin/sh -s"
OWNED_TABLES = ("inet baubau", "ip baubau-nat")
PARTS = ("common", "canonical", "examine", "show", "install", "units", "apply", "settle", "main")
REFUSED, MOVED, LOST, REVERTED, STUCK = 10, 11, 12, 20, 21


class DeviceError(Exception):
    """The program on the router ended with an error; `status` is its exit code."""

    def __init__(self, message: str, status: int, state: State) -> None:
        super().__init__(message)
        self.status = status
        self.state = state


@dataclass(frozen=True, slots=True)
class Pending:
    """A commit that waits for its confirmation, and how long the device still waits (seconds)."""

    id: str
    owner: str
    remaining: float

    def __str__(self) -> str:
        return f"commit {self.id} by {self.owner}, reverted by the device in {max(self.remaining, 0):.0f} s"


@dataclass(frozen=True, slots=True)
class State:
    """The state that the router reports about its commits and the driver's program."""

    program: str = ""
    current: str = ""
    sections: tuple[str, ...] = ()
    pending: Pending | None = None
    outcome: str = ""
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed answer: the state, and named blocks of text."""

    state: State
    blocks: Mapping[str, str] = field(default_factory=dict)

    def sections(self, kind: str) -> dict[str, str]:
        """Return the blocks called `KIND.SECTION`, by section."""
        found = {name: self.blocks.get(f"{kind}.{name}") for name in SECTIONS}
        return {name: text for name, text in found.items() if text is not None}


@cache
def program() -> str:
    """Return the program for the router as it is sent and installed."""
    parts = resources.files("napalm_frr") / "program"
    body = "".join((parts / f"{name}.sh").read_text() for name in PARTS)
    return f"OWNED={shlex.quote(','.join(OWNED_TABLES))}\n{asking()}{body}"


@cache
def asking() -> str:
    """Return the shell function `frr_ask DAEMON COMMAND …`; it prints each answer below "# COMMAND"."""
    text = (resources.files("napalm_frr") / "program" / "ask.pl").read_text()
    return f'frr_ask() {{ perl -e {shlex.quote(text)} -- "$@"; }}\n'


@cache
def program_sum() -> str:
    """Return the program's SHA-256, which identifies an installed copy."""
    return hashlib.sha256(program().encode()).hexdigest()


def script(call: str, *arguments: str, files: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the script for the router's shell, and the mark that opens each block of its answer.

    Everything is in one function, which the last line calls: nothing of a truncated script is run.
    """
    mark = f"@@{secrets.token_hex(8)}"
    lines = [f"MARK={mark}", "begin"]
    if files:
        bodies = {
            name: text if text.endswith("\n") or not text else f"{text}\n" for name, text in files.items()
        }
        packed = "".join(f"{mark} {name}\n{body}" for name, body in bodies.items())
        lines.append(f"unpack <<'{mark}'\n{packed}{mark}")
    lines.append(" ".join(("answer", call, *map(shlex.quote, arguments))))
    return "{}main() {{\n{}\n}}\nmain\n".format(program(), "\n".join(lines)), mark


def read(answer: Answer, mark: str) -> Report:
    """Parse an answer; raises DeviceError if the program ended with an error."""
    blocks: dict[str, str] = {}
    name, body = "", list[str]()
    for line in [*answer.stdout.splitlines(keepends=True), f"{mark} "]:
        if line.startswith(f"{mark} "):
            blocks[name] = "".join(body)
            name, body = line[len(mark) + 1 :].strip(), []
        else:
            body.append(line)
    state = _state(blocks.get("meta", ""))
    if answer.status != 0:
        message = blocks.get("error") or answer.stderr or answer.stdout
        raise DeviceError(message.strip() or f"exit code {answer.status}", answer.status, state)
    return Report(state, blocks)


def call(
    connection: Connection,
    name: str,
    *arguments: str,
    files: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Report:
    """Run one function of the program on the router; raises DeviceError."""
    text, mark = script(name, *arguments, files=files)
    answer = connection.run(COMMAND, text, timeout)
    log.debug("%s: %s %s → %d", connection.target.host, name, " ".join(arguments), answer.status)
    return read(answer, mark)


def _state(meta: str) -> State:
    values: dict[str, str] = {}
    drift: list[str] = []
    for line in meta.splitlines():
        key, _, value = line.partition(" ")
        if key == "drift":
            drift.append(value)
        else:
            values[key] = value
    pending = None
    if "pending-id" in values:
        remaining = float(values["pending-until"]) - float(values["now"])
        pending = Pending(values["pending-id"], values["pending-owner"], remaining)
    return State(
        program=values.get("program", ""),
        current=values.get("current", ""),
        sections=tuple(values.get("sections", "").split()),
        pending=pending,
        outcome=values.get("outcome", ""),
        drift=tuple(drift),
    )
