"""policy.yml as packets to be tried: who sends what to whom, and who must drop it if it may not pass.

Every machine tries every service by every port, a machine of every zone at its own site and at another one,
and whatever lies outside. Each enforcing layer gets frames of its own: the site's router those that its machines
send or forge, the POP those that a captured site router would send; every router gets IPv6. Packets that die on
the way try whether their senders are told: else large ones vanish and traceroute is blind. Its own router answers
everybody's ping.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from ipaddress import IPv4Address, IPv6Address
from itertools import islice

from baubau_ops.core.dscp import Dscp, dscp_name
from baubau_ops.inventory.environment import Machine, Probe, Protocol4
from baubau_ops.inventory.inventory import Inventory
from baubau_ops.inventory.topology import BASTION, PROVINCE, Link, LinkKind, Port, Role, site_device
from baubau_ops.network import policy
from baubau_ops.network.derive_routing import province_prefixes
from baubau_ops.network.derive_voice import voice_pools
from baubau_ops.network.policy import INTERNET, PROVINCE_PLACE, Matrix

PROBE_PORT = 7007
"""Where every machine of an environment that can be probed answers, over TCP and UDP."""

BEYOND = IPv6Address("2001:db8:7472::1")
"""An IPv6 address that no machine has (RFC 3849): such packets must die at the first router."""
LINK_LOCAL, ALL_NODES = IPv6Address("fe80::7472"), IPv6Address("ff02::1")
"""Where chatter on a wire comes from and goes to; it dies too, but is counted apart."""

_SSH = 22


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


@dataclass(frozen=True, slots=True)
class _Target:
    name: str
    machine: str
    address: IPv4Address
    doors: tuple[tuple[Protocol4, int], ...]
    own_router: str = ""
    """Set if it is an address of the sender's own router."""


_PING: tuple[Protocol4, int] = ("icmp", 0)
_DOOR: tuple[Protocol4, int] = ("tcp", PROBE_PORT)
_UDP: tuple[Protocol4, int] = ("udp", PROBE_PORT)


def pairs(inventory: Inventory, machines: Sequence[Machine], *, only: str | None = None) -> tuple[Pair, ...]:
    """All pairs to try between the machines there are, allowed ones first.

    `only` leaves out what is denied and has no end at that site. What is allowed stays: it shows who is alive.
    """
    found = _Pairs(inventory, {machine.name: machine for machine in machines}).all()
    if only is not None:
        inside = {machine.name for machine in machines if machine.owner == only}
        found = (pair for pair in found if pair.allowed or {pair.probe.source, pair.machine} & inside)
    return tuple(sorted(found, key=lambda pair: not pair.allowed))


