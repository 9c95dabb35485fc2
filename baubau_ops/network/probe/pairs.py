"""policy.yml as packets to try: sender, target, and the router that must drop a denied packet.

Each enforcing layer gets frames of its own: the site's router those that its machines send or forge, the POP those
that a captured site router would send; every router gets IPv6. Packets that expire on the way test whether their
senders get the ICMP error: else large packets vanish and traceroute is blind. A router answers the pings of its own
machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from ipaddress import IPv4Address, IPv6Address
from itertools import islice

from baubau_ops.core.dscp import Dscp
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, Link, Port, site_device
from baubau_ops.inventory.environment import Machine, Probe
from baubau_ops.network.derive.routing import province_prefixes
from baubau_ops.network.derive.voice import voice_pools
from baubau_ops.network.policy import INTERNET, PROVINCE_PLACE
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.targets import SSH, TCP, UDP, Reach, Target

BEYOND = IPv6Address("2001:db8:7472::1")
"""An IPv6 address that no machine has (RFC 3849): the first router must drop such packets."""
LINK_LOCAL, ALL_NODES = IPv6Address("fe80::7472"), IPv6Address("ff02::1")
"""Source and destination of link-local traffic; it is dropped, too, but counted separately."""


def pairs(inventory: Inventory, machines: Sequence[Machine], *, only: str | None = None) -> tuple[Pair, ...]:
    """All pairs to try between the machines there are, allowed ones first.

    `only` leaves out denied pairs without an end at that site. Allowed pairs stay: they show which machines are alive.
    """
    found = _Pairs(Reach(inventory, {machine.name: machine for machine in machines})).all()
    if only is not None:
        inside = {machine.name for machine in machines if machine.owner == only}
        found = (pair for pair in found if pair.allowed or {pair.probe.source, pair.machine} & inside)
    return tuple(sorted(found, key=lambda pair: not pair.allowed))


@dataclass(frozen=True)
class _Pairs:
    reach: Reach

    @property
    def inventory(self) -> Inventory:
        return self.reach.inventory

    @property
    def machines(self) -> dict[str, Machine]:
        return self.reach.machines

    @cached_property
    def _borders(self) -> frozenset[str]:
        """Return the cores that have an ISP."""
        topology = self.inventory.topology
        return frozenset(
            link.a.node for isp in self.inventory.backbone.isps for link in topology.links_of(isp)
        )

    def all(self) -> Iterator[Pair]:
        for machine in self.machines.values():
            for target in self.reach.targets(machine):
                yield from self._ordinary(machine, target)
            yield from self._forged(machine)
            yield from self._stray(machine)
            yield from self._marked(machine)
            for link, towards in self.reach.uplinks(machine):
                yield from self._from_uplink(machine, link, towards)
        for site in self.inventory.sites:
            yield from self._expiring(site)
            yield from self._managed(site)

    def _ordinary(self, sender: Machine, target: Target) -> Iterator[Pair]:
        """Yield the connections a machine opens: one for each allowed port, one to a fully denied target."""
        allowed = [door for door in target.doors if self.reach.allows(sender, target, door)]
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

    def _dropping(self, sender: Machine, target: Target) -> tuple[frozenset[str], str]:
        """Return the routers that must drop a machine's own packets, and the counter."""
        if target.own_router:
            return frozenset({target.own_router}), "deny_input"
        if sender.zone == INTERNET:
            # Packets that would leave by the bastion's port are filtered there, whatever their source.
            return self.reach.router(sender), "deny_zone" if target.name == BASTION else "deny_isp"
        if sender.zone == PROVINCE_PLACE and any(
            target.address in prefix for prefix in province_prefixes(self.inventory)
        ):
            return self.reach.firewalls, "deny_zone"
        return self.reach.router(sender), "deny_zone"

    def _forged(self, sender: Machine) -> Iterator[Pair]:
        """Yield packets with a forged source address, and IPv6, on the wire to the first router."""
        router = self.reach.router(sender)
        victim = self._victim(sender)
        goal = self.reach.goal(sender) or next(self.reach.services(sender), None)
        if victim and goal:
            probe = Probe(sender.name, goal.address, *goal.doors[0], spoof=victim, count=1)
            counter = "deny_bogon" if sender.zone == INTERNET else "deny_spoof"
            yield self._pair(probe, goal, router, counter)
        if sender.zone not in (INTERNET, PROVINCE_PLACE):  # their own routers are not ours
            yield from self._ipv6(partial(Probe, sender.name), router)

    @staticmethod
    def _ipv6(frame: partial[Probe], router: frozenset[str]) -> Iterator[Pair]:
        """Yield IPv6: none passes, and link-local noise has a counter of its own, so that it hides no other drop."""
        yield Pair(frame(BEYOND, *TCP, count=1), "", "", router, "deny_ipv6")
        yield Pair(frame(BEYOND, *TCP, spoof=LINK_LOCAL, count=1), "", "", router, "deny_ipv6_link")
        yield Pair(frame(ALL_NODES, *TCP, count=1), "", "", router, "deny_ipv6_link")

    def _expiring(self, site: str) -> Iterator[Pair]:
        """Yield packets that expire: a site's at the data center's firewalls, those to a site at its router."""
        inside = [machine for machine in self.machines.values() if machine.owner == site]
        for sender in inside:
            yield from islice(
                self._expires([(sender, to) for to in self.reach.services(sender)], self.reach.firewalls), 1
            )
        targets = [Target(machine.name, machine.name, machine.address, (UDP,)) for machine in inside]
        senders = [machine for machine in self.machines.values() if machine.owner != site]
        router = frozenset({site_device(site)})
        yield from islice(self._expires([(sender, to) for to in targets for sender in senders], router), 1)
        for far in (self.reach.services, self.reach.internet):
            ends = [(sender, to) for sender in inside for to in far(sender)]
            yield from islice(self._expires(ends, router, back=True), 1)

    def _expires(
        self, ends: Iterable[tuple[Machine, Target]], last: frozenset[str], *, back: bool = False
    ) -> Iterator[Pair]:
        """Yield allowed UDP that expires at the last router before its target, or whose answer expires on the way."""
        topology = self.inventory.topology
        gateways = [lan.gateway.ip for lan in topology.lans if lan.router in last]
        links = [link.end(router).address.ip for router in last for link in topology.links_of(router)]
        for sender, target in ends:
            for protocol, port in target.doors:
                if protocol == "udp" and self.reach.allows(sender, target, (protocol, port)):
                    addresses = tuple(sorted([*gateways, *links]))
                    probe = Probe(
                        sender.name, target.address, protocol, port, expires_at=addresses, back=back
                    )
                    yield self._pair(probe, target)

    def _stray(self, sender: Machine) -> Iterator[Pair]:
        """Yield packets of no connection, where one would be allowed: routers that keep state must drop them."""
        if sender.zone in (INTERNET, PROVINCE_PLACE, BASTION):
            return
        doors = [
            (target, door)
            for target in self.reach.targets(sender)
            for door in target.doors
            if door[0] == "tcp" and self.reach.allows(sender, target, door)
        ]
        for target, door in doors[:1]:
            probe = Probe(sender.name, target.address, *door, stray=True, count=1)
            yield self._pair(probe, target, self.reach.router(sender), "deny_invalid")
        outside = [each for each in doors if self.reach.matrix.is_internet(each[0].address)]
        for target, door in outside[:1] if self.reach.is_in_site(sender) else []:
            probe = Probe(sender.name, target.address, *door, at="uplink", stray=True, count=1)
            yield self._pair(probe, target, self._borders, "deny_invalid")

    def _marked(self, sender: Machine) -> Iterator[Pair]:
        """Yield packets with a false mark: the sender decides the queue; a call's answer uses the call's queue."""
        mark = self._mark(sender)
        if goal := self.reach.goal(sender):
            yield self._claiming(Probe(sender.name, goal.address, *goal.doors[0]), goal, mark)
            for door in goal.doors:
                if mark is Dscp.EF and door[0] == "udp":
                    yield self._claiming(Probe(sender.name, goal.address, *door, back=True), goal, mark)

    def _managed(self, site: str) -> Iterator[Pair]:
        """Yield a site router's answers to the operators: they must carry the mark of management."""
        seat = self.machines.get(BASTION)
        inside = next((machine for machine in self.machines.values() if machine.owner == site), None)
        if seat is None or inside is None:
            return
        target = Target(seat.name, seat.name, seat.address, (TCP,))
        loopback = self.inventory.topology.nodes[site_device(site)].loopback
        for _, towards in self.reach.uplinks(inside):
            probe = Probe(inside.name, seat.address, *TCP, at="uplink", towards=towards, spoof=loopback)
            yield self._claiming(probe, target, Dscp.CS6)

    def _mark(self, sender: Machine) -> Dscp:
        if sender.zone == BASTION:
            return Dscp.CS6
        is_call = any(sender.address in pool for pool in voice_pools(self.inventory))
        return Dscp.EF if is_call else Dscp.CS0

    def _claiming(self, probe: Probe, target: Target, mark: Dscp) -> Pair:
        """Yield allowed packets that claim a false mark and must arrive with the right one."""
        claim = Dscp.EF if mark is Dscp.CS0 else Dscp.CS0
        return replace(self._pair(replace(probe, dscp=claim), target), arrives_as=mark)

    def _from_uplink(self, sender: Machine, link: Link, towards: str) -> Iterator[Pair]:
        """Yield packets that a captured site router could send: past its own rules, to one of its POPs."""
        pop = frozenset({link.a.node})
        frame = partial(Probe, sender.name, at="uplink", towards=towards)
        goal = self.reach.goal(sender)
        for target in self.reach.targets(sender):
            if target.own_router:
                continue
            probe = frame(target.address, *target.doors[-1], count=1)
            if not self.reach.pop_passes(sender.zone, target.address):
                yield self._pair(probe, target, pop, "deny_zone")
            elif target.machine != target.name and not self.reach.allows(sender, target, target.doors[-1]):
                yield self._pair(probe, target, self.reach.firewalls, "deny_zone")
        if goal:
            yield self._claiming(frame(goal.address, *goal.doors[0]), goal, self._mark(sender))
        yield from self._forged_at_uplink(sender, link.a, frame)

    def _forged_at_uplink(self, sender: Machine, port: Port, frame: partial[Probe]) -> Iterator[Pair]:
        pop = frozenset({port.node})
        victim = self._victim(sender)
        goal = self.reach.goal(sender) or next(self.reach.services(sender), None)
        if victim and goal:
            probe = frame(goal.address, *goal.doors[0], spoof=victim, count=1)
            yield self._pair(probe, goal, pop, "deny_spoof")
        near = Target(port.node, "", port.address.ip, (SSH,))
        probe = frame(near.address, *SSH, count=1)
        yield self._pair(probe, near, pop, "deny_input")
        yield from self._ipv6(frame, pop)

    def _victim(self, sender: Machine) -> IPv4Address | None:
        """Return a source to forge: one that would be let through if it came from the right port."""
        inside = [
            one for one in self.machines.values() if self.reach.is_in_site(one) and one.owner != sender.owner
        ]
        if sender.zone == PROVINCE_PLACE:
            inside = [one for one in self.machines.values() if one.zone in self.inventory.datacenter.segments]
        alike = [one for one in inside if one.zone == sender.zone]
        return next((one.address for one in alike or inside), None)

    @staticmethod
    def _pair(
        probe: Probe, target: Target, dropped_by: frozenset[str] = frozenset(), counter: str = ""
    ) -> Pair:
        return Pair(probe, target.name, target.machine, dropped_by, counter)
