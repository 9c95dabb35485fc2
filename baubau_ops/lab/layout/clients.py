"""The machines at the city's edges: one in every LAN, a host in each data-center segment, and the bastion."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import BASTION, Lan, LinkKind, Role, site_device
from baubau_ops.inventory.environment import Machine
from baubau_ops.lab.layout.layout import Bare, End, Listening, Route, Uplink, Wire

PROBE_PORT = 7007
"""The TCP and UDP port on which every machine answers, in addition to the services' ports."""

DEFAULT = IPv4Network("0.0.0.0/0")


def ports(inventory: Inventory) -> tuple[int, ...]:
    """Return the ports on which every machine answers: an open port is only noticed if a machine answers on it."""
    services = {port.number for service in inventory.services.values() for port in service.ports}
    return tuple(sorted(services | {PROBE_PORT}))


def services(inventory: Inventory) -> Iterator[Listening]:
    """Yield the addresses and ports on which the data center's services listen."""
    for name, service in sorted(inventory.services.items()):
        for port in service.ports:
            yield Listening(inventory.numbers.services[name], port.protocol, port.number)


def edges(inventory: Inventory) -> Iterator[tuple[Bare, list[Wire]]]:
    """Yield every machine inside the city with its wires (the bastion's wires are links of the topology)."""
    lans: dict[str, list[Lan]] = {}
    for lan in inventory.topology.lans:
        if inventory.topology.nodes[lan.router].role is Role.FIREWALL:
            lans.setdefault(lan.owner, []).append(lan)
        else:
            yield _client(inventory, lan)
    for segment, pair in lans.items():
        yield _host(inventory, segment, pair)
    yield _seat(inventory), []


def _client(inventory: Inventory, lan: Lan) -> tuple[Bare, list[Wire]]:
    name = f"{lan.owner}-{lan.zone}"
    gateway = End(lan.router, lan.port)
    bare = Bare(
        machine=Machine(name, lan.zone, lan.owner, lan.host),
        ports={"eth0": IPv4Interface((lan.host, lan.prefix.prefixlen))},
        gateway=gateway,
        leaves="eth0",
        routes=(Route(DEFAULT, lan.gateway.ip, "eth0"),),
        uplinks=tuple(_uplinks(inventory, lan.owner)),
    )
    return bare, [Wire(f"{lan.router}:{lan.port}", (gateway, End(name, "eth0")))]


def _uplinks(inventory: Inventory, site: str) -> Iterator[Uplink]:
    router = site_device(site)
    links = [link for link in inventory.topology.links_of(router) if link.kind is LinkKind.ACCESS]
    for link in sorted(links, key=lambda link: link.role == "backup"):
        near, far = link.end(router), link.far(router)
        yield Uplink(router, far.node, near.name, End(far.node, far.name).mac)


def _host(inventory: Inventory, segment: str, lans: list[Lan]) -> tuple[Bare, list[Wire]]:
    """A host with a port in each firewall's LAN; the active firewall's LAN is preferred while it has carrier."""
    name = f"host-{segment}"
    order = inventory.datacenter.firewalls
    pair = sorted(lans, key=lambda lan: order.index(lan.router))
    here = sorted(each for each, service in inventory.services.items() if service.segment == segment)
    extra = tuple(inventory.numbers.services[each] for each in here)
    bare = Bare(
        machine=Machine(name, segment, segment, pair[0].host),
        ports={f"lan-{lan.router}": IPv4Interface((lan.host, lan.prefix.prefixlen)) for lan in pair},
        gateway=End(pair[0].router, pair[0].port),
        leaves=f"lan-{pair[0].router}",
        routes=tuple(
            # The services' address: answers to connections that the host opens return through either firewall.
            Route(DEFAULT, lan.gateway.ip, f"lan-{lan.router}", metric, extra[0] if extra else None)
            for metric, lan in enumerate(pair, 1)
        ),
        extra=extra,
    )
    wires = [
        Wire(f"{lan.router}:{lan.port}", (End(lan.router, lan.port), End(name, f"lan-{lan.router}")))
        for lan in pair
    ]
    return bare, wires


def _seat(inventory: Inventory) -> Bare:
    """The bastion: it has a port on each core and routes to the managed devices."""
    topology = inventory.topology
    address = topology.nodes[BASTION].loopback
    links = topology.links_of(BASTION)
    if address is None or not links:
        raise InputError("The bastion has no address or no link: the twin has no seat to work from.")
    ways = [(link.end(BASTION).name, link.far(BASTION).address.ip) for link in links]
    managed = [inventory.city.pools.loopback, inventory.city.pools.link]
    if "mgmt" in inventory.city.zones:
        managed.append(inventory.city.zones["mgmt"].pool)
    return Bare(
        machine=Machine(BASTION, BASTION, BASTION, address),
        ports={link.end(BASTION).name: link.end(BASTION).address for link in links},
        gateway=End(links[0].far(BASTION).node, links[0].far(BASTION).name),
        leaves=links[0].end(BASTION).name,
        routes=tuple(_routes(managed, ways, address)),
        extra=(address,),
    )


def _routes(
    prefixes: list[IPv4Network], ways: list[tuple[str, IPv4Address]], source: IPv4Address
) -> Iterator[Route]:
    for metric, (port, via) in enumerate(ways, 1):
        for prefix in prefixes:
            yield Route(prefix, via, port, metric, source)
