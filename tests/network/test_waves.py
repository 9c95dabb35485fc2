"""Batches on the small city: a ring core-1, wolio, murhum, batupoaro, betoambari, core-2, one cross span."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.inventory.city.topology import Role, Topology
from baubau_ops.inventory.load import load
from baubau_ops.network.change.waves import MAX_BATCH, batches, cut_off, is_admissible, served

SMALL = Path(__file__).parents[2] / "examples/small"


@pytest.fixture(scope="module")
def topology() -> Topology:
    return load(SMALL).topology


def test_every_site_is_served_while_all_stands(topology: Topology) -> None:
    assert served(topology, frozenset()) == {node.name for node in topology.with_role(Role.SITE)}


def test_a_pop_cuts_off_exactly_its_sites(topology: Topology) -> None:
    assert cut_off(topology, "pop-murhum", frozenset()) == {"ce-bappeda", "ce-puskesmas-wajo"}
    assert cut_off(topology, "core-1", frozenset()) == frozenset()
    assert cut_off(topology, "dc-1", frozenset()) == frozenset()


@pytest.mark.parametrize(
    ("batch", "is_fine"),
    [
        ({"pop-wolio", "pop-murhum"}, True),
        ({"pop-wolio", "pop-betoambari"}, False),  # murhum and batupoaro would be an island
        ({"core-1", "core-2"}, False),
        ({"core-1", "pop-betoambari"}, False),
        ({"core-1", "pop-wolio"}, True),
        ({"dc-1", "dc-2"}, False),
        ({"dc-1", "ce-dinkes", "ce-rsud"}, True),
    ],
)
def test_admissible(topology: Topology, batch: set[str], is_fine: bool) -> None:
    assert is_admissible(topology, batch, frozenset()) is is_fine


def test_what_is_down_already_counts(topology: Topology) -> None:
    assert cut_off(topology, "pop-wolio", frozenset()) == {"ce-dinkes"}
    behind = {"ce-bappeda", "ce-puskesmas-wajo", "ce-lapangan-merdeka"}
    assert cut_off(topology, "pop-wolio", {"pop-betoambari"}) == {"ce-dinkes", "ce-rsud"} | behind


def test_batches_begin_with_a_harmless_canary_and_leave_nobody_out(topology: Topology) -> None:
    groups = [(node.name,) for node in topology.ours]
    made = list(batches(topology, groups))
    assert sorted(group for batch in made for group in batch) == sorted(groups)
    assert len(made[0]) == 1
    assert not cut_off(topology, made[0][0][0], frozenset()) - {made[0][0][0]}
    for batch in made:
        members = {device for group in batch for device in group}
        assert len(members) <= MAX_BATCH
        assert len(batch) == 1 or is_admissible(topology, members, frozenset())


def test_installing_goes_outward_layer_by_layer(topology: Topology) -> None:
    devices = [node.name for node in topology.ours]
    made = list(batches(topology, [(device,) for device in devices], installing=frozenset(devices)))
    layers = [[topology.nodes[group[0]].role for group in batch] for batch in made]
    assert all(len(set(roles)) == 1 for roles in layers)
    order = [Role.CORE, Role.FIREWALL, Role.POP, Role.SITE]
    assert [order.index(roles[0]) for roles in layers] == sorted(order.index(roles[0]) for roles in layers)


def test_a_group_stays_together(topology: Topology) -> None:
    made = list(batches(topology, [("pop-murhum", "ce-bappeda"), ("ce-rsud",)]))
    assert ("pop-murhum", "ce-bappeda") in [group for batch in made for group in batch]
