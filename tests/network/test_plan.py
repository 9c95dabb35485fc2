"""Plans: what is read from the diffs of a fleet, what waits, and what is never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_fleet import FakeFleet, FakeRouter
from plans import device_plan

from baubau_ops.core.errors import UnreachableError
from baubau_ops.core.plan import Effect, Outcome, Status
from baubau_ops.core.secrets import MASK, Secrets
from baubau_ops.inventory.city.topology import LinkKind, Topology
from baubau_ops.inventory.load import load
from baubau_ops.network.change.apply import _complete
from baubau_ops.network.change.groups import groups
from baubau_ops.network.change.plan import DevicePlan, NetworkPlan, make, masked
from baubau_ops.network.platforms.frr.platform import PLATFORM

SMALL = Path(__file__).parents[2] / "examples/small"


@pytest.fixture(scope="module")
def topology() -> Topology:
    return load(SMALL).topology


def plan(*devices: DevicePlan, waiting: tuple[DevicePlan, ...] = ()) -> NetworkPlan:
    return NetworkPlan({one.device: one for one in devices}, {one.device: one for one in waiting}, failed={})


def test_known_keys_become_placeholders_and_unknown_ones_are_masked() -> None:
    diff = "- neighbor 10.0.0.1 password old-key-1\n+ neighbor 10.0.0.1 password new-key-1\n"
    diff += "- ip ospf message-digest-key 1 md5 old-key-2\n"
    shown = masked(PLATFORM, diff, Secrets({"bgp-dinkes": "new-key-1"}))
    assert shown.splitlines() == [
        f"- neighbor 10.0.0.1 password {MASK}",
        "+ neighbor 10.0.0.1 password ${secret:bgp-dinkes}",
        f"- ip ospf message-digest-key 1 md5 {MASK}",
    ]


def test_equal_plans_have_equal_hashes_and_others_do_not() -> None:
    one = device_plan("core-1", "text", "+x\n", Effect.hitless)
    other = device_plan("core-1", "text", "+y\n", Effect.hitless)
    assert plan(one).as_plan().hash == plan(one).as_plan().hash != plan(other).as_plan().hash


def test_who_does_not_answer_waits_only_if_its_pop_is_changed(topology: Topology) -> None:
    fleet = FakeFleet(
        FakeRouter("pop-wolio"),
        FakeRouter("ce-dinkes", unreachable=True),
        FakeRouter("ce-rsud", unreachable=True),
    )
    texts = {"pop-wolio": "new", "ce-dinkes": "day0\nmore\n", "ce-rsud": "day0\nmore\n"}
    day0 = {"ce-dinkes": "day0\n", "ce-rsud": "day0\n"}
    made = make(topology, texts, day0, fleet, Secrets({}))
    assert list(made.waiting) == ["ce-dinkes"]
    assert made.waiting["ce-dinkes"].diff == "+more\n"
    assert isinstance(made.failed["ce-rsud"], UnreachableError)
    assert made.unreachable == {"ce-rsud"}
    assert [one.device for one in made.changes] == ["pop-wolio", "ce-dinkes"]


@dataclass
class Differing(FakeRouter):
    """Shows this difference, whatever it runs."""

    diff: str = ""

    def compare(self, candidate: str) -> str:
        return self.diff if candidate else ""


def test_who_has_no_session_with_its_pops_yet_is_not_tried(topology: Topology) -> None:
    """It would take the connect timeout, and nobody knows a way to it; a new key or AS is no new session."""
    links = list(topology.links_of("ce-rsud"))
    new = "".join(f"+ neighbor {link.b.address.ip} remote-as 4200000005\n" for link in links)
    old = new.replace("+", "-").replace("0005", "0004")

    def is_tried(diff: str, pops: Sequence[str]) -> bool:
        fleet = FakeFleet(
            FakeRouter("ce-rsud", unreachable=True), *(Differing(pop, diff=diff) for pop in pops)
        )
        texts = dict.fromkeys((*pops, "ce-rsud"), "day0\nmore\n")
        made = make(topology, texts, {"ce-rsud": "day0\n"}, fleet, Secrets({}))
        assert ("ce-rsud" in made.waiting) == (len(pops) == len(links))
        return "ce-rsud" in fleet.asked

    pops = [link.a.node for link in links]
    assert not is_tried(new, pops)
    assert is_tried(new, pops[:1])  # the other POP may have one
    assert is_tried(old + new, pops)
    assert is_tried("+ neighbor 10.9.9.9 remote-as 4200000005\n", pops)


def test_a_new_pop_waits_for_its_neighbours_and_its_sites_for_it(topology: Topology) -> None:
    """But for RSUD, which would answer over its other POP."""
    new = "pop-wolio"
    old = [link.far(new).node for link in topology.links_of(new) if link.kind is LinkKind.SPAN]
    fleet = FakeFleet(
        *(FakeRouter(name) for name in old),
        *(FakeRouter(name, unreachable=True) for name in (new, "ce-dinkes", "ce-rsud")),
    )
    texts = dict.fromkeys((*old, new, "ce-dinkes", "ce-rsud"), "day0\nmore\n")
    day0 = dict.fromkeys((new, "ce-dinkes", "ce-rsud"), "day0\n")
    made = make(topology, texts, day0, fleet, Secrets({}))
    assert list(made.waiting) == ["ce-dinkes", new]
    assert made.unreachable == {"ce-rsud"}
    assert (new,) in groups(topology, made)
    # Over a neighbour that stays as it is, it would answer.
    fewer = {name: text for name, text in texts.items() if name != old[0]}
    made = make(topology, fewer, day0, fleet, Secrets({}))
    assert not made.waiting


def test_what_was_not_begun_says_what_stopped_it() -> None:
    made = NetworkPlan(
        {name: device_plan(name, "text", "", Effect.none) for name in ("core-1", "core-2")}
        | {"pop-a": device_plan("pop-a", "text", "+x", Effect.hitless)},
        waiting={},
        failed={"ce-a": UnreachableError("ce-a: no connection")},
    )
    done = [Outcome("core-1", Status.rolled_back, "why")]
    assert [
        (one.target, one.status, one.reason) for one in _complete(done, made, ["core-2", "pop-a", "ce-a"], 1)
    ] == [
        ("ce-a", Status.unreachable, "ce-a: no connection"),
        ("core-1", Status.rolled_back, "why"),
        ("core-2", Status.unchanged, "up to date"),
        ("pop-a", Status.not_run, "stopped before it: 2 failed or did not answer, --budget allows 1"),
    ]
