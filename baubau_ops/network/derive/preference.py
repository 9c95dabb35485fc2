"""How a site's two links share its traffic: one preference, asked for by a community, granted by the inventory.

The site's router tags what it announces over its backup link. The POP grants the low preference to whatever is
tagged, and to everything from a link that the inventory calls backup; so a router in an office can only lower what
the inventory gives it. All other communities from it are removed. For its own way out the router prefers the
default of its primary POP.
"""

from __future__ import annotations

from collections.abc import Iterator

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import LinkKind, Node, Role
from baubau_ops.network.model.router import CommunityList, RouteMap

BACKUP_PREFERENCE = 50
"""Below the usual 100, above the cores' last resort."""
BACKUP = "backup"
FROM_SITE, FROM_BACKUP, TO_BACKUP = "from-site", "from-backup", "to-backup"

_LOCAL_PREFERENCE = 1
"""What the second part of our large communities asks for (RFC 8195); the third is the value."""


def backup_community(inventory: Inventory) -> str:
    """The large community (RFC 8092) that asks for the low preference."""
    return f"{inventory.city.asn}:{_LOCAL_PREFERENCE}:{BACKUP_PREFERENCE}"


def map_in(node: Node, role: str) -> str | None:
    """The route-map for what comes in over a site's link, at either end."""
    if role == "backup":
        return FROM_BACKUP
    return FROM_SITE if node.role is Role.POP else None


def map_out(node: Node, role: str) -> str | None:
    """The route-map for what goes out over it."""
    return TO_BACKUP if role == "backup" and node.role is Role.SITE else None


def community_lists(inventory: Inventory, node: Node) -> tuple[CommunityList, ...]:
    """The communities that a POP understands."""
    if not _roles(inventory, node) or node.role is not Role.POP:
        return ()
    return (CommunityList(BACKUP, (backup_community(inventory),)),)


def route_maps(inventory: Inventory, node: Node) -> Iterator[RouteMap]:
    """The route-maps of a router's links between POP and site."""
    roles = _roles(inventory, node)
    if node.role is Role.POP and roles:
        low = RouteMap(
            FROM_SITE, communities=BACKUP, local_preference=BACKUP_PREFERENCE, clear_communities=True
        )
        yield low
        yield RouteMap(FROM_SITE, seq=20, clear_communities=True)
    if "backup" in roles:
        strange = node.role is Role.POP  # to the site's router the POP is no stranger
        yield RouteMap(FROM_BACKUP, local_preference=BACKUP_PREFERENCE, clear_communities=strange)
        if node.role is Role.SITE:
            yield RouteMap(TO_BACKUP, community=backup_community(inventory))


def _roles(inventory: Inventory, node: Node) -> set[str]:
    links = inventory.topology.links_of(node.name)
    return {link.role for link in links if link.kind is LinkKind.ACCESS}
