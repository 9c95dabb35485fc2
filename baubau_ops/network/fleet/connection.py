"""Nornir's way to a router's driver: our own without NAPALM around it, any other through NAPALM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from nornir.core.configuration import Config

from napalm_frr.router import Router

CONNECTION_NAME = "baubau"


class _Closing(Protocol):
    def close(self) -> None: ...


class DriverConnection:
    """A connection plugin for Nornir; `connection` has the methods of a NAPALM driver.

    FRR's driver is taken from inside `FRRDriver`, which adds NAPALM's base class only: importing that takes
    longer than reading a router does.
    """

    connection: _Closing

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,
        extras: Mapping[str, Any] | None = None,
        configuration: Config | None = None,
    ) -> None:
        """Connect and log in; raises what NAPALM's drivers raise."""
        if platform == "frr":
            router = Router(hostname or "", username or "", password or "", **(extras or {}))
            router.open()
            self.connection = router
            return
        from nornir_napalm.plugins.connections import Napalm

        other = Napalm()
        other.open(hostname, username, password, port, platform, dict(extras or {}), configuration)
        self.connection = other.connection

    def close(self) -> None:
        """End the session."""
        self.connection.close()
