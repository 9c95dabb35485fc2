"""One probe and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass

from baubau_ops.core.dscp import Dscp, dscp_name
from baubau_ops.inventory.environment import Probe


@dataclass(frozen=True, slots=True)
class Pair:
    """One probe and what must become of it."""

    probe: Probe
    target: str
    """Name of the machine, service or router that is tried; empty where there is none."""
    machine: str
    """Name of the machine that would answer; empty for a router."""
    dropped_by: frozenset[str] = frozenset()
    """The routers, any of which is the one meant to drop it; empty: it may pass."""
    counter: str = ""
    """The drop counter that must rise there."""
    arrives_as: Dscp | None = None
    """The mark that it must arrive with, whatever it claims."""

    @property
    def allowed(self) -> bool:
        return not self.dropped_by

    @property
    def shows_alive(self) -> frozenset[str]:
        """The machines that an answer shows to send and to answer beyond their own router."""
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
"""By whether something expires, and whether that is the answer."""
