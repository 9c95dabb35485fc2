"""The plant: one bridge per wire, with all its ends plugged in. All cuts are made here.

A cut is recorded in the bridge's alias, so that the kernel alone holds the state: it survives `up`, and a machine
that is powered on finds its wires unchanged. A bridge that is down forwards nothing while its ports keep their
carrier: this is the silent cut. A single port that is cut from a LAN is alone on a separate bridge.

A port that loses its wire while it is still configured stays, unplugged, as on a real router. It has a separate
bridge too, so that its machine gets it back after a power cycle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from baubau_ops.core.shell import run
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS, PLANT
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import End, Wire

_UNPLUGGED = "unplugged"
_APART = "apart"
_BRIDGE = "stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 0"  # a wire: no protocol, no learning


class Cut(StrEnum):
    NONE = ""
    SILENT = "cut silently"
    LOUD = "cut"


@dataclass(frozen=True, slots=True)
class Laid:
    """A wire that exists in the plant."""

    id: str
    cut: Cut
    ports: frozenset[str]
    """Plant ports that are plugged into its bridge or individually cut from it."""
    apart: Mapping[End, Cut] = field(default_factory=dict)
    """Kind of cut for each port that is individually cut from the wire."""

    @property
    def cuts(self) -> Mapping[str, Cut]:
        """Kind of cut, by the wire's id or, for a single port, by `<place>:<port>`."""
        whole = {self.id: self.cut} if self.cut else {}
        return whole | {str(end): cut for end, cut in self.apart.items()}


