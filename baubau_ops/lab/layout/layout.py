"""What a twin consists of: booted routers, bare machines, and the wires between their ports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from baubau_ops.inventory.environment import Machine


@dataclass(frozen=True, slots=True)
class End:
    """A port of a place."""

    place: str
    port: str

    @property
    def mac(self) -> str:
        """The port's MAC address: derived, so that it survives a power cycle and is known to everybody."""
        digest = hashlib.sha256(f"{self.place}/{self.port}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable, or a LAN with one machine on it."""

    id: str
    """A link's id in the topology, else `<router>:<port>`."""
    a: End
    b: End

    def end(self, place: str) -> End:
        return self.a if self.a.place == place else self.b

    def far(self, place: str) -> End:
        return self.b if self.a.place == place else self.a


@dataclass(frozen=True, slots=True)
class Route:
    """A route of a bare machine; the lower metric wins while its port has carrier."""

    to: IPv4Network
    via: IPv4Address
    port: str
    metric: int = 0
    source: IPv4Address | None = None
    """The address that what this machine opens itself comes from."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """Where a captured router of this machine's site would send frames: its port towards a POP."""

    router: str
    pop: str
    """The POP's router."""
    port: str
    mac: str
    """Of the POP's port."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A machine that runs nothing of its own: a namespace with ports, addresses and routes."""

    machine: Machine
    ports: Mapping[str, IPv4Interface]
    """The address on each port."""
    gateway: End
    """The router's port that frames beyond the LAN go to."""
    leaves: str
    """The port towards the gateway."""
    routes: tuple[Route, ...]
    extra: tuple[IPv4Address, ...] = ()
    """Addresses on lo: a data-center host's services."""
    uplinks: tuple[Uplink, ...] = ()
    """Of its site's router, the primary first; none outside of sites."""

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def addresses(self) -> tuple[IPv4Address, ...]:
        """All its addresses."""
        own = (self.machine.address, *(port.ip for port in self.ports.values()), *self.extra)
        return tuple(dict.fromkeys(own))


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service of the data center listens."""

    address: IPv4Address
    protocol: str
    port: int


@dataclass(frozen=True)
class Layout:
    """Everything a twin consists of. `day0` holds each router's text, secrets as placeholders."""

    day0: Mapping[str, str]
    bare: Mapping[str, Bare]
    wires: Mapping[str, Wire]
    loopbacks: Mapping[str, IPv4Address] = field(default_factory=dict)
    """Where the operator's seat reaches each of our routers."""
    ports: tuple[int, ...] = ()
    """Where every machine answers, over TCP and UDP."""
    services: tuple[Listening, ...] = ()
    """What policy may allow: bulk transfers and watches use these where there are any."""

    @property
    def routers(self) -> tuple[str, ...]:
        return tuple(self.day0)

    @property
    def places(self) -> frozenset[str]:
        return frozenset(self.day0) | frozenset(self.bare)

    @cached_property
    def _wires_of(self) -> Mapping[str, tuple[Wire, ...]]:
        found: dict[str, list[Wire]] = {}
        for wire in self.wires.values():
            for end in (wire.a, wire.b):
                found.setdefault(end.place, []).append(wire)
        return {place: tuple(wires) for place, wires in found.items()}

    @cached_property
    def _owners(self) -> Mapping[IPv4Address, Bare]:
        return {address: bare for bare in self.bare.values() for address in bare.addresses}

    def owner(self, address: IPv4Address) -> Bare | None:
        """Return the machine that has this address."""
        return self._owners.get(address)

    def wires_of(self, place: str) -> tuple[Wire, ...]:
        return self._wires_of.get(place, ())
