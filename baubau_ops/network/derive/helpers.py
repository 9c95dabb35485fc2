"""Helper services of each router: a core monitors its ISPs and logs translations, firewalls share their connections."""

from __future__ import annotations

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Link, LinkKind, Node, Role
from baubau_ops.network.derive.bgp import LAST_RESORT_PREFERENCE
from baubau_ops.network.model.helpers import Helpers, IspProbe, IspTracking, StateSync, TranslationLog

_DAY = 86400
_STAGGER = 3
"""Intervals between giving up one ISP and the next: by then, the withdrawal of the first has propagated."""


def helpers(inventory: Inventory, node: Node) -> Helpers | None:
    """The helpers of a router; None for one that never has any."""
    if node.role is Role.CORE:
        return _core(inventory, node)
    if node.role is Role.FIREWALL:
        return Helpers(state_sync=_state_sync(inventory, node))
    return None


def _core(inventory: Inventory, node: Node) -> Helpers:
    uplinks = [link for link in inventory.topology.links_of(node.name) if link.kind is LinkKind.ISP]
    probes = tuple(_probe(inventory, link) for link in uplinks if inventory.backbone.isps[link.b.node].probe)
    kept = inventory.city.translations
    return Helpers(
        tracking=IspTracking(probes, LAST_RESORT_PREFERENCE) if probes else None,
        translations=TranslationLog(round(kept / _DAY)) if uplinks and kept else None,
    )


def _probe(inventory: Inventory, link: Link) -> IspProbe:
    isp = link.b.node
    rank = sorted(inventory.backbone.isps).index(isp)
    return IspProbe(
        isp=isp,
        port=link.a.name,
        address=link.a.address.ip,
        peer=link.b.address.ip,
        patience=rank * _STAGGER,
        targets=tuple(sorted(inventory.backbone.isps[isp].probe)),
    )


def _state_sync(inventory: Inventory, node: Node) -> StateSync:
    (partner,) = (other for other in inventory.topology.with_role(Role.FIREWALL) if other.name != node.name)
    assert node.loopback is not None, "routers of ours have a loopback"
    assert partner.loopback is not None, "routers of ours have a loopback"
    return StateSync(node.loopback, partner.loopback)
