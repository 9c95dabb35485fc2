"""The NAPALM driver: it implements NAPALM's interface with the steps of a session and a router's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napalm.base import NetworkDriver, models

from napalm_frr import errors, getters, text
from napalm_frr.commit import Applied
from napalm_frr.remote import DeviceError
from napalm_frr.session import REVERT_SECONDS, Session
from napalm_frr.transport import Target


class FRRDriver(NetworkDriver):
    """NAPALM's driver `frr`; `device` is the session, for callers that need its single steps.

    optional_args: `ssh_config_file`, `port`, `connect_timeout` (10 s), `revert_in` (the revert timer of a commit
    that names none, 120 s), `min_revert_in` (the shortest accepted timer, 120 s), `commit_id` (a pending commit of
    another client, to confirm or roll it back by name).
    """

    device: Session  # the base class uses this name for a Netmiko connection

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
        target = Target(
            host=hostname,
            username=username or "",
            password=password or "",
            port=int(options.get("port") or 0),
            ssh_config_file=str(options.get("ssh_config_file") or ""),
            connect_timeout=float(options.get("connect_timeout", 10.0)),
        )
        self.device = Session(
            target,
            timeout=float(timeout),
            revert_in=int(options.get("revert_in", REVERT_SECONDS)),
            min_revert_in=int(options.get("min_revert_in", REVERT_SECONDS)),
            commit_id=str(options.get("commit_id") or ""),
        )

    @property
    def last_commit(self) -> Applied | None:
        """How the last commit was applied (delta or reload), and how long each step took."""
        return self.device.last_commit

    def open(self) -> None:
        """Connect and log in; raises ConnectionException or a subclass."""
        self.device.open()

    def close(self) -> None:
        """End the session; a pending commit stays pending, and the device reverts it in time."""
        self.device.close()

    def is_alive(self) -> models.AliveDict:
        """Return whether the device still answers over this session."""
        connection = self.device.connection
        if not connection.is_open():
            return {"is_alive": False}
        try:
            return {"is_alive": connection.run("true", timeout=10.0).status == 0}
        except errors.ConnectionException:
            return {"is_alive": False}

    def load_replace_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Load and lint a text whose sections replace the device's; raises ReplaceConfigException."""
        try:
            source = _source(filename, config)
        except (OSError, UnicodeDecodeError) as error:
            raise errors.ReplaceConfigException(str(error)) from error
        self.device.load(source)

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Load and lint FRR lines and sysctl keys to be merged; the sections nftables and qos are replaced.

        Raises MergeConfigException.
        """
        try:
            source = _source(filename, config)
        except (OSError, UnicodeDecodeError) as error:
            raise errors.MergeConfigException(str(error)) from error
        self.device.load(source, merging=True)

    def compare_config(self) -> str:
        """Show what the candidate would change, section by section; "" if nothing."""
        return self.device.diff()

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        """Arm the device's revert timer, apply the candidate, and confirm it at once unless revert_in (s) is given.

        Raises CommitError (nothing is left half-applied; the message gives the resulting state) or LockError
        (a commit is pending on the device; the message says whose it is and when it expires).
        """
        if self.device.arm(revert_in, message):
            self.device.apply()
            if revert_in is None:
                self.device.confirm()

    def confirm_commit(self) -> None:
        """Confirm the pending commit over a new connection (TCP, host key, login), which replaces the old one.

        Raises CommitConfirmException; the device then reverts by itself.
        """
        self.device.confirm()

    def has_pending_commit(self) -> bool:
        """Return whether a commit of any client waits on the device for its confirmation."""
        return self.device.pending() is not None

    def discard_config(self) -> None:
        """Forget the candidate."""
        self.device.discard()

    def rollback(self) -> None:
        """Revert the pending commit; without one, restore the configuration before the last commit.

        Raises CommitConfirmException if this client's commit was confirmed meanwhile, LockError if the pending
        commit belongs to another client.
        """
        self.device.revert()

    def get_config(
        self,
        retrieve: str = "all",
        full: bool = False,  # noqa: ARG002  # FRR knows one form only
        sanitized: bool = False,
        format: str = "text",  # noqa: ARG002
    ) -> models.ConfigDict:
        """Return the device's configurations; besides frr, only sections that were ever configured appear."""
        texts = {"running": "", "startup": "", "candidate": ""}
        if retrieve in ("all", "candidate") and self.device.candidate is not None:
            texts["candidate"] = text.join(self.device.candidate.sections)
        if retrieve in ("all", "running", "startup"):
            report = self.device.ask("texts")
            for kind in ("running", "startup"):
                if retrieve in ("all", kind):
                    texts[kind] = text.join(report.sections(kind))
        if sanitized:
            texts = {kind: getters.masked(body) for kind, body in texts.items()}
        return {"running": texts["running"], "startup": texts["startup"], "candidate": texts["candidate"]}

    def cli(self, commands: list[str], encoding: str = "text") -> dict[str, str | dict[str, Any]]:
        """Run vtysh commands; raises CommandErrorException for one that vtysh refuses."""
        if encoding != "text":
            raise NotImplementedError(f"encoding {encoding}")
        answers: dict[str, str | dict[str, Any]] = {}
        for command in commands:
            try:
                answers[command] = self.device.call("show", command).blocks["output"]
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
        report = self.device.ask("ping_from", *arguments, destination)
        return getters.ping(report.blocks["output"], count)

    def get_facts(self) -> models.FactsDict:
        """Return vendor, version, name, uptime and interfaces."""
        return getters.facts(self.device.ask("facts").blocks)

    def get_interfaces(self) -> dict[str, models.InterfaceDict]:
        """Return each interface's state, speed (Mbit/s, -1 if unknown to the kernel), MTU and address."""
        return getters.interfaces(self.device.ask("interfaces").blocks)

    def get_interfaces_ip(self) -> dict[str, models.InterfacesIPDict]:
        """Return the addresses of each interface."""
        return getters.interfaces_ip(self.device.ask("addresses").blocks)

    def get_bgp_neighbors(self) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
        """Return BGP's neighbors by VRF ("global" is the default one)."""
        return getters.bgp_neighbors(self.device.ask("bgp").blocks)

    def get_route_to(  # type: ignore[override]  # NAPALM's own tests want lists; its annotation lacks them
        self, destination: str = "", protocol: str = "", longer: bool = False
    ) -> dict[str, list[models.RouteDict]]:
        """Return the routes to a destination from FRR's table; `longer` adds more specific routes."""
        if not destination:
            raise ValueError("get_route_to needs a destination")
        family = "ipv6" if ":" in destination else "ip"
        suffix = ["longer-prefixes"] if longer else []
        report = self.device.ask("routes", family, destination, *suffix)
        return getters.routes(report.blocks, destination, protocol)


def _source(filename: str | None, config: str | None) -> str:
    """Return the candidate's text; a file takes precedence, as NAPALM specifies."""
    if filename:
        return Path(filename).read_text(encoding="utf-8")
    return config or ""
