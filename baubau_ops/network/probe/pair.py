"""Probes with their required results."""

from __future__ import annotations

from dataclasses import dataclass

from baubau_ops.core.dscp import Dscp, dscp_name
from baubau_ops.inventory.environment import Probe


@dataclass(frozen=True, slots=True)
class Pair:
    """One probe and its required result."""

    probe: Probe
    target: str
    """Name of the target machine, service or router; empty where there is none."""
    machine: str
    """Name of the machine that would answer; empty for a router."""
    dropped_by: frozenset[str] = frozenset()
    """The routers, any of which should drop it; empty: it may pass."""
    counter: str = ""
    """The drop counter that must rise there."""
    arrives_as: Dscp | None = None
    """The mark that it must arrive with, whatever mark it was sent with."""

    @property
    def allowed(self) -> bool:
        return not self.dropped_by

    @property
    def shows_alive(self) -> frozenset[str]:
        """Return the machines that an answer proves alive beyond their own router."""
        if self.probe.at != "host" or self.probe.dscp is not None or not self.machine:
            return frozenset()
        return frozenset({self.probe.source} if self.probe.expires_at else {self.probe.source, self.machine})

    def __str__(self) -> str:
        probe = self.probe
        door = "ping" if probe.protocol == "icmp" else f"{probe.port}/{probe.protocol}"
        source = probe.source + (f" as {probe.spoof}" if probe.spoof else "")
        towards = f" to {probe.towards}" if probe.towards else ""
        place = f" from the uplink{towards}" if probe.at == "uplink" else ""
        place += ", answering nothing," if probe.stray else ""
        place += f" marked {dscp_name(probe.dscp)}" if probe.dscp is not None else ""
        return f"{source}{place} → {self.target or probe.target} {door}{_ENDS[bool(probe.expires_at), probe.back]}"


_ENDS = {
    (False, False): "",
    (False, True): ", and back",
    (True, False): ", expiring just before it",
    (True, True): ", its answer expiring just before the sender",
}
"""By whether the TTL of the packet, or of its answer, expires on the way."""
