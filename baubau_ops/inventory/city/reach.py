"""Computes which nodes reach each other when parts of the network are lost."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from baubau_ops.inventory.city.topology import Topology


def reached(
    topology: Topology,
    start: str,
    *,
    without: AbstractSet[str] = frozenset(),
    without_links: AbstractSet[str] = frozenset(),
) -> set[str]:
    """Return the nodes that `start` reaches, itself included, when some nodes and links are lost.

    Only cores and POPs carry transit traffic. A lost node reaches nothing.
    """
    if start in without:
        return set()
    carriers = topology.carriers
    found, edge = {start}, [start]
    while edge:
        node = edge.pop()
        for link in topology.links_of(node):
            other = link.far(node).node
            if other not in found and other not in without and link.id not in without_links:
                found.add(other)
                if other in carriers:
                    edge.append(other)
    return found
