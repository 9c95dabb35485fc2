"""Sessions with FRR routers: those of `napalm_frr`, with our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from baubau_ops.core.errors import FailedError, UnreachableError
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.platforms.session import REVERT_SECONDS
from napalm_frr import errors
from napalm_frr.session import Session
from napalm_frr.transport import Target


def connect(device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS) -> FrrSession:
    """Log in to a router; UnreachableError if that fails."""
    target = Target(
        host=device,
        ssh_config_file=str(environment.ssh_config),
        connect_timeout=environment.connect_timeout,
    )
    session = Session(target, timeout=environment.command_timeout, min_revert_in=min_revert_in)
    with _translated(device):
        session.open()
    return FrrSession(device, session)


class FrrSession:
    """A session with one router; `run` takes a shell script, which runs as root."""

    def __init__(self, device: str, session: Session) -> None:
        self._device = device
        self._session = session

    def load(self, text: str) -> None:
        with _translated(self._device):
            self._session.load(text)

    def diff(self) -> str:
        with _translated(self._device):
            return self._session.diff()

    def arm(self, revert_in: int, message: str) -> bool:
        with _translated(self._device):
            return self._session.arm(revert_in, message)

    def apply(self) -> None:
        with _translated(self._device):
            self._session.apply()

    def confirm(self) -> None:
        with _translated(self._device):
            self._session.confirm()

    def revert(self) -> None:
        with _translated(self._device):
            self._session.revert()

    def pending(self) -> bool:
        with _translated(self._device):
            return self._session.pending() is not None

    def run(self, script: str) -> str:
        with _translated(self._device):
            answer = self._session.run(script)
        if answer.status != 0:
            why = answer.stderr.strip() or f"exit code {answer.status}"
            raise FailedError(f"{self._device}: could not be read: {why}")
        return answer.stdout

    def close(self) -> None:
        self._session.close()


@contextmanager
def _translated(device: str) -> Iterator[None]:
    """Raise the driver's exceptions as our errors; their classes are imported only when there is an exception."""
    try:
        yield
    except errors.ConnectionException as error:
        raise UnreachableError(f"{device} cannot be reached: {error}") from error
    except errors.NapalmException as error:
        raise FailedError(f"{device}: {error}") from error
