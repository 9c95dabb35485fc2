"""Who must be changed together: both ends of every session that one end alone would keep down."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import device_plan

from baubau_ops.core.plan import Effect
from baubau_ops.inventory.city.topology import Role, Topology
from baubau_ops.inventory.load import load
from baubau_ops.network.change.groups import Altered, altered, groups
from baubau_ops.network.change.plan import DevicePlan, NetworkPlan
from baubau_ops.network.change.waves import MAX_BATCH, batches
from baubau_ops.network.platforms.frr.diff import read_diff

SMALL = Path(__file__).parents[2] / "examples/small"
ROLES = (Role.CORE, Role.FIREWALL, Role.POP)


@pytest.fixture(scope="module")
def topology() -> Topology:
    return load(SMALL).topology


def plan(*devices: DevicePlan, waiting: tuple[DevicePlan, ...] = ()) -> NetworkPlan:
    return NetworkPlan({one.device: one for one in devices}, {one.device: one for one in waiting}, failed={})


def test_both_ends_of_a_rekeyed_session_go_together(topology: Topology) -> None:
    link = topology.links["pop-wolio--ce-dinkes"]
    pop = f"- neighbor {link.b.address.ip} password a\n+ neighbor {link.b.address.ip} password b\n"
    site = f"- neighbor {link.a.address.ip} password a\n+ neighbor {link.a.address.ip} password b\n"
    made = plan(
        device_plan("pop-wolio", "", pop, Effect.restarts),
        device_plan("ce-dinkes", "", site, Effect.restarts),
        device_plan("ce-rsud", "", "+x\n", Effect.hitless),
    )
    assert groups(topology, made) == [("pop-wolio", "ce-dinkes"), ("ce-rsud",)]


def test_both_ends_of_a_renumbered_link_go_together(topology: Topology) -> None:
    link = topology.links["pop-murhum--pop-wolio"]
    ends = [
        device_plan(
            port.node,
            "",
            f" interface {port.name}\n- ip address {port.address}\n+ ip address 10.9.9.9/31\n",
            Effect.interrupts,
        )
        for port in (link.a, link.b)
    ]
    assert groups(topology, plan(*ends)) == [("pop-murhum", "pop-wolio")]


def test_additions_on_both_ends_stay_apart(topology: Topology) -> None:
    made = plan(
        device_plan("pop-wolio", "", "+ip prefix-list a seq 5 permit 10.0.0.0/8\n", Effect.hitless),
        device_plan("ce-dinkes", "", "+ip prefix-list a seq 5 permit 10.0.0.0/8\n", Effect.hitless),
    )
    assert groups(topology, made) == [("ce-dinkes",), ("pop-wolio",)]


def test_a_new_site_goes_with_its_pop_unless_that_is_new_itself(topology: Topology) -> None:
    site = device_plan("ce-dinkes", "", "+x\n", Effect.installs)
    pop = device_plan("pop-wolio", "", "+ neighbor 10.0.0.1 remote-as 1\n", Effect.hitless)
    assert groups(topology, plan(pop, waiting=(site,))) == [("pop-wolio", "ce-dinkes")]
    new_pop = device_plan("pop-wolio", "", "+router bgp 1\n", Effect.installs)
    assert groups(topology, plan(new_pop, waiting=(site,))) == [("ce-dinkes",), ("pop-wolio",)]


def replaced(topology: Topology, words: str) -> NetworkPlan:
    """Every router of the infrastructure replaces this line of each of its iBGP sessions."""
    made = []
    for node in topology.with_role(*ROLES):
        peers = topology.with_role(*ROLES) if node.role is Role.CORE else topology.with_role(Role.CORE)
        lines = [
            f"- neighbor {peer.loopback} {words} old\n+ neighbor {peer.loopback} {words} new\n"
            for peer in peers
            if peer != node
        ]
        made.append(device_plan(node.name, "", "".join(lines), Effect.restarts))
    return plan(*made)


def test_a_new_key_of_all_ibgp_sessions_makes_one_group_of_the_infrastructure(topology: Topology) -> None:
    (group,) = groups(topology, replaced(topology, "password"))
    assert group == tuple(node.name for node in topology.with_role(*ROLES))


def test_a_description_or_timer_of_an_ibgp_session_is_each_ends_own(topology: Topology) -> None:
    for words in ("description", "timers 3"):
        assert {len(group) for group in groups(topology, replaced(topology, words))} == {1}


def test_one_new_ibgp_key_joins_its_two_routers_only(topology: Topology) -> None:
    core, pop = topology.nodes["core-1"], topology.nodes["pop-murhum"]
    made = plan(
        device_plan("core-1", "", f"- neighbor {pop.loopback} password a\n", Effect.restarts),
        device_plan("pop-murhum", "", f"- neighbor {core.loopback} password a\n", Effect.restarts),
        device_plan("core-2", "", f"- neighbor {pop.loopback} password a\n", Effect.restarts),
    )
    assert groups(topology, made) == [("core-1", "pop-murhum"), ("core-2",)]


def test_a_group_larger_than_a_batch_goes_alone(topology: Topology) -> None:
    infrastructure = tuple(node.name for node in topology.with_role(*ROLES))
    first, *sites = (node.name for node in topology.with_role(Role.SITE))
    others = [(site,) for site in sites]
    larger = (*infrastructure, first)
    assert len(larger) > MAX_BATCH
    for group in (infrastructure, larger):
        made = list(batches(topology, [group, *others]))
        assert [one for batch in made for one in batch if len(one) > 1] == [group]
        assert sum(len(batch) for batch in made) == len(others) + 1
    made = list(batches(topology, [infrastructure]))
    assert made == [(infrastructure,)]


def test_what_a_diff_alters() -> None:
    diff = """\
#@ section frr
 interface to-wolio
- ip ospf message-digest-key 1 md5 old
+ ip ospf message-digest-key 1 md5 new
 router bgp 64496
- neighbor 10.255.0.2 password old
+ neighbor 10.255.0.2 password new
- neighbor 10.255.0.3 description core-2
+ neighbor 10.255.0.4 remote-as 64496
"""
    assert altered(read_diff(diff)) == Altered(frozenset({"to-wolio"}), frozenset({"10.255.0.2"}))
