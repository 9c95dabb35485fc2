"""The targets that a machine of an environment can try: machines, services and routers, each by its ports.

Every machine tries every port of every service, a machine of every zone at its own site and at another one, and
everything outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, PROVINCE, Link, LinkKind, Role, site_device
from baubau_ops.inventory.environment import Machine, Protocol4
from baubau_ops.network import policy
from baubau_ops.network.policy import INTERNET, PROVINCE_PLACE, Matrix

PROBE_PORT = 7007
"""The port on which every machine of an environment with probes answers, over TCP and UDP."""

Door = tuple[Protocol4, int]
"""Protocol and port; a ping has port 0."""
PING: Door = ("icmp", 0)
TCP: Door = ("tcp", PROBE_PORT)
UDP: Door = ("udp", PROBE_PORT)
SSH: Door = ("tcp", 22)


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    machine: str
    address: IPv4Address
    doors: tuple[Door, ...]
    own_router: str = ""
    """True for an address of the sender's own router."""


@dataclass(frozen=True)
class Reach:
    """The machines, and the targets that policy.yml lets each of them reach."""

    inventory: Inventory
    machines: dict[str, Machine]

    @cached_property
    def matrix(self) -> Matrix:
        return policy.matrix(self.inventory)

    @cached_property
    def firewalls(self) -> frozenset[str]:
        return frozenset(self.inventory.datacenter.firewalls)

    def is_in_site(self, machine: Machine) -> bool:
        return machine.zone in self.inventory.city.zones

    def router(self, machine: Machine) -> frozenset[str]:
        """Return the first of our routers on its packets' path."""
        if self.is_in_site(machine):
            return frozenset({site_device(machine.owner)})
        if machine.zone in self.inventory.datacenter.segments:
            return self.firewalls
        end = {INTERNET: machine.owner, PROVINCE_PLACE: PROVINCE, BASTION: BASTION}[machine.zone]
        return frozenset({self.inventory.topology.links_of(end)[0].far(end).node})

    def uplinks(self, machine: Machine) -> Iterator[tuple[Link, str]]:
        """Its site's, a backup in waiting too, whose POP must let the same pass; each with what to call it by."""
        if not self.is_in_site(machine):
            return
        links = self.inventory.topology.links_of(site_device(machine.owner))
        access = [link for link in links if link.kind is LinkKind.ACCESS]
        for link in access:
            yield link, link.a.node if len(access) > 1 else ""

    def targets(self, sender: Machine) -> Iterator[Target]:
        yield from self.services(sender)
        for machine in self._machines_for(sender):
            yield Target(machine.name, machine.name, machine.address, (TCP, UDP, PING))
        yield from self._routers(sender)

    def services(self, sender: Machine) -> Iterator[Target]:
        for name, service in sorted(self.inventory.services.items()):
            host = f"host-{service.segment}"
            if host in self.machines and service.segment != sender.zone:
                doors = tuple((port.protocol, port.number) for port in service.ports)
                yield Target(name, host, self.inventory.numbers.services[name], (*doors, TCP))

    def internet(self, _sender: Machine) -> Iterator[Target]:
        for machine in self.machines.values():
            if machine.zone == INTERNET:
                yield Target(machine.name, machine.name, machine.address, (UDP,))

    def _machines_for(self, sender: Machine) -> Iterator[Machine]:
        """One of every zone at the sender's site and at another one, and all that are in no site.

        A sender that may open connections to a zone tries all of it: else nothing would show that they are alive.
        """
        inside = [machine for machine in self.machines.values() if self.is_in_site(machine)]
        for zone in sorted({machine.zone for machine in inside}):
            there = sorted((one for one in inside if one.zone == zone), key=lambda one: one.owner)
            if any(self.matrix.allows(sender.zone, one.address, *TCP) for one in there):
                yield from (one for one in there if one != sender)
                continue
            own = [one for one in there if one.owner == sender.owner]
            others = [one for one in there if one.owner != sender.owner]
            after = [one for one in others if one.owner > sender.owner]
            yield from (one for one in own if one != sender)
            yield from (after or others)[:1]
        yield from (one for one in self.machines.values() if one not in inside and one.zone != sender.zone)

    def _routers(self, sender: Machine) -> Iterator[Target]:
        topology = self.inventory.topology
        if sender.zone == BASTION:
            return
        for lan in topology.lans:
            if sender.address in lan.prefix:
                yield Target(lan.router, "", lan.gateway.ip, (SSH, PING), own_router=lan.router)
        (near, *_) = self.router(sender)
        core = topology.with_role(Role.CORE)[0]
        if core.loopback is not None and core.name != near:
            yield Target(core.name, "", core.loopback, (SSH,))
        for link in topology.links_of(sender.owner):
            if link.kind in (LinkKind.ISP, LinkKind.PROVINCE):
                port = link.far(sender.owner)
                yield Target(port.node, "", port.address.ip, (SSH, PING), own_router=port.node)

    def allows(self, sender: Machine, target: Target, door: Door) -> bool:
        if target.own_router:
            return door == PING
        return self.matrix.allows(sender.zone, target.address, *door)

    def pop_passes(self, zone: str, target: IPv4Address) -> bool:
        """Return whether the POP lets it pass: by address, if policy.yml allows either direction; it keeps no state."""
        permit = self.matrix.permit(zone)
        networks = [
            *permit.addresses,
            *(net for place in self.matrix.openers(zone) for net in place.networks),
        ]
        return any(target in network for network in networks) or (
            permit.internet and self.matrix.is_internet(target)
        )

    def goal(self, sender: Machine) -> Target | None:
        """Return a target that the sender may reach; None if it may reach nothing."""
        targets = [target for target in self.targets(sender) if not target.own_router and target.machine]
        for target in targets:
            doors = tuple(door for door in target.doors if self.allows(sender, target, door))
            if doors:
                return Target(target.name, target.machine, target.address, doors)
        return None