class Plant:
    """The plant of one twin."""

    def __init__(self, twin: str) -> None:
        self.twin = twin
        self.netns = name_of(twin, PLANT)

    def create(self) -> None:
        """Create the plant's namespace, which is quiet: it sends no frames itself."""
        if not (NETNS / self.netns).exists():
            netns.add([self.netns])
        quiet = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
        run(["nsenter", f"--net={NETNS / self.netns}", "sysctl", "-qw", *quiet])

    def laid(self) -> Mapping[str, Laid]:
        """Return the wires that exist in the plant, by id."""
        links = self._links()
        ports: dict[str, set[str]] = {}
        for link in links:
            if "master" in link:
                ports.setdefault(link["master"], set()).add(link["ifname"])
        apart: dict[str, dict[End, Cut]] = {}
        for end, wire, cut in _apart(links):
            apart.setdefault(wire, {})[end] = cut
        found = {}
        for link in links:
            # A crash left a bridge without its alias incomplete; laying the wire again completes it.
            wire, _, cut = link.get("ifalias", "").partition(" ")
            if link["ifname"].startswith("w") and wire not in ("", _UNPLUGGED, _APART):
                bridges = [link["ifname"], *map(_bridge_of_one, apart.get(wire, ()))]
                plugged = frozenset(port for bridge in bridges for port in ports.get(bridge, ()))
                found[wire] = Laid(wire, Cut(cut), plugged, apart.get(wire, {}))
        return found

    def unplugged(self) -> frozenset[End]:
        """Return the ports that outlive their wires."""
        aliases = [link.get("ifalias", "").split(" ") for link in self._links()]
        return frozenset(End(*alias[1].split("/")) for alias in aliases if alias[0] == _UNPLUGGED)

    def ports(self) -> frozenset[str]:
        """Return the plant's side of every port, plugged in or not."""
        return frozenset(name for name in self._names() if name.startswith("p"))

    def lay(self, wires: Iterable[Wire]) -> None:
        """Lay new wires; nothing is plugged in yet."""
        laid, present = self.laid(), self._names()
        lines = []
        for wire in (wire for wire in wires if wire.id not in laid):
            bridge = _bridge(wire.id)
            if bridge not in present:
                lines.append(f"link add {bridge} type bridge {_BRIDGE}")
            lines.append(f"link set {bridge} up alias {wire.id}")
        netns.ip_batch(lines, netns=self.netns)

    def take_away(self, wires: Iterable[str]) -> None:
        """Remove wires by their ids; their ports stay."""
        netns.ip_batch([f"link del {_bridge(wire)}" for wire in wires], netns=self.netns)

    def unplug(self, ends: Iterable[End]) -> None:
        """Unplug ports that stay: they lose carrier, and each is remembered."""
        present = self._names()
        lines = []
        for end in ends:
            bridge = _bridge(_dead_end(end))
            if bridge not in present:
                lines.append(f"link add {bridge} type bridge {_BRIDGE}")
            lines.append(f"link set {bridge} alias '{_dead_end(end)}'")
            lines.append(f"link set {plant_port(end)} down master {bridge}")
        netns.ip_batch(lines, netns=self.netns)

    def forget(self, ends: Iterable[End]) -> None:
        """Forget unplugged ports; the ports themselves are unchanged."""
        self.take_away(_dead_end(end) for end in ends)

    def replug(self, place: str) -> None:
        """Give a place the ports without a wire back in its new namespace."""
        self._plug(
            [(_bridge(_dead_end(end)), end) for end in self.unplugged() if end.place == place], {place}
        )

    def plug(self, ends: Iterable[tuple[Wire, End]], fresh: Collection[str]) -> None:
        """Plug places, whose namespaces must exist, into wires; they have no carrier until `settle`.

        Missing ports are created. In `fresh` namespaces all are: the plant's ports belong to the old namespaces.
        """
        laid = self.laid()
        bridges = [
            (_bridge_of_one(end) if end in laid[wire.id].apart else _bridge(wire.id), end)
            for wire, end in ends
        ]
        self._plug(bridges, fresh)

    def _plug(self, ends: Iterable[tuple[str, End]], fresh: Collection[str]) -> None:
        present = self._names()
        by_place: dict[str, list[str]] = {}
        old, new = [], []
        for bridge, end in ends:
            port = plant_port(end)
            new.append(f"link set {port} master {bridge}")
            if port in present and end.place not in fresh:
                continue
            if port in present:
                old.append(port)
            by_place.setdefault(end.place, []).extend(
                (
                    f"link add {end.port} address {end.mac} type veth peer name {port} netns {self.netns}",
                    # No link-local address, so no background traffic: every IPv6 frame that a filter counts is a probe.
                    f"link set {end.port} addrgenmode none",
                    f"link set {end.port} up",
                )
            )
        self.drop(old)
        for place, lines in by_place.items():
            netns.ip_batch(lines, netns=name_of(self.twin, place))
        netns.ip_batch(new, netns=self.netns)

    def drop(self, ports: Collection[str]) -> None:
        """Remove plant ports by their names; this also removes the port at the other end of each."""
        # Forced: a port whose namespace has just been deleted may vanish by itself meanwhile.
        netns.ip_batch([f"link del {port}" for port in sorted(ports)], netns=self.netns, force=True)

    def settle(self, wires: Iterable[Wire], powered: Collection[str]) -> None:
        """Set every port's carrier: it is up unless the port is cut with both ends down or no other place has power."""
        laid = self.laid()
        lines = []
        for wire in wires:
            there = laid[wire.id]
            for end in wire.ends:
                if plant_port(end) in there.ports:
                    is_cut = Cut.LOUD in (there.cut, there.apart.get(end))
                    has_carrier = not is_cut and any(far.place in powered for far in wire.far(end.place))
                    lines.append(f"link set {plant_port(end)} {'up' if has_carrier else 'down'}")
        netns.ip_batch(lines, netns=self.netns)

    def cut(self, wire: Wire, *, silent: bool, powered: Collection[str]) -> None:
        """Stop all traffic on a wire, silently or with all its ports down; this may change the kind of a cut."""
        kind = Cut.SILENT if silent else Cut.LOUD
        bridge = _bridge(wire.id)
        down = [f"link set {bridge} down", f"link set {bridge} alias '{wire.id} {kind}'"]
        netns.ip_batch(down, netns=self.netns)
        self.settle([wire], powered)

    def mend(self, wire: Wire, powered: Collection[str]) -> None:
        """Let traffic pass on a wire again."""
        bridge = _bridge(wire.id)
        netns.ip_batch([f"link set {bridge} up", f"link set {bridge} alias {wire.id}"], netns=self.netns)
        self.settle([wire], powered)

    def cut_off(self, wire: Wire, end: End, *, silent: bool, powered: Collection[str]) -> None:
        """Stop the traffic of one port, silently or with that port down; other ports on the wire are unaffected."""
        kind = Cut.SILENT if silent else Cut.LOUD
        bridge, present = _bridge_of_one(end), self._names()
        lines = [] if bridge in present else [f"link add {bridge} type bridge {_BRIDGE}"]
        lines.append(f"link set {bridge} alias '{_APART} {end.place}/{end.port} {wire.id} {kind}'")
        if plant_port(end) in present:
            lines.append(f"link set {plant_port(end)} master {bridge}")
        netns.ip_batch(lines, netns=self.netns)
        self.settle([wire], powered)

    def rejoin(self, wire: Wire, end: End, powered: Collection[str]) -> None:
        """Let the traffic of one port pass again; do nothing when it is not individually cut."""
        bridge, present = _bridge_of_one(end), self._names()
        if bridge in present:
            port = plant_port(end)
            lines = [f"link set {port} master {_bridge(wire.id)}"] if port in present else []
            netns.ip_batch([*lines, f"link del {bridge}"], netns=self.netns)
            self.settle([wire], powered)

    def forget_cuts(self, wires: Iterable[Wire]) -> None:
        """Forget the cuts of single ports that are no longer on any of these wires."""
        there = {(end, wire.id) for wire in wires for end in wire.ends}
        gone = [end for end, wire, _ in _apart(self._links()) if (end, wire) not in there]
        netns.ip_batch([f"link del {_bridge_of_one(end)}" for end in gone], netns=self.netns)

    def _names(self) -> set[str]:
        return {link["ifname"] for link in self._links()}

    def _links(self) -> list[dict[str, Any]]:
        links: list[dict[str, Any]] = json.loads(run(["ip", "-n", self.netns, "-j", "link", "show"]).stdout)
        return links


def _dead_end(end: End) -> str:
    return f"{_UNPLUGGED} {end.place}/{end.port}"


def _bridge_of_one(end: End) -> str:
    """Return the bridge of a port that is individually cut from its wire."""
    return _bridge(f"{_APART} {end.place}/{end.port}")


def _apart(links: Iterable[dict[str, Any]]) -> Iterator[tuple[End, str, Cut]]:
    """Yield each port that is individually cut from its wire, the wire's id, and the kind of cut."""
    for link in links:
        kind, _, rest = link.get("ifalias", "").partition(" ")
        if kind == _APART:
            end, wire, cut = rest.split(" ", 2)
            yield End(*end.split("/")), wire, Cut(cut)


def _bridge(wire: str) -> str:
    return f"w{hashlib.sha256(wire.encode()).hexdigest()[:12]}"


def plant_port(end: End) -> str:
    """Return the name of the plant's side of a port."""
    return f"p{hashlib.sha256(f'{end.place}/{end.port}'.encode()).hexdigest()[:12]}"
