"""Recorded answers of a booted router: written by record_getters.py, played back to the getters' tests."""

from __future__ import annotations

import re
from pathlib import Path

from napalm.base.test.double import BaseTestDouble

from napalm_frr.transport import Answer, Connection, Target

MARK = "@@MARK"
_SCRIPT_MARK = re.compile(r"^MARK=(\S+)$", re.MULTILINE)
_CALL = re.compile(r"^answer (.+)\n}\nmain\n\Z", re.MULTILINE)


def file_of(command: str, text: str) -> str:
    """Name the recording of a call by what it calls."""
    call = _CALL.search(text)
    return BaseTestDouble.sanitize_text(call.group(1) if call else command) + ".txt"


def mark_of(text: str) -> str:
    """Return the mark that opens each block of a call's answer."""
    found = _SCRIPT_MARK.search(text)
    return found.group(1) if found else MARK


class Replay(BaseTestDouble):  # type: ignore[misc]
    """Plays recorded answers in place of a connection."""

    target = Target(host="recorded")

    def is_open(self) -> bool:
        return True

    def close(self) -> None:
        """A recording needs no end."""

    def run(self, command: str, text: str = "", timeout: float = 60.0) -> Answer:  # noqa: ARG002
        recorded = self.read_txt_file(self.find_file(file_of(command, text)))
        status, _, stdout = recorded.partition("\n")
        return Answer(stdout.replace(MARK, mark_of(text)), "", int(status))


class Recorder(Connection):
    """A real connection that keeps every answer in a folder."""

    folder: Path

    def run(self, command: str, text: str = "", timeout: float = 60.0) -> Answer:
        answer = super().run(command, text, timeout)
        self.folder.mkdir(parents=True, exist_ok=True)
        body = answer.stdout.replace(mark_of(text), MARK)
        (self.folder / file_of(command, text)).write_text(f"{answer.status}\n{body}")
        return answer
