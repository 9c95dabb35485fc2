"""What is asked of a router over one session, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napalm_frr import errors, getters, remote
from napalm_frr.remote import DeviceError, Report
from napalm_frr.transport import Session, Target

if TYPE_CHECKING:
    from napalm.base import models


class Reader:
    """Asks one router over SSH.

    optional_args: `ssh_config_file`, `port`, `connect_timeout` (10 s).
    """

    def __init__(
        self,
        hostname: str,
        username: str,
        password: str,
        timeout: int = 60,
        optional_args: dict[str, Any] | None = None,
    ) -> None:
        options = optional_args or {}
        self.hostname = hostname
        self.username = username
        self.password = password
        self.timeout = timeout
        self.platform = "frr"
        self.target = Target(
            host=hostname,
            username=username or "",
            password=password or "",
            port=int(options.get("port") or 0),
            ssh_config_file=str(options.get("ssh_config_file") or ""),
            connect_timeout=float(options.get("connect_timeout", 10.0)),
        )
        self.device = Session(self.target)

    def open(self) -> None:
        """Connect and log in; raises ConnectionException or a subclass."""
        self.device.open()

    def close(self) -> None:
        """End the session; a pending commit stays pending, and the device reverts it in time."""
        self.device.close()

    def is_alive(self) -> models.AliveDict:
        """Say whether the device still answers over this session."""
        if not self.device.is_open():
            return {"is_alive": False}
        try:
            return {"is_alive": self.device.run("true", timeout=10.0).status == 0}
        except errors.ConnectionException:
            return {"is_alive": False}

    def cli(self, commands: list[str], encoding: str = "text") -> dict[str, str | dict[str, Any]]:
        """Run vtysh commands; raises CommandErrorException for one that vtysh refuses."""
        if encoding != "text":
            raise NotImplementedError(f"encoding {encoding}")
        answers: dict[str, str | dict[str, Any]] = {}
        for command in commands:
            try:
                answers[command] = self._call("show", command).blocks["output"]
            except DeviceError as error:
                raise errors.CommandErrorException(f"{self.hostname}: {command}: {error}") from error
        return answers

    def ping(
        self,
        destination: str,
        source: str = "",
        ttl: int = 255,
        timeout: int = 2,
        size: int = 100,
        count: int = 5,
        vrf: str = "",
        source_interface: str = "",
    ) -> models.PingResultDict:
        """Send ICMP echoes from the device."""
        if vrf:
            raise NotImplementedError("ping in a VRF")
        sender = source_interface or source
        arguments = ["-n", "-i", "0.2", "-t", str(ttl), "-W", str(timeout), "-s", str(size), "-c", str(count)]
        arguments += ["-I", sender] if sender else []
        report = self._call_or_fail("ping_from", *arguments, destination)
        return getters.ping(report.blocks["output"], count)

    def get_facts(self) -> models.FactsDict:
        """Return make, version, name, uptime and interfaces."""
        return getters.facts(self._call_or_fail("facts").blocks)

    def get_interfaces(self) -> dict[str, models.InterfaceDict]:
        """Return each interface's state, speed (Mbit/s, -1 if the kernel knows none), MTU and address."""
        return getters.interfaces(self._call_or_fail("interfaces").blocks)

    def get_interfaces_ip(self) -> dict[str, models.InterfacesIPDict]:
        """Return the addresses of each interface."""
        return getters.interfaces_ip(self._call_or_fail("addresses").blocks)

    def get_bgp_neighbors(self) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
        """Return BGP's neighbors by VRF ("global" is the default one)."""
        return getters.bgp_neighbors(self._call_or_fail("bgp").blocks)

    def get_route_to(  # NAPALM's own tests want lists; its annotation lacks them
        self, destination: str = "", protocol: str = "", longer: bool = False
    ) -> dict[str, list[models.RouteDict]]:
        """Return the routes to a destination, from FRR's table; `longer` adds the more specific ones."""
        if not destination:
            raise ValueError("get_route_to needs a destination")
        family = "ipv6" if ":" in destination else "ip"
        suffix = ["longer-prefixes"] if longer else []
        report = self._call_or_fail("routes", family, destination, *suffix)
        return getters.routes(report.blocks, destination, protocol)

    def _call(self, name: str, *arguments: str, session: Session | None = None, **options: Any) -> Report:
        return remote.call(session or self.device, name, *arguments, timeout=float(self.timeout), **options)

    def _call_or_fail(self, name: str, *arguments: str, **options: Any) -> Report:
        """Call where an error on the device has no exception of its own in the contract."""
        try:
            return self._call(name, *arguments, **options)
        except DeviceError as error:
            raise errors.CommandErrorException(f"{self.hostname}: {error}") from error
