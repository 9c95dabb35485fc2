"""Open sessions to many routers at once: Nornir runs the tasks, NAPALM drivers do the talking."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts
from nornir.core.inventory import Inventory as NornirInventory
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.task import Result, Task
from nornir.plugins.runners import ThreadedRunner

from baubau_ops.core.errors import BaubauError, FailedError, UnreachableError
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.fleet.connection import CONNECTION_NAME, DriverConnection
from napalm_frr import errors

if TYPE_CHECKING:
    from napalm.base.base import NetworkDriver

logger = logging.getLogger(__name__)

WORKERS = 64
"""Threads: they only wait, on the device, on the one loop that does the encryption, or for each other."""

T = TypeVar("T")

DeviceTask = Callable[[str, "NetworkDriver"], T]


class Fleet:
    """The routers of one environment; a session is opened when first needed and kept until `close`.

    A failure on one device is data: `run` returns the error in its place and the others go on.
    """

    def __init__(
        self,
        platforms: Mapping[str, str],
        environment: Environment,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Take each device's NAPALM driver by name; `options` are optional_args for all drivers."""
        ConnectionPluginRegister.register(CONNECTION_NAME, DriverConnection)
        optional = {
            "ssh_config_file": str(environment.ssh_config),
            "connect_timeout": environment.connect_timeout,
            **(options or {}),
        }
        connection = ConnectionOptions(
            extras={"timeout": environment.command_timeout, "optional_args": optional}, password=""
        )
        hosts = Hosts(
            {
                name: Host(
                    name=name,
                    hostname=name,
                    platform=platform,
                    connection_options={CONNECTION_NAME: connection},
                )
                for name, platform in platforms.items()
            }
        )
        self._nornir = Nornir(
            inventory=NornirInventory(hosts, Groups(), Defaults()),
            runner=ThreadedRunner(num_workers=min(WORKERS, max(1, len(platforms)))),
            config=Config(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(self._nornir.inventory.hosts)

    def run(self, devices: Iterable[str], task: DeviceTask[T]) -> dict[str, T | BaubauError]:
        """Run `task(device, driver)` on every device at once; an answer for each, in the given order.

        A device that cannot be connected to answers with UnreachableError, any other failure of the driver
        with FailedError.
        """
        names = tuple(devices)
        wanted = frozenset(names)
        if not names:
            return {}

        def on_host(job: Task) -> Result:
            return Result(host=job.host, result=self._one(job.host, task))

        answers = self._nornir.filter(filter_func=lambda host: host.name in wanted).run(task=on_host)
        return {name: answers[name][0].result for name in names}

    def _one(self, host: Host, task: DeviceTask[T]) -> T | BaubauError:
        try:
            driver = host.get_connection(CONNECTION_NAME, self._nornir.config)
            return task(host.name, driver)
        except BaubauError as error:
            return error
        except errors.ConnectionException as error:
            self._forget(host)
            return UnreachableError(f"{host.name} cannot be reached: {error}")
        except Exception as error:  # a driver may raise anything; it must not end the others' work
            logger.debug("%s: %s", host.name, error, exc_info=True)
            return FailedError(f"{host.name}: {error or type(error).__name__}")

    def close_session(self, device: str) -> None:
        """End one device's session; the next task opens a new one."""
        self._forget(self._nornir.inventory.hosts[device])

    def close(self) -> None:
        """End all sessions."""
        for host in self._nornir.inventory.hosts.values():
            self._forget(host)

    @staticmethod
    def _forget(host: Host) -> None:
        connection = host.connections.pop(CONNECTION_NAME, None)
        if connection is not None:
            try:
                connection.close()
            except Exception as error:  # the other end may be gone
                logger.debug("%s: closing: %s", host.name, error)
