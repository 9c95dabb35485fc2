"""The forecast of a change's disruption, from diffs as the driver shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from baubau_ops.core.plan import Effect
from baubau_ops.network.change.forecast import effect_of, summary
from baubau_ops.network.platforms.diff import About, DiffLine
from baubau_ops.network.platforms.frr.diff import read_diff

ROUTER = " router bgp 64496\n"


@pytest.mark.parametrize(
    ("diff", "effect"),
    [
        ("", Effect.none),
        ("+ip prefix-list from-dinkes seq 30 permit 10.64.0.0/26\n", Effect.hitless),
        (" interface ce1\n- description old\n+ description new\n", Effect.hitless),
        (
            f"{ROUTER}- neighbor 10.254.0.1 password a\n+ neighbor 10.254.0.1 password b\n",
            Effect.restarts,
        ),
        (f"{ROUTER}+ neighbor 10.254.0.1 password b\n", Effect.restarts),
        (
            f"{ROUTER}+ neighbor 10.254.0.9 remote-as 4200000009\n+ neighbor 10.254.0.9 password b\n",
            Effect.hitless,
        ),
        (f"{ROUTER}- neighbor 10.254.0.9 remote-as 4200000009\n", Effect.restarts),
        (
            f"{ROUTER}- neighbor 10.254.0.9 remote-as 1\n+ neighbor 10.254.0.9 remote-as 2\n",
            Effect.restarts,
        ),
        (f"{ROUTER}- neighbor 10.0.0.1 timers 5 15\n+ neighbor 10.0.0.1 timers 3 9\n", Effect.restarts),
        ("-router bgp 64496\n", Effect.restarts),
        (" router ospf\n- ospf router-id 10.255.0.1\n+ ospf router-id 10.255.0.2\n", Effect.restarts),
        (" interface to-wolio\n- ip ospf network point-to-point\n", Effect.restarts),
        (" router ospf\n- network 10.254.0.4/31 area 0\n", Effect.restarts),
        (" router ospf\n+ network 10.254.0.4/31 area 0\n", Effect.hitless),
        (
            "+interface to-wolio\n+ ip ospf area 0\n+ ip ospf network point-to-point\n",
            Effect.hitless,
        ),
        (" interface to-wolio\n- ip address 10.254.0.0/31\n+ ip address 10.254.0.2/31\n", Effect.interrupts),
        (" interface to-wolio\n+ shutdown\n", Effect.interrupts),
        (" interface to-wolio\n- shutdown\n", Effect.hitless),
        ("+ip route 10.64.0.0/14 Null0 250\n", Effect.hitless),
    ],
)
def test_effect(diff: str, effect: Effect) -> None:
    assert effect_of(read_diff(diff)) is effect


def test_a_router_without_bgp_is_being_installed() -> None:
    assert effect_of(read_diff("+router bgp 64496\n+ neighbor 10.254.0.1 remote-as 1\n")) is Effect.installs
    moved = "-router bgp 64496\n+router bgp 64497\n"
    assert effect_of(read_diff(moved)) is Effect.restarts


def test_summary_counts_lines() -> None:
    lines = read_diff(f"{ROUTER}- neighbor 10.0.0.1 weight 1\n+ neighbor 10.0.0.1 weight 2\n+ x\n")
    assert summary(lines) == "+2 −1 lines"


def test_a_line_says_what_it_is_about() -> None:
    lines = read_diff(
        "--- now\n+++ then\n interface to-wolio\n- description old\n+ ip address 10.254.0.0/31\n"
        "+ ip ospf cost 10\n- ip ospf area 0\n router bgp 64496\n+ neighbor 10.0.0.1 bfd profile span\n"
        "- neighbor 10.0.0.1 remote-as 7\n- neighbor 10.0.0.1 timers 1 3\n"
    )
    peer = "10.0.0.1"
    assert [replace(line, text="") for line in lines] == [
        DiffLine(" ", "", port="to-wolio"),
        DiffLine("-", "", About.COSMETIC, "to-wolio"),
        DiffLine("+", "", About.ADDRESS, "to-wolio"),
        DiffLine("+", "", port="to-wolio"),
        DiffLine("-", "", About.ADJACENCY, "to-wolio", creates=True, resets=True),
        DiffLine(" ", "", About.BGP, creates=True, resets=True),
        DiffLine("+", "", About.SESSION, peer=peer, agreed=True),
        DiffLine("-", "", About.SESSION, peer=peer, creates=True, resets=True, agreed=True),
        DiffLine("-", "", About.SESSION, peer=peer, resets=True),
    ]
