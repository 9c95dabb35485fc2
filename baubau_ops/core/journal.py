"""The journal: hash-chained JSON lines that only grow.

Every record carries the hash of the one before. A line torn by a crash stays where it is and is closed by a
`recovered` record that holds its hash; anything else that breaks the chain is tampering. A chain cut off at
its end verifies: to prove completeness, keep the last hash elsewhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from baubau_ops.core.errors import FailedError
from baubau_ops.core.files import sync_folder
from baubau_ops.core.secrets import Secret

GENESIS = "0" * 64
"""The predecessor's hash in the first record."""

RECOVERED = "recovered"

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: `number` counts from 1, `time` is UTC (RFC 3339), `who` is user@host."""

    number: int
    time: str
    who: str
    kind: str
    data: Mapping[str, Any]
    previous: str
    hash: str


class Journal:
    """A journal in one file; several processes may append to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, kind: str, **data: Any) -> Record:
        """Write a record and return it once it is on disk.

        `data` must be JSON (paths and secrets are written as text, secrets masked). FailedError when the
        journal cannot be written, or its end has been tampered with.
        """
        with self._held() as descriptor:
            return self._append_locked(descriptor, kind, data)

    def require(self) -> None:
        """Raise what `append` would raise: to be called before a change that must not go unrecorded."""
        with self._held() as descriptor:
            self._end(descriptor)

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        """Yield the file's descriptor under its lock; FailedError when the file cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            is_new = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)
            if is_new:
                sync_folder(self.path.parent)
        except OSError as error:
            raise FailedError(f"The journal {self.path} cannot be written: {error.strerror}.") from error

    def _append_locked(self, descriptor: int, kind: str, data: Mapping[str, Any]) -> Record:
        last, behind = self._end(descriptor)
        is_line_open = not behind.endswith(b"\n") and not (last is None and not behind)
        text = b"\n" if is_line_open else b""
        torn = behind.strip(b"\n")
        if torn:
            last = _next(last, RECOVERED, {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()})
            text += _line(last)
        record = _next(last, kind, data)
        text += _line(record)
        _write_all(descriptor, text)
        os.fsync(descriptor)
        return record

    def _end(self, descriptor: int) -> tuple[Record | None, bytes]:
        """Return the last good record and the bytes behind it: its newline, then whatever was torn."""
        size = os.fstat(descriptor).st_size
        length = _CHUNK
        while True:
            start = max(0, size - length)
            tail = os.pread(descriptor, size - start, start)
            lines = tail.split(b"\n")
            first = 1 if start else 0  # the chunk's edge cuts its first line
            for index in reversed(range(first, len(lines))):
                found = _parse(lines[index])
                if found is None:
                    continue
                if not _is_intact(found):
                    raise FailedError(
                        f"The journal {self.path} has been tampered with at its end.",
                        remedy="Look at it with: baubau journal verify. Moved aside, a new one begins.",
                    )
                return found, tail[len(b"\n".join(lines[: index + 1])) :]
            if start == 0:
                return None, tail
            length *= 2

    def records(self) -> list[Record]:
        """Return all good records in order; torn lines are left out, nothing is verified."""
        return [found for _, found in self._lines() if found is not None]

    def verify(self) -> list[str]:
        """Return what is wrong with the chain, one line each; empty when it holds."""
        problems: list[str] = []
        last: Record | None = None
        torn: list[bytes] = []
        torn_at = 0
        for at, (line, found) in enumerate(self._lines(), 1):
            if found is None:
                torn_at = torn_at or at
                torn.append(line)
                continue
            if not _is_intact(found):
                problems.append(f"line {at}: the record does not match its own hash")
            problems += _link_problems(at, last, found)
            if torn:
                problems += _recovery_problems(torn_at, torn, found)
            elif found.kind == RECOVERED:
                problems.append(f"line {at}: recovered, but nothing torn stands before it")
            last, torn, torn_at = found, [], 0
        # A torn end is a crash that no append has followed yet, and no tampering.
        return problems

    def _lines(self) -> Iterator[tuple[bytes, Record | None]]:
        try:
            with open(self.path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # no process is half-way through a line
                content = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise FailedError(f"The journal {self.path} cannot be read: {error.strerror}.") from error
        for line in content.removesuffix(b"\n").split(b"\n") if content else ():
            yield line, _parse(line)


def _link_problems(at: int, last: Record | None, found: Record) -> Iterator[str]:
    if found.previous != (last.hash if last else GENESIS):
        yield f"line {at}: does not follow the record before it"
    if found.number != (last.number if last else 0) + 1:
        yield f"line {at}: has number {found.number}, expected {(last.number if last else 0) + 1}"


def _recovery_problems(at: int, torn: list[bytes], found: Record) -> Iterator[str]:
    expected = hashlib.sha256(b"\n".join(torn).strip(b"\n")).hexdigest()
    if found.kind != RECOVERED or found.data.get("sha256") != expected:
        yield f"line {at}: not a record, and no recovery accounts for it"


def _next(last: Record | None, kind: str, data: Mapping[str, Any]) -> Record:
    fields: dict[str, Any] = {
        "number": (last.number if last else 0) + 1,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "who": _who(),
        "kind": kind,
        "data": json.loads(_canonical(dict(data))),
        "previous": last.hash if last else GENESIS,
    }
    return Record(**fields, hash=_hash(fields))


def _parse(line: bytes) -> Record | None:
    """Return the record in `line`, or None."""
    try:
        record = Record(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return record if isinstance(record.number, int) and isinstance(record.data, dict) else None


def _is_intact(record: Record) -> bool:
    fields = _fields(record)
    del fields["hash"]
    return record.hash == _hash(fields)


def _hash(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(fields)).hexdigest()


def _line(record: Record) -> bytes:
    return _canonical(_fields(record)) + b"\n"


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_text)
    return text.encode()


def _as_text(value: object) -> str:
    if isinstance(value, (Secret, PurePath)):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not go into the journal")


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _who() -> str:
    user = os.environ.get("SUDO_USER")
    if not user:
        with contextlib.suppress(KeyError, OSError):
            user = getpass.getuser()
    return f"{user or os.getuid()}@{socket.gethostname()}"
