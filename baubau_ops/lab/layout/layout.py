"""What a twin consists of: booted machines, bare ones, and the wires between their ports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from baubau_ops.inventory.environment import Machine
from baubau_ops.lab.image.image import Image


@dataclass(frozen=True, slots=True)
class End:
    """A port of a place."""

    place: str
    port: str

    def __str__(self) -> str:
        return f"{self.place}:{self.port}"

    @property
    def mac(self) -> str:
        """The port's MAC address: derived, so that it survives a power cycle and is known to everybody."""
        digest = hashlib.sha256(f"{self.place}/{self.port}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable between two ports, or a LAN with any number of them."""

    id: str
    """A link's id in the topology, else `<router>:<port>`."""
    ends: tuple[End, ...]

    @property
    def is_lan(self) -> bool:
        """Whether machines may join and leave it, and each can be cut from it alone: no link is a LAN."""
        return ":" in self.id

    def at(self, place: str) -> tuple[End, ...]:
        """The ports of a place that are on it."""
        return tuple(end for end in self.ends if end.place == place)

    def far(self, place: str) -> tuple[End, ...]:
        """Those of all other places."""
        return tuple(end for end in self.ends if end.place != place)


@dataclass(frozen=True, slots=True)
class File:
    """A file that a machine starts with; it belongs to the owner of its folder."""

    text: str
    """Secrets as placeholders."""
    mode: int = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """A machine with a system of its own: what it stands on, starts with and keeps, and when it is ready."""

    name: str
    image: str
    """Name of its image."""
    memory: int
    """MiB it takes, for the arithmetic of capacity; nothing limits it."""
    units: tuple[str, ...] = ("ssh.service",)
    """Of its systemd: all are active once it is ready."""
    signs: tuple[str, ...] = ("run/sshd.pid",)
    """Files that are there by then. They are looked for first: asking systemd costs a process."""
    files: Mapping[str, File] = field(default_factory=dict)
    """By path: what a new disk holds besides the image."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Mount points by name: folders that outlive its disk."""
    address: IPv4Address | None = None
    """Where the operator's seat logs in; None when it is not ours to log in to."""


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
    """Everything a twin consists of, by name."""

    booted: Mapping[str, Booted]
    bare: Mapping[str, Bare]
    wires: Mapping[str, Wire]
    images: Mapping[str, Image]
    """What the booted machines stand on."""
    ports: tuple[int, ...] = ()
    """Where every machine answers, over TCP and UDP."""
    services: tuple[Listening, ...] = ()
    """What policy may allow: bulk transfers and watches use these where there are any."""

    @property
    def places(self) -> frozenset[str]:
        return frozenset(self.booted) | frozenset(self.bare)

    @property
    def addresses(self) -> Mapping[str, IPv4Address]:
        """Where the operator's seat reaches each booted machine that is ours."""
        return {each.name: each.address for each in self.booted.values() if each.address is not None}

    @property
    def texts(self) -> tuple[str, ...]:
        """Of all files that machines start with."""
        return tuple(file.text for each in self.booted.values() for file in each.files.values())

    @cached_property
    def _wires_of(self) -> Mapping[str, tuple[Wire, ...]]:
        found: dict[str, list[Wire]] = {}
        for wire in self.wires.values():
            for place in dict.fromkeys(end.place for end in wire.ends):
                found.setdefault(place, []).append(wire)
        return {place: tuple(wires) for place, wires in found.items()}

    @cached_property
    def _owners(self) -> Mapping[IPv4Address, Bare]:
        return {address: bare for bare in self.bare.values() for address in bare.addresses}

    def owner(self, address: IPv4Address) -> Bare | None:
        """Return the machine that has this address."""
        return self._owners.get(address)

    def wires_of(self, place: str) -> tuple[Wire, ...]:
        return self._wires_of.get(place, ())
