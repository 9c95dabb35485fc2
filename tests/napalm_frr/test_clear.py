"""What BGP must be told after a change."""

from __future__ import annotations

import pytest

from napalm_frr.frrconfig.clear import clears
from napalm_frr.frrconfig.tree import parse

BASE = """\
ip prefix-list out seq 5 permit 10.0.0.0/8
route-map in permit 10
 set local-preference 200
exit
router bgp 64496
 neighbor 10.0.0.1 remote-as 64497
 neighbor 10.0.0.1 description one
 neighbor 10.0.0.1 timers 10 30
 neighbor 10.0.0.1 timers connect 2
exit
"""
SOFT = "clear bgp ipv4 unicast * soft"
HARD = "clear bgp ipv4 unicast 10.0.0.1"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("description one", "description two", ()),
        ("permit 10.0.0.0/8", "permit 10.0.0.0/9", (SOFT,)),
        ("local-preference 200", "local-preference 100", (SOFT,)),
        ("timers 10 30", "timers 3 9", (HARD,)),
        (" neighbor 10.0.0.1 timers 10 30\n", "", (HARD,)),
        ("timers connect 2", "timers connect 5", ()),
        (
            "exit\nrouter bgp",
            " set metric 5\nexit\nrouter bgp",
            (SOFT,),
        ),
    ],
)
def test_filters_and_timers_are_told_to_bgp_either_way(old: str, new: str, told: tuple[str, ...]) -> None:
    changed = BASE.replace(old, new, 1)
    assert changed != BASE
    assert clears(parse(BASE), parse(changed)) == told
    assert clears(parse(changed), parse(BASE)) == told


def test_a_neighbor_that_comes_or_goes_is_set_up_anyway() -> None:
    without = "".join(line for line in BASE.splitlines(keepends=True) if "10.0.0.1" not in line)
    assert clears(parse(without), parse(BASE)) == ()
    assert clears(parse(BASE), parse(without)) == ()


def test_without_bgp_there_is_nobody_to_tell() -> None:
    without = BASE[: BASE.index("router bgp")]
    assert clears(parse(without), parse(without.replace("10.0.0.0/8", "10.0.0.0/9"))) == ()
