from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baubau_ops.inventory.city.reach import reached
from baubau_ops.inventory.city.topology import BASTION, OURS, Role, Topology
from baubau_ops.inventory.load import load
from baubau_ops.network.change.waves import served
from baubau_ops.network.model.loss import Lost, reachable

ROOT = Path(__file__).parents[2]
CITIES = {name: load(ROOT / name).topology for name in ("examples/small", "inventory")}


def step_by_step(topology: Topology, start: str, nodes: set[str], links: set[str]) -> set[str]:
    """The same as `reached`, link by link until nothing is added any more."""
    found = {start} - nodes
    while True:
        added = set()
        for link in topology.links.values():
            for here, there in ((link.a.node, link.b.node), (link.b.node, link.a.node)):
                carries = here == start or topology.nodes[here].role in (Role.CORE, Role.POP)
                if link.id not in links and here in found and carries and there not in nodes:
                    added.add(there)
        if added <= found:
            return found
        found |= added


@pytest.mark.parametrize("city", CITIES)
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_whatever_is_lost_everyone_agrees_on_who_is_reached(city: str, data: st.DataObject) -> None:
    topology = CITIES[city]
    backbone = [node.name for node in topology.nodes.values() if node.role is not Role.SITE]
    nodes = data.draw(st.sets(st.sampled_from(backbone), max_size=5))
    links = data.draw(st.sets(st.sampled_from(sorted(topology.links)), max_size=5))
    start = data.draw(st.sampled_from(sorted(topology.nodes)))
    assert reached(topology, start, without=nodes, without_links=links) == step_by_step(
        topology, start, nodes, links
    )
    seen = step_by_step(topology, BASTION, nodes, links)
    lost = Lost(nodes=frozenset(nodes), links=frozenset(links))
    assert reachable(topology, lost) == {name for name in seen if topology.nodes[name].role in OURS}
    expected = set()
    for site in topology.with_role(Role.SITE):
        for pop in {link.far(site.name).node for link in topology.links_of(site.name)} - nodes:
            roles = {topology.nodes[name].role for name in step_by_step(topology, pop, nodes, set())}
            if {Role.CORE, Role.ISP, Role.FIREWALL} <= roles:
                expected.add(site.name)
    assert served(topology, nodes) == expected
