"""Atomic writes, and locks that name their holder."""

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
from baubau_ops.core.poll import settle
from baubau_ops.core.units import format_duration

LOCK_TIMEOUT = 10.0
"""Seconds to wait for somebody else's lock."""

_POLL = 0.02  # seconds between two tries for a lock


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` so that after any crash `path` holds either the complete old text or the complete new one.

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
    """Write `text` completely or not at all, without waiting for the disk: for files that can be rebuilt.

    A file that already holds `text` is left alone. The folder must exist. OSError when it cannot be written.
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
    """Yield a folder that becomes `folder`, which must be missing or empty, when the block ends without an error.

    Missing parents are created. Nothing is synced, and nothing is left after an error. OSError when it cannot be
    created, or when something else has taken its place meanwhile.
    """
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        new.chmod(0o755)
        yield new
        os.replace(new, target)  # replaces an empty folder, never one that holds anything
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
    """Make names just created in `folder` survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold `path` exclusively; waits at most `timeout` seconds.

    `path` is a lock file, created if missing, or a folder, in which nothing is left behind. The kernel releases the
    lock when the process ends, however it ends. Not reentrant. Only its holder may remove a lock file; a process
    that waits for it then locks a new one. FailedError names the holder, except for a folder, where it is unknown.
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
    """Return whether `path` is still the open file: its previous holder may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _wait_for(descriptor: int, path: Path, timeout: float, deadline: float) -> None:
    def take() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if not settle(take, bool, deadline - time.monotonic(), interval=_POLL):
        raise FailedError(
            f"{path} is locked by {_holder(descriptor)}; waited {format_duration(timeout)}.",
            remedy="Wait until it has finished, then try again.",
        )


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
