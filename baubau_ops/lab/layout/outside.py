"""The networks outside the city: ISPs that form one internet, the Province, and a host behind each of them.

They are configured here, not by `net`, and accept everything that the city announces: a leak shows in their tables.
Their announcements carry `no-export`: a core that honoured it would not pass its default routes on to the sites.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from baubau_ops.core.errors import InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import PROVINCE, Link
from baubau_ops.inventory.environment import Machine
from baubau_ops.inventory.files.fields import Bfd
from baubau_ops.lab.layout.clients import DEFAULT
from baubau_ops.lab.layout.layout import Bare, End, Route, Wire

INTERNET = IPv4Network("203.0.113.0/24")
"""The prefix of the internet's hosts (RFC 5737)."""

MAX_ISPS = 8

_HOST_PORT = "lan-hosts"
_TEMPLATE = """\
frr defaults traditional
hostname {name}
log syslog informational
service integrated-vtysh-config
!
{statics}!
{interfaces}{bfd}router bgp {asn}
 bgp router-id {router_id}
 no bgp ebgp-requires-policy
 timers bgp 1 3
{neighbors} address-family ipv4 unicast
{announced}  neighbor {city} route-map selfish out
 exit-address-family
exit
!
route-map selfish permit 10
 set community no-export
exit
!
#@ section sysctl
net.ipv4.ip_forward = 1
net.ipv6.conf.all.disable_ipv6 = 1
"""
_BFD = """\
bfd
 profile city
  transmit-interval {milliseconds}
  receive-interval {milliseconds}
  detect-multiplier {multiplier}
 exit
exit
!
"""


def texts(inventory: Inventory) -> Mapping[str, str]:
    """Return the configuration of every external router, by name."""
    isps = sorted(inventory.backbone.isps)
    if len(isps) > MAX_ISPS:
        raise InputError(f"The twin has room for {MAX_ISPS} ISPs; the inventory has {len(isps)}.")
    return {**{isp: _isp(inventory, isp, isps) for isp in isps}, PROVINCE: _province(inventory)}


def hosts(inventory: Inventory) -> Iterator[tuple[Bare, list[Wire]]]:
    """Yield the hosts of the internet, one behind each ISP, and the host of the Province."""
    for index, isp in enumerate(sorted(inventory.backbone.isps)):
        lan = _lan(index)
        yield _host(f"inet-{isp}", "internet", isp, lan, lan[2])
    lan = inventory.backbone.province.prefixes[0]
    yield _host("prov-host", "province", PROVINCE, lan, lan[min(10, lan.num_addresses - 2)])


def exchanges(inventory: Inventory) -> Iterator[Wire]:
    """Yield the wires that join each ISP to the next, so that the ISPs form one internet."""
    isps = sorted(inventory.backbone.isps)
    for a, b in itertools.pairwise(isps):
        yield Wire(f"{a}--{b}", (End(a, f"to-{b}"), End(b, f"to-{a}")))


def _host(
    name: str, zone: str, router: str, lan: IPv4Network, address: IPv4Address
) -> tuple[Bare, list[Wire]]:
    gateway = End(router, _HOST_PORT)
    bare = Bare(
        machine=Machine(name, zone, router, address),
        ports={"eth0": IPv4Interface((address, lan.prefixlen))},
        gateway=gateway,
        leaves="eth0",
        routes=(Route(DEFAULT, lan[1], "eth0"),),
    )
    return bare, [Wire(f"{router}:{_HOST_PORT}", (gateway, End(name, "eth0")))]


def _lan(index: int) -> IPv4Network:
    return list(INTERNET.subnets(new_prefix=28))[index]


def _exchange(index: int) -> IPv4Network:
    """The /31 between ISP `index` and the next one."""
    return list(IPv4Network((int(INTERNET[240]), 28)).subnets(new_prefix=31))[index]