@dataclass(frozen=True)
class _Pairs:
    inventory: Inventory
    machines: dict[str, Machine]

    @cached_property
    def matrix(self) -> Matrix:
        return policy.matrix(self.inventory)

    @cached_property
    def firewalls(self) -> frozenset[str]:
        return frozenset(self.inventory.datacenter.firewalls)

    @cached_property
    def borders(self) -> frozenset[str]:
        """The cores that an ISP hangs on."""
        topology = self.inventory.topology
        return frozenset(
            link.a.node for isp in self.inventory.backbone.isps for link in topology.links_of(isp)
        )

    def all(self) -> Iterator[Pair]:
        for machine in self.machines.values():
            for target in self._targets(machine):
                yield from self._ordinary(machine, target)
            yield from self._forged(machine)
            yield from self._stray(machine)
            yield from self._marked(machine)
            for link, towards in self._uplinks(machine):
                yield from self._from_uplink(machine, link, towards)
        for site in self.inventory.sites:
            yield from self._expiring(site)
            yield from self._managed(site)

    # Who is where.

    def _is_in_site(self, machine: Machine) -> bool:
        return machine.zone in self.inventory.city.zones

    def _router(self, machine: Machine) -> frozenset[str]:
        """The router of ours that its packets reach first."""
        if self._is_in_site(machine):
            return frozenset({site_device(machine.owner)})
        if machine.zone in self.inventory.datacenter.segments:
            return self.firewalls
        end = {INTERNET: machine.owner, PROVINCE_PLACE: PROVINCE, BASTION: BASTION}[machine.zone]
        return frozenset({self.inventory.topology.links_of(end)[0].far(end).node})

    def _uplinks(self, machine: Machine) -> Iterator[tuple[Link, str]]:
        """Its site's, a backup in waiting too, whose POP must let the same pass; each with what to call it by."""
        if not self._is_in_site(machine):
            return
        links = self.inventory.topology.links_of(site_device(machine.owner))
        access = [link for link in links if link.kind is LinkKind.ACCESS]
        for link in access:
            yield link, link.a.node if len(access) > 1 else ""

    # What is tried.

    def _targets(self, sender: Machine) -> Iterator[_Target]:
        yield from self._services(sender)
        for machine in self._machines_for(sender):
            yield _Target(machine.name, machine.name, machine.address, (_DOOR, _UDP, _PING))
        yield from self._routers(sender)

    def _services(self, sender: Machine) -> Iterator[_Target]:
        for name, service in sorted(self.inventory.services.items()):
            host = f"host-{service.segment}"
            if host in self.machines and service.segment != sender.zone:
                doors = tuple((port.protocol, port.number) for port in service.ports)
                yield _Target(name, host, self.inventory.numbers.services[name], (*doors, _DOOR))

    def _internet(self, _sender: Machine) -> Iterator[_Target]:
        for machine in self.machines.values():
            if machine.zone == INTERNET:
                yield _Target(machine.name, machine.name, machine.address, (_UDP,))

    def _machines_for(self, sender: Machine) -> Iterator[Machine]:
        """One of every zone at the sender's site and at another one, and all that are in no site.

        Whoever may open connections to a zone tries all of it: else nothing would tell that they are alive.
        """
        inside = [machine for machine in self.machines.values() if self._is_in_site(machine)]
        for zone in sorted({machine.zone for machine in inside}):
            there = sorted((one for one in inside if one.zone == zone), key=lambda one: one.owner)
            if any(self.matrix.allows(sender.zone, one.address, *_DOOR) for one in there):
                yield from (one for one in there if one != sender)
                continue
            own = [one for one in there if one.owner == sender.owner]
            others = [one for one in there if one.owner != sender.owner]
            after = [one for one in others if one.owner > sender.owner]
            yield from (one for one in own if one != sender)
            yield from (after or others)[:1]
        yield from (one for one in self.machines.values() if one not in inside and one.zone != sender.zone)

    def _routers(self, sender: Machine) -> Iterator[_Target]:
        topology = self.inventory.topology
        ssh: tuple[tuple[Protocol4, int], ...] = (("tcp", _SSH),)
        near_doors = (*ssh, _PING)
        if sender.zone == BASTION:
            return
        for lan in topology.lans:
            if sender.address in lan.prefix:
                yield _Target(lan.router, "", lan.gateway.ip, near_doors, own_router=lan.router)
        (near, *_) = self._router(sender)
        core = topology.with_role(Role.CORE)[0]
        if core.loopback is not None and core.name != near:
            yield _Target(core.name, "", core.loopback, ssh)
        for link in topology.links_of(sender.owner):
            if link.kind in (LinkKind.ISP, LinkKind.PROVINCE):
                port = link.far(sender.owner)
                yield _Target(port.node, "", port.address.ip, near_doors, own_router=port.node)

    def _ordinary(self, sender: Machine, target: _Target) -> Iterator[Pair]:
        """What a machine opens by itself. A door of each kind where all is allowed, one where nothing is."""
        allowed = [door for door in target.doors if self._allows(sender, target, door)]
        refused = [door for door in target.doors if door not in allowed]
        if target.machine == target.name and not allowed:
            refused = refused[:1]
        for protocol, port in allowed:
            yield self._pair(Probe(sender.name, target.address, protocol, port), target)
        device, counter = self._dropping(sender, target)
        for protocol, port in refused:
            # The bastion has no route to what it may not reach; a raw frame with its own address needs none.
            spoof = sender.address if sender.zone == BASTION else None
            probe = Probe(sender.name, target.address, protocol, port, spoof=spoof, count=1)
            yield self._pair(probe, target, device, counter)

    def _allows(self, sender: Machine, target: _Target, door: tuple[Protocol4, int]) -> bool:
        if target.own_router:
            return door == _PING
        return self.matrix.allows(sender.zone, target.address, *door)

    def _dropping(self, sender: Machine, target: _Target) -> tuple[frozenset[str], str]:
        """Who must drop what a machine itself sends, and how it is counted."""
        if target.own_router:
            return frozenset({target.own_router}), "deny_input"
        if sender.zone == INTERNET:
            # What would leave by the bastion's port is judged there, whoever it comes from.
            return self._router(sender), "deny_zone" if target.name == BASTION else "deny_isp"
        if sender.zone == PROVINCE_PLACE and any(
            target.address in prefix for prefix in province_prefixes(self.inventory)
        ):
            return self.firewalls, "deny_zone"
        return self._router(sender), "deny_zone"

    def _forged(self, sender: Machine) -> Iterator[Pair]:
        """Somebody else's source address, and IPv6, on the wire to the first router."""
        router = self._router(sender)
        victim = self._victim(sender)
        goal = self._goal(sender) or next(self._services(sender), None)
        if victim and goal:
            probe = Probe(sender.name, goal.address, *goal.doors[0], spoof=victim, count=1)
            counter = "deny_bogon" if sender.zone == INTERNET else "deny_spoof"
            yield self._pair(probe, goal, router, counter)
        if sender.zone not in (INTERNET, PROVINCE_PLACE):  # their own routers are not ours
            yield from self._ipv6(partial(Probe, sender.name), router)

    @staticmethod
    def _ipv6(frame: partial[Probe], router: frozenset[str]) -> Iterator[Pair]:
        """No machine has it: none passes, and what every machine tells its neighbours hides no other."""
        yield Pair(frame(BEYOND, *_DOOR, count=1), "", "", router, "deny_ipv6")
        yield Pair(frame(BEYOND, *_DOOR, spoof=LINK_LOCAL, count=1), "", "", router, "deny_ipv6_link")
        yield Pair(frame(ALL_NODES, *_DOOR, count=1), "", "", router, "deny_ipv6_link")

    def _expiring(self, site: str) -> Iterator[Pair]:
        """What a site sends dies at the data center's firewalls, what others send to it or answer it at its router."""
        inside = [machine for machine in self.machines.values() if machine.owner == site]
        for sender in inside:
            yield from islice(
                self._expires([(sender, to) for to in self._services(sender)], self.firewalls), 1
            )
        targets = [_Target(machine.name, machine.name, machine.address, (_UDP,)) for machine in inside]
        senders = [machine for machine in self.machines.values() if machine.owner != site]
        router = frozenset({site_device(site)})
        yield from islice(self._expires([(sender, to) for to in targets for sender in senders], router), 1)
        for far in (self._services, self._internet):
            ends = [(sender, to) for sender in inside for to in far(sender)]
            yield from islice(self._expires(ends, router, back=True), 1)

    def _expires(
        self, ends: Iterable[tuple[Machine, _Target]], last: frozenset[str], *, back: bool = False
    ) -> Iterator[Pair]:
        """UDP that a sender may open, and that dies at the last router before its target, or its answer on the way."""
        topology = self.inventory.topology
        gateways = [lan.gateway.ip for lan in topology.lans if lan.router in last]
        links = [link.end(router).address.ip for router in last for link in topology.links_of(router)]
        for sender, target in ends:
            for protocol, port in target.doors:
                if protocol == "udp" and self._allows(sender, target, (protocol, port)):
                    addresses = tuple(sorted([*gateways, *links]))
                    probe = Probe(
                        sender.name, target.address, protocol, port, expires_at=addresses, back=back
                    )
                    yield self._pair(probe, target)

    def _stray(self, sender: Machine) -> Iterator[Pair]:
        """What belongs to no connection, where one would be allowed: whoever keeps state must drop it."""
        if sender.zone in (INTERNET, PROVINCE_PLACE, BASTION):
            return
        doors = [
            (target, door)
            for target in self._targets(sender)
            for door in target.doors
            if door[0] == "tcp" and self._allows(sender, target, door)
        ]
        for target, door in doors[:1]:
            probe = Probe(sender.name, target.address, *door, stray=True, count=1)
            yield self._pair(probe, target, self._router(sender), "deny_invalid")
        outside = [each for each in doors if self.matrix.is_internet(each[0].address)]
        for target, door in outside[:1] if self._is_in_site(sender) else []:
            probe = Probe(sender.name, target.address, *door, at="uplink", stray=True, count=1)
            yield self._pair(probe, target, self.borders, "deny_invalid")

    def _marked(self, sender: Machine) -> Iterator[Pair]:
        """Who sends decides which queue a packet waits in, not what it claims; a call's answer waits in the same."""
        mark = self._mark(sender)
        if goal := self._goal(sender):
            yield self._claiming(Probe(sender.name, goal.address, *goal.doors[0]), goal, mark)
            for door in goal.doors:
                if mark is Dscp.EF and door[0] == "udp":
                    yield self._claiming(Probe(sender.name, goal.address, *door, back=True), goal, mark)

    def _managed(self, site: str) -> Iterator[Pair]:
        """What a site's router says to its operators waits with what they say to it."""
        seat = self.machines.get(BASTION)
        inside = next((machine for machine in self.machines.values() if machine.owner == site), None)
        if seat is None or inside is None:
            return
        target = _Target(seat.name, seat.name, seat.address, (_DOOR,))
        loopback = self.inventory.topology.nodes[site_device(site)].loopback
        for _, towards in self._uplinks(inside):
            probe = Probe(inside.name, seat.address, *_DOOR, at="uplink", towards=towards, spoof=loopback)
            yield self._claiming(probe, target, Dscp.CS6)

    def _mark(self, sender: Machine) -> Dscp:
        if sender.zone == BASTION:
            return Dscp.CS6
        is_call = any(sender.address in pool for pool in voice_pools(self.inventory))
        return Dscp.EF if is_call else Dscp.CS0

    def _claiming(self, probe: Probe, target: _Target, mark: Dscp) -> Pair:
        """Allowed, and must arrive with a mark; it claims another one."""
        claim = Dscp.EF if mark is Dscp.CS0 else Dscp.CS0
        return replace(self._pair(replace(probe, dscp=claim), target), arrives_as=mark)

    def _from_uplink(self, sender: Machine, link: Link, towards: str) -> Iterator[Pair]:
        """What a captured site router could send: past its own rules, to one of its POPs."""
        pop = frozenset({link.a.node})
        frame = partial(Probe, sender.name, at="uplink", towards=towards)
        goal = self._goal(sender)
        for target in self._targets(sender):
            if target.own_router:
                continue
            probe = frame(target.address, *target.doors[-1], count=1)
            if not self._pop_passes(sender.zone, target.address):
                yield self._pair(probe, target, pop, "deny_zone")
            elif target.machine != target.name and not self._allows(sender, target, target.doors[-1]):
                yield self._pair(probe, target, self.firewalls, "deny_zone")
        if goal:
            yield self._claiming(frame(goal.address, *goal.doors[0]), goal, self._mark(sender))
        yield from self._forged_at_uplink(sender, link.a, frame)

    def _forged_at_uplink(self, sender: Machine, port: Port, frame: partial[Probe]) -> Iterator[Pair]:
        pop = frozenset({port.node})
        victim = self._victim(sender)
        goal = self._goal(sender) or next(self._services(sender), None)
        if victim and goal:
            probe = frame(goal.address, *goal.doors[0], spoof=victim, count=1)
            yield self._pair(probe, goal, pop, "deny_spoof")
        near = _Target(port.node, "", port.address.ip, (("tcp", _SSH),))
        probe = frame(near.address, "tcp", _SSH, count=1)
        yield self._pair(probe, near, pop, "deny_input")
        yield from self._ipv6(frame, pop)

    def _pop_passes(self, zone: str, target: IPv4Address) -> bool:
        """The POP keeps no state: it lets pass by address what policy.yml allows in either direction."""
        permit = self.matrix.permit(zone)
        networks = [
            *permit.addresses,
            *(net for place in self.matrix.openers(zone) for net in place.networks),
        ]
        return any(target in network for network in networks) or (
            permit.internet and self.matrix.is_internet(target)
        )

    def _victim(self, sender: Machine) -> IPv4Address | None:
        """Whose address is forged: one that would be let through if it were not for where it comes from."""
        inside = [
            one for one in self.machines.values() if self._is_in_site(one) and one.owner != sender.owner
        ]
        if sender.zone == PROVINCE_PLACE:
            inside = [one for one in self.machines.values() if one.zone in self.inventory.datacenter.segments]
        alike = [one for one in inside if one.zone == sender.zone]
        return next((one.address for one in alike or inside), None)

    def _goal(self, sender: Machine) -> _Target | None:
        """Something that the sender may reach; None for those who may reach nothing."""
        targets = [target for target in self._targets(sender) if not target.own_router and target.machine]
        for target in targets:
            doors = tuple(door for door in target.doors if self._allows(sender, target, door))
            if doors:
                return _Target(target.name, target.machine, target.address, doors)
        return None

    @staticmethod
    def _pair(
        probe: Probe, target: _Target, dropped_by: frozenset[str] = frozenset(), counter: str = ""
    ) -> Pair:
        return Pair(probe, target.name, target.machine, dropped_by, counter)
