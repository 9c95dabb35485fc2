"""Files that are whole or not there, and locks that say who holds them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets as random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.units import format_duration

LOCK_TIMEOUT = 10.0
"""Seconds to wait for somebody else's lock."""

_POLL = 0.02  # seconds between two tries for a lock


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` so that after any crash `path` holds the old text or the new one, whole.

    The folder must exist; a symbolic link is followed. FailedError when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{random.token_hex(4)}.tmp")
    try:
        try:
            _write_synced(temporary, text.encode(), mode)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise FailedError(f"{path} cannot be written: {error.strerror}.") from error


def replace_file(path: str, text: str) -> None:
    """Write `text` whole or not at all, for what can be made again: without waiting for the disk.

    A file that says so already is left alone. The folder must exist. OSError when it cannot be written.
    """
    if _says(path, text):
        return
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _says(path: str, text: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == text.encode()
    except OSError:
        return False


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder that takes the place of `folder`, which must be missing or empty, when all has gone well.

    What is above it is made. Nothing is synced, and nothing is left when the work is broken off. OSError when it
    cannot be made, or when the place is taken meanwhile.
    """
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        new.chmod(0o755)
        yield new
        os.replace(new, target)  # takes the place of an empty folder, never of one that holds anything
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # the umask must not decide who may read it
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names just written in `folder` survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold `path` exclusively; waits at most `timeout` seconds.

    `path` is a lock file, made if missing, or a folder, in which nothing is left behind. The kernel lets it go
    when the process ends, however it ends. Not reentrant. Only its holder may remove a lock file: whoever waits
    for it then takes a new one. FailedError says who holds it; of a folder that is not known.
    """
    deadline = time.monotonic() + timeout
    is_folder = path.is_dir()
    while True:
        descriptor = _open_lock(path, is_folder)
        try:
            _wait_for(descriptor, path, timeout, deadline)
            if _is_at(path, descriptor):
                if not is_folder:
                    _write_holder(descriptor)
                yield
                return
        finally:
            os.close(descriptor)


def _open_lock(path: Path, is_folder: bool) -> int:
    try:
        if is_folder:
            return os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise FailedError(f"{path} cannot be locked: {error.strerror}.") from error


def _is_at(path: Path, descriptor: int) -> bool:
    """Tell whether `path` is what the descriptor is open on: the one before may have removed its lock file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _wait_for(descriptor: int, path: Path, timeout: float, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = _holder(descriptor)
                raise FailedError(
                    f"{path} is locked by {holder}; waited {format_duration(timeout)}.",
                    remedy="Wait until it has finished, then try again.",
                ) from None
            time.sleep(_POLL)


def _holder(descriptor: int) -> str:
    try:
        text = os.pread(descriptor, 400, 0).decode(errors="replace").strip()
    except IsADirectoryError:
        text = ""
    return text or "an unknown process"


def _write_holder(descriptor: int) -> None:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:3]])
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} ({command}) since {since}\n".encode(), 0)
