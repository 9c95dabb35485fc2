"""Primary and backup links of a site: a community requests the low preference, the inventory permits it.

The site router tags the routes that it announces over its backup link. The POP sets the low preference on tagged
routes, and on all routes from a link that the inventory calls backup; so a site router can only lower the preference
that the inventory gives it. The POP removes all other communities from the site's routes. For outbound traffic, the
site router prefers the default route of its primary POP.
"""

from __future__ import annotations

from collections.abc import Iterator

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import LinkKind, Node, Role
from baubau_ops.network.model.router import CommunityList, RouteMap

BACKUP_PREFERENCE = 50
"""Below the usual 100, but above the cores' last resort."""
BACKUP = "backup"
FROM_SITE, FROM_BACKUP, TO_BACKUP = "from-site", "from-backup", "to-backup"

_LOCAL_PREFERENCE = 1
"""Second part of our large communities: the action to request (RFC 8195); the third part is the value."""


def backup_community(inventory: Inventory) -> str:
    """The large community (RFC 8092) that requests the low preference."""
    return f"{inventory.city.asn}:{_LOCAL_PREFERENCE}:{BACKUP_PREFERENCE}"


def map_in(node: Node, role: str) -> str | None:
    """Inbound route-map of a site's link, at either end."""
    if role == "backup":
        return FROM_BACKUP
    return FROM_SITE if node.role is Role.POP else None


def map_out(node: Node, role: str) -> str | None:
    """Outbound route-map of a site's link, at either end."""
    return TO_BACKUP if role == "backup" and node.role is Role.SITE else None


def community_lists(inventory: Inventory, node: Node) -> tuple[CommunityList, ...]:
    """The communities that a POP acts on."""
    if not _roles(inventory, node) or node.role is not Role.POP:
        return ()
    return (CommunityList(BACKUP, (backup_community(inventory),)),)


def route_maps(inventory: Inventory, node: Node) -> Iterator[RouteMap]:
    """Route-maps for a router's links between POP and site."""
    roles = _roles(inventory, node)
    if node.role is Role.POP and roles:
        low = RouteMap(
            FROM_SITE, communities=BACKUP, local_preference=BACKUP_PREFERENCE, clear_communities=True
        )
        yield low
        yield RouteMap(FROM_SITE, seq=20, clear_communities=True)
    if "backup" in roles:
        strange = node.role is Role.POP  # a site router trusts its POP and keeps the communities
        yield RouteMap(FROM_BACKUP, local_preference=BACKUP_PREFERENCE, clear_communities=strange)
        if node.role is Role.SITE:
            yield RouteMap(TO_BACKUP, community=backup_community(inventory))


def _roles(inventory: Inventory, node: Node) -> set[str]:
    links = inventory.topology.links_of(node.name)
    return {link.role for link in links if link.kind is LinkKind.ACCESS}
