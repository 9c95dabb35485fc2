"""The plant: one bridge per wire, and both its ends plugged in. Cuts act here and nowhere else.

What is cut is written in the bridge's alias, so that the kernel alone holds the state: it survives `up`, and
a router that is powered on finds its wires as they are. A bridge that is down forwards nothing while both
ports keep their carrier: the silent cut.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from baubau_ops.core.shell import run
from baubau_ops.lab import netns
from baubau_ops.lab.layout import End, Wire
from baubau_ops.lab.names import NETNS, PLANT
from baubau_ops.lab.names import netns as name_of

_BRIDGE = "stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 0"  # a wire: no protocol, no memory


class Cut(StrEnum):
    NONE = ""
    SILENT = "cut silently"
    LOUD = "cut"


@dataclass(frozen=True, slots=True)
class Laid:
    """A wire that lies in the plant."""

    id: str
    cut: Cut
    ports: frozenset[str]
    """Plant ports plugged into its bridge."""


class Plant:
    """The plant of one twin."""

    def __init__(self, twin: str) -> None:
        self.twin = twin
        self.netns = name_of(twin, PLANT)

    def create(self) -> None:
        """Make the plant's namespace, quiet: no frame in it is its own."""
        if not (NETNS / self.netns).exists():
            netns.add([self.netns])
        quiet = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
        run(["nsenter", f"--net={NETNS / self.netns}", "sysctl", "-qw", *quiet])

    def laid(self) -> Mapping[str, Laid]:
        """Return the wires that lie there, by id."""
        links = json.loads(run(["ip", "-n", self.netns, "-j", "link", "show"]).stdout)
        ports: dict[str, set[str]] = {}
        for link in links:
            if "master" in link:
                ports.setdefault(link["master"], set()).add(link["ifname"])
        found = {}
        for link in links:
            # A bridge without its alias was left half made by a crash; laying the wire again completes it.
            if link["ifname"].startswith("w") and link.get("ifalias"):
                wire, _, cut = link["ifalias"].partition(" ")
                found[wire] = Laid(wire, Cut(cut), frozenset(ports.get(link["ifname"], ())))
        return found

    def lay(self, wires: Iterable[Wire]) -> None:
        """Lay wires that are not there yet; nothing is plugged in."""
        laid, present = self.laid(), self._names()
        lines = []
        for wire in (wire for wire in wires if wire.id not in laid):
            bridge = _bridge(wire.id)
            if bridge not in present:
                lines.append(f"link add {bridge} type bridge {_BRIDGE}")
            lines.append(f"link set {bridge} up alias {wire.id}")
        netns.ip_batch(lines, netns=self.netns)

    def take_away(self, wire: Laid) -> None:
        """Remove a wire and the ports plugged into it."""
        lines = [f"link del {port}" for port in sorted(wire.ports)]
        netns.ip_batch([*lines, f"link del {_bridge(wire.id)}"], netns=self.netns)

    def plug(self, ends: Iterable[tuple[Wire, End]]) -> None:
        """Give places their ports (the namespaces exist) and plug them in, without carrier until `settle`."""
        present = self._names()
        by_place: dict[str, list[str]] = {}
        old, new = [], []
        for wire, end in ends:
            port = plant_port(end)
            if port in present:
                old.append(port)
            by_place.setdefault(end.place, []).extend(
                (
                    f"link add {end.port} address {end.mac} type veth peer name {port} netns {self.netns}",
                    # No link-local address, no chatter: every IPv6 frame that a filter counts is a probe.
                    f"link set {end.port} addrgenmode none",
                    f"link set {end.port} up",
                )
            )
            new.append(f"link set {port} master {_bridge(wire.id)}")
        self.drop(old)
        for place, lines in by_place.items():
            netns.ip_batch(lines, netns=name_of(self.twin, place))
        netns.ip_batch(new, netns=self.netns)

    def drop(self, ports: Collection[str]) -> None:
        """Remove plant ports by their names; the port at the other end goes with each."""
        # Forced: one whose namespace has just been deleted may vanish by itself meanwhile.
        netns.ip_batch([f"link del {port}" for port in sorted(ports)], netns=self.netns, force=True)

    def settle(self, wires: Iterable[Wire], powered: Collection[str]) -> None:
        """Give every port the carrier it should have: its wire is not cut loudly, the far end has power."""
        laid = self.laid()
        lines = []
        for wire in wires:
            for end in (wire.a, wire.b):
                if plant_port(end) in laid[wire.id].ports:
                    has_carrier = laid[wire.id].cut is not Cut.LOUD and wire.far(end.place).place in powered
                    lines.append(f"link set {plant_port(end)} {'up' if has_carrier else 'down'}")
        netns.ip_batch(lines, netns=self.netns)

    def cut(self, wire: Wire, *, silent: bool, powered: Collection[str]) -> None:
        """Stop all traffic on a wire, silently or seen by both ends. One kind may become the other."""
        kind = Cut.SILENT if silent else Cut.LOUD
        bridge = _bridge(wire.id)
        down = [f"link set {bridge} down", f"link set {bridge} alias '{wire.id} {kind}'"]
        netns.ip_batch(down, netns=self.netns)
        self.settle([wire], powered)

    def mend(self, wire: Wire, powered: Collection[str]) -> None:
        """Let traffic pass again."""
        bridge = _bridge(wire.id)
        netns.ip_batch([f"link set {bridge} up", f"link set {bridge} alias {wire.id}"], netns=self.netns)
        self.settle([wire], powered)

    def _names(self) -> set[str]:
        return {link["ifname"] for link in json.loads(run(["ip", "-n", self.netns, "-j", "link"]).stdout)}


def _bridge(wire: str) -> str:
    return f"w{hashlib.sha256(wire.encode()).hexdigest()[:12]}"


def plant_port(end: End) -> str:
    """Return the name of the plant's side of a port."""
    return f"p{hashlib.sha256(f'{end.place}/{end.port}'.encode()).hexdigest()[:12]}"