def _isp(inventory: Inventory, name: str, isps: list[str]) -> str:
    isp = inventory.backbone.isps[name]
    index = isps.index(name)
    lan = _lan(index)
    interfaces = {_HOST_PORT: IPv4Interface((lan[1], lan.prefixlen))}
    neighbors = ""
    for other, net, side in ((index - 1, index - 1, 1), (index + 1, index, 0)):
        if 0 <= other < len(isps):
            near, far = _exchange(net)[side], _exchange(net)[1 - side]
            interfaces[f"to-{isps[other]}"] = IPv4Interface((near, 31))
            neighbors += f" neighbor {far} remote-as {inventory.backbone.isps[isps[other]].asn}\n"
    link = _link_of(inventory, name)
    interfaces[link.end(name).name] = link.end(name).address
    city = link.far(name).address.ip
    return _TEMPLATE.format(
        name=name,
        asn=isp.asn,
        router_id=lan[1],
        # Unknown destinations are dropped, as on the internet. Packets to the city's hidden networks are sent to
        # the city anyway, as a careless or hostile ISP would send them: this tests the cores' filters, not just
        # the lack of a route.
        statics="ip route 0.0.0.0/0 Null0\n"
        + "".join(f"ip route {net} {city}\n" for net in _hidden(inventory)),
        interfaces=_interfaces(interfaces),
        bfd=_bfd(isp.bfd),
        neighbors=neighbors + _city_neighbor(inventory, city, f"bgp-{name}", "provider", isp.bfd),
        # The link to the city is announced too: the core probes hosts on the internet from its address there.
        announced=f"  network {lan}\n  network {link.a.address.network}\n"
        f"  neighbor {city} default-originate route-map selfish\n",
        city=city,
    )


def _province(inventory: Inventory) -> str:
    province = inventory.backbone.province
    lan = province.prefixes[0]
    link = _link_of(inventory, PROVINCE)
    interfaces = {
        _HOST_PORT: IPv4Interface((lan[1], lan.prefixlen)),
        link.end(PROVINCE).name: link.end(PROVINCE).address,
    }
    bfd = inventory.city.link_classes[link.media].bfd
    city = link.far(PROVINCE).address.ip
    return _TEMPLATE.format(
        name=PROVINCE,
        asn=province.asn,
        router_id=lan[1],
        # It tries to reach every destination through the city, not only the announced ones.
        statics=f"ip route 0.0.0.0/0 {city}\n"
        + "".join(f"ip route {prefix} Null0\n" for prefix in province.prefixes[1:]),
        interfaces=_interfaces(interfaces),
        bfd=_bfd(bfd),
        neighbors=_city_neighbor(inventory, city, "bgp-prov", "peer", bfd),
        announced="".join(f"  network {prefix}\n" for prefix in province.prefixes),
        city=city,
    )


def _hidden(inventory: Inventory) -> Iterator[IPv4Network]:
    """Networks of the city that are not announced to the internet."""
    pools = inventory.city.pools
    yield from (pools.loopback, pools.link, pools.service, pools.datacenter)
    yield from (zone.pool for zone in inventory.city.zones.values())
    yield from inventory.backbone.province.prefixes


def _link_of(inventory: Inventory, name: str) -> Link:
    return inventory.topology.links_of(name)[0]


def _interfaces(addresses: Mapping[str, IPv4Interface]) -> str:
    return "".join(
        f"interface {port}\n ip address {address}\nexit\n!\n" for port, address in sorted(addresses.items())
    )


def _bfd(bfd: Bfd | None) -> str:
    if bfd is None:
        return ""
    return _BFD.format(milliseconds=round(bfd.interval * 1000), multiplier=bfd.multiplier)


def _city_neighbor(
    inventory: Inventory, address: IPv4Address, secret: str, role: str, bfd: Bfd | None
) -> str:
    lines = [
        f"remote-as {inventory.city.asn}",
        f"local-role {role}",
        f"password ${{secret:{secret}}}",
        "ttl-security hops 1",
        "timers connect 2",
        *(["bfd profile city"] if bfd else []),
    ]
    return "".join(f" neighbor {address} {line}\n" for line in lines)
