"""SSH connections on one background event loop for the whole process; host keys are always verified."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncssh

from napalm_frr import errors

T = TypeVar("T")
KEEPALIVE_SECONDS = 5.0
RETRY_FOR, RETRY_EVERY = 3.0, 0.3
"""Seconds of retries and between them: while routes change, a working device may be unreachable for a moment."""
# The algorithms that cost a small router least come first; all of OpenSSH's defaults remain available after them.
KEY_EXCHANGE = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device's address and login; an OpenSSH configuration supplies empty values."""

    host: str
    username: str = ""
    password: str = ""
    port: int = 0
    ssh_config_file: str = ""
    connect_timeout: float = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """The output and exit status of a remote command."""

    stdout: str
    stderr: str
    status: int


class Connection:
    """One SSH connection, with its own TCP connection, host key verification and login."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._connection: asyncssh.SSHClientConnection | None = None

    def open(self) -> None:
        """Connect and log in.

        Raises ConnectTimeoutError, ConnectAuthError, or ConnectionException (refused, unknown host key, …).
        """
        place = self.target.host
        limit = self.target.connect_timeout
        try:
            self._connection = _wait(_connect_again(self.target), RETRY_FOR + limit * 2)
        except (TimeoutError, FutureTimeoutError) as error:
            raise errors.ConnectTimeoutError(f"{place}: no connection within {limit:.0f} s") from error
        except asyncssh.PermissionDenied as error:
            raise errors.ConnectAuthError(f"{place}: the login was refused: {error.reason}") from error
        except asyncssh.HostKeyNotVerifiable as error:
            raise errors.ConnectionException(
                f"{place}: the host key is not the known one: {error.reason}"
            ) from error
        except (OSError, asyncssh.Error, ValueError) as error:
            raise errors.ConnectionException(f"{place}: {error}") from error

    def run(self, command: str, text: str = "", timeout: float = 60.0) -> Answer:
        """Run a command with a text on its standard input; `timeout` is in seconds.

        Raises ConnectionClosedException when the connection is gone or does not answer in time.
        """
        place = self.target.host
        if self._connection is None:
            raise errors.ConnectionClosedException(f"{place}: the connection is not open")
        try:
            done = _wait(self._connection.run(command, input=text, timeout=timeout), timeout + 5)
        except (TimeoutError, FutureTimeoutError, asyncssh.TimeoutError) as error:
            raise errors.ConnectionClosedException(f"{place}: no answer within {timeout:.0f} s") from error
        except (OSError, asyncssh.Error) as error:
            raise errors.ConnectionClosedException(f"{place}: the connection is gone: {error}") from error
        if done.exit_status is None:
            raise errors.ConnectionClosedException(f"{place}: the connection ended before the command did")
        return Answer(str(done.stdout or ""), str(done.stderr or ""), done.exit_status)

    def is_open(self) -> bool:
        """Return whether the connection is still open, as far as this side knows."""
        return self._connection is not None and not self._connection.is_closed()

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        if self._connection is not None:
            _loop().call_soon_threadsafe(self._connection.close)
            self._connection = None


async def _connect_again(target: Target) -> asyncssh.SSHClientConnection:
    """Connect; retry for a while if the device does not answer or closes the connection before the login."""
    deadline = time.monotonic() + RETRY_FOR
    while True:
        try:
            return await _connect(target)
        except TimeoutError:
            raise
        except (OSError, asyncssh.ConnectionLost):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(RETRY_EVERY)


async def _connect(target: Target) -> asyncssh.SSHClientConnection:
    options: dict[str, Any] = {"config": [target.ssh_config_file] if target.ssh_config_file else ()}
    if target.username:
        options["username"] = target.username
    if target.password:
        options["password"] = target.password
    if target.port:
        options["port"] = target.port
    return await asyncssh.connect(
        target.host,
        connect_timeout=target.connect_timeout,
        login_timeout=target.connect_timeout,
        keepalive_interval=KEEPALIVE_SECONDS,
        kex_algs=KEY_EXCHANGE,
        encryption_algs=CIPHERS,
        compression_algs=None,
        **options,
    )


_started = threading.Lock()
_running: asyncio.AbstractEventLoop | None = None


def _loop() -> asyncio.AbstractEventLoop:
    """Return the process's background event loop; the first call starts its thread."""
    global _running
    with _started:
        if _running is None:
            _running = asyncio.new_event_loop()
            threading.Thread(target=_running.run_forever, name="napalm-frr-ssh", daemon=True).start()
        return _running


def _wait(work: Coroutine[Any, Any, T], timeout: float) -> T:
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result(timeout)
    except FutureTimeoutError:
        future.cancel()
        raise
