"""Sessions with many devices at once, on any platform."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from baubau_ops.core.errors import BaubauError, FailedError, UnreachableError
from baubau_ops.inventory.city.topology import Topology
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.platforms.platform import Platform
from baubau_ops.network.platforms.registry import platforms_of
from baubau_ops.network.platforms.session import REVERT_SECONDS, Session

logger = logging.getLogger(__name__)

WORKERS = 64
"""Number of threads. They only wait, for devices or for the one event loop that does the encryption, and never for each
other: a fleet may have more devices."""

T = TypeVar("T")

DeviceTask = Callable[[str, Session], T]


class Fleet:
    """The devices of one environment; a session is opened when it is first needed, and kept until `close`.

    A failure on one device is data: `run` returns the error in place of the answer, and the other devices continue.
    """

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        environment: Environment,
        *,
        min_revert_in: int = REVERT_SECONDS,
    ) -> None:
        """`platforms` holds each device's platform; `min_revert_in` is the least that a session's `arm` accepts."""
        self.platforms: Mapping[str, Platform] = dict(platforms)
        self._environment = environment
        self._min_revert_in = min_revert_in
        self._sessions: dict[str, Session] = {}

    @classmethod
    def of(cls, topology: Topology, environment: Environment, *, min_revert_in: int = REVERT_SECONDS) -> Self:
        """The fleet of all our routers, each with its platform in this environment."""
        platforms = platforms_of(topology.ours, environment.platforms)
        return cls(platforms, environment, min_revert_in=min_revert_in)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, devices: Iterable[str], task: DeviceTask[T]) -> dict[str, T | BaubauError]:
        """Run `task(device, session)` on every device, WORKERS at a time; one answer for each, in the given order.

        A device that cannot be reached answers with UnreachableError; any other failure is a FailedError. On an
        interrupt, no further task is started, and the running ones are waited for: a device does one thing at a time.
        """
        names = tuple(devices)
        if not names:
            return {}
        pool = ThreadPoolExecutor(min(WORKERS, len(names)), thread_name_prefix="fleet")
        try:
            futures = {name: pool.submit(self._one, name, task) for name in names}
            return {name: future.result() for name, future in futures.items()}
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, device: str, task: DeviceTask[T]) -> T | BaubauError:
        try:
            return task(device, self._session(device))
        except UnreachableError as error:
            self.close_session(device)
            return error
        except BaubauError as error:
            return error
        except Exception as error:  # an error on one device must not stop the others
            logger.debug("%s: %s", device, error, exc_info=True)
            return FailedError(f"{device}: {error or type(error).__name__}")

    def _session(self, device: str) -> Session:
        session = self._sessions.get(device)
        if session is None:
            session = self.platforms[device].connect(
                device, self._environment, min_revert_in=self._min_revert_in
            )
            self._sessions[device] = session
        return session

    def close_session(self, device: str) -> None:
        """End one device's session; the next task opens a new one."""
        session = self._sessions.pop(device, None)
        if session is not None:
            session.close()

    def close(self) -> None:
        """End all sessions."""
        for device in tuple(self._sessions):
            self.close_session(device)
