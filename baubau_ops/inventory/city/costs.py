"""OSPF costs of the backbone's links."""

from __future__ import annotations

from baubau_ops.inventory.files.backbone import Span

DATACENTER_COST = 10
"""OSPF cost of each link between a firewall and a core."""
_COST_OF_10G = 10
_KM_PER_COST = 1.0


def span_cost(span: Span) -> int:
    """Return a span's OSPF cost: 10 for 10 Gbit/s, proportionally more below, plus one for every km of fibre."""
    if span.cost is not None:
        return span.cost
    return max(1, round(_COST_OF_10G * 10e9 / span.capacity + span.km / _KM_PER_COST))
