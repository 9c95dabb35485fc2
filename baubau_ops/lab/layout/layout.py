"""The parts of a twin: booted machines, bare machines, and the wires between their ports."""

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
        """The port's MAC address: it is derived, so that it survives a power cycle and every process knows it."""
        digest = hashlib.sha256(f"{self.place}/{self.port}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable between two ports, or a LAN with any number of them."""

    id: str
    """The link's id in the topology, or `<router>:<port>` for a LAN."""
    ends: tuple[End, ...]

    @property
    def is_lan(self) -> bool:
        """Whether machines may join and leave it, and each can be cut from it alone: no link is a LAN."""
        return ":" in self.id

    def at(self, place: str) -> tuple[End, ...]:
        """The ports of a place that are on this wire."""
        return tuple(end for end in self.ends if end.place == place)

    def far(self, place: str) -> tuple[End, ...]:
        """The ports of all other places on this wire."""
        return tuple(end for end in self.ends if end.place != place)


@dataclass(frozen=True, slots=True)
class File:
    """A file that a machine starts with; it belongs to the owner of its folder."""

    text: str
    """The content; secrets are placeholders."""
    mode: int = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """A machine with its own operating system: its image, files and volumes, and when it is ready."""

    name: str
    image: str
    """Name of the image that it boots."""
    memory: int
    """MiB that it takes, for the capacity check; no limit enforces it."""
    units: tuple[str, ...] = ("ssh.service",)
    """Systemd units that are all active once the machine is ready."""
    signs: tuple[str, ...] = ("run/sshd.pid",)
    """Files that exist once the machine is ready. They are checked first: querying systemd costs a process."""
    files: Mapping[str, File] = field(default_factory=dict)
    """Files that a new disk holds in addition to the image, by path."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Mount points of folders that outlive its disk, by volume name."""
    address: IPv4Address | None = None
    """The address at which the bastion logs in; None when the machine is not ours."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of a bare machine; the lower metric wins while its port has carrier."""

    to: IPv4Network
    via: IPv4Address
    port: str
    metric: int = 0
    source: IPv4Address | None = None
    """The source address of connections that this machine opens."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """The port towards a POP from which a compromised router of this machine's site would send frames."""

    router: str
    pop: str
    """Name of the POP's router."""
    port: str
    mac: str
    """MAC address of the POP's port."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A machine in which no process runs: a namespace with ports, addresses and routes."""

    machine: Machine
    ports: Mapping[str, IPv4Interface]
    """The address on each port."""
    gateway: End
    """The router's port that receives frames for destinations beyond the LAN."""
    leaves: str
    """The machine's port towards the gateway."""
    routes: tuple[Route, ...]
    extra: tuple[IPv4Address, ...] = ()
    """Addresses on lo, which are those of a data-center host's services."""
    uplinks: tuple[Uplink, ...] = ()
    """Uplinks of its site's router, the primary first; empty outside sites."""

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def addresses(self) -> tuple[IPv4Address, ...]:
        """All addresses of the machine."""
        own = (self.machine.address, *(port.ip for port in self.ports.values()), *self.extra)
        return tuple(dict.fromkeys(own))


@dataclass(frozen=True, slots=True)
class Listening:
    """The address and port on which a service of the data center listens."""

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
    """Images of the booted machines, by name."""
    ports: tuple[int, ...] = ()
    """TCP and UDP ports on which every machine answers."""
    services: tuple[Listening, ...] = ()
    """Services that the policy may allow: bulk transfers and watches use them if there are any."""

    @property
    def places(self) -> frozenset[str]:
        return frozenset(self.booted) | frozenset(self.bare)

    @property
    def addresses(self) -> Mapping[str, IPv4Address]:
        """The address at which the bastion reaches each of our booted machines."""
        return {each.name: each.address for each in self.booted.values() if each.address is not None}

    @property
    def texts(self) -> tuple[str, ...]:
        """Contents of all files that machines start with."""
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
