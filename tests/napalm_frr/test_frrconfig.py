"""FRR's configuration as data, and the delta on a model of FRR."""

from __future__ import annotations

from random import Random

from fake_vtysh import apply
from hypothesis import given, settings
from hypothesis import strategies as st
from random_configs import generate

from napalm_frr.frrconfig.delta import delta
from napalm_frr.frrconfig.merge import merge
from napalm_frr.frrconfig.tree import diff, parse, render, show

HEAD = "hostname r1\n"
SEEDS = st.integers(0, 10**6)


def config(seed: int) -> str:
    return generate(Random(seed), HEAD)


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_what_is_rendered_reads_as_the_same(seed: int) -> None:
    parsed = parse(config(seed))
    assert parse(render(parsed)) == parsed
    assert not diff(parsed, parsed)


@given(SEEDS, SEEDS)
@settings(deadline=None, max_examples=50)
def test_the_delta_leads_from_one_to_the_other(before: int, after: int) -> None:
    running, candidate = parse(config(before)), parse(config(after))
    change = delta(running, candidate)
    if not change.unknown:
        assert show(diff(apply(running, change.text), candidate)) == ""


@given(SEEDS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_order_says_nothing(seed: int, rng: Random) -> None:
    text = config(seed)
    blocks = [f"{block}\nexit\n" for block in text.split("\nexit\n") if block]
    rng.shuffle(blocks)
    assert diff(parse(text), parse("".join(blocks))).added == ()


def test_an_attribute_of_a_neighbor_is_overwritten_in_place() -> None:
    before = "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 description a\nexit\n"
    change = delta(parse(before), parse(before.replace("description a", "description b")))
    assert change.text == "router bgp 1\n neighbor 10.0.0.1 description b\nexit\n"


def test_a_neighbor_goes_by_one_line() -> None:
    before = (
        "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 description a\n"
        " address-family ipv4 unicast\n  neighbor 10.0.0.1 activate\n exit-address-family\nexit\n"
    )
    change = delta(parse(before), parse("router bgp 1\nexit\n"))
    assert change.text == "router bgp 1\n no neighbor 10.0.0.1\nexit\n"


def test_a_neighbor_is_spoken_to_only_when_all_is_said_about_it() -> None:
    """Else a session may come up between two lines: without its filters, or without what its OPEN has to offer."""
    after = (
        "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 password x\n"
        " address-family ipv4 unicast\n  neighbor 10.0.0.1 activate\n  neighbor 10.0.0.1 addpath-tx-all-paths\n"
        "  neighbor 10.0.0.1 prefix-list few in\n exit-address-family\nexit\nip prefix-list few seq 5 deny any\n"
    )
    lines = delta(parse("router bgp 1\nexit\n"), parse(after)).lines
    assert lines.index("  neighbor 10.0.0.1 activate") == max(
        number for number, line in enumerate(lines) if "10.0.0.1" in line
    )


def test_a_new_policy_comes_before_its_use_and_an_old_one_goes_after() -> None:
    def text(name: str) -> str:
        return (
            f"router bgp 1\n address-family ipv4 unicast\n  neighbor a route-map {name} in\n"
            f" exit-address-family\nexit\nroute-map {name} permit 10\nexit\n"
        )

    lines = delta(parse(text("OLD")), parse(text("NEW"))).lines
    use = lines.index("  neighbor a route-map NEW in")
    assert lines.index("route-map NEW permit 10") < use < lines.index("no route-map OLD permit 10")


def test_sessions_take_a_bfd_profile_that_is_made_again() -> None:
    """FRR lets them run on its default timers otherwise, and shows the configuration as if they did not."""
    users = (
        "interface a\n ip ospf bfd\n ip ospf bfd profile fast\nexit\n"
        "router bgp 1\n neighbor x remote-as 2\n neighbor x bfd\n neighbor x bfd profile fast\nexit\n"
    )
    profile = "bfd\n profile fast\n  transmit-interval 30\n exit\nexit\n"
    change = delta(parse(users), parse(users + profile))
    assert change.text == (
        "bfd\nexit\nbfd\n profile fast\n  transmit-interval 30\n exit\nexit\n"
        "interface a\n ip ospf bfd profile fast\nexit\nrouter bgp 1\n neighbor x bfd profile fast\nexit\n"
    )


def test_a_line_of_no_known_class_is_named_and_left_out() -> None:
    change = delta(parse("router ospf\nexit\n"), parse("router ospf\n ospf opaque-lsa\nexit\n"))
    assert change.unknown == ("router ospf / ospf opaque-lsa",)
    assert change.lines == ()


def test_the_kernels_switches_count_only_where_the_candidate_names_them() -> None:
    running = parse("no ipv6 forwarding\nhostname r1\n")
    assert not diff(running, parse("hostname r1\n"))
    assert diff(parse("hostname r1\n"), running).added == (((), "no ipv6 forwarding"),)


def test_a_merge_replaces_adds_and_takes_out() -> None:
    running = parse(
        "interface a\n ip ospf cost 1\n ip ospf area 0\nexit\nrouter bgp 1\n neighbor x remote-as 2\nexit\n"
    )
    change = parse(
        "interface a\n ip ospf cost 5\n no ip ospf area\nexit\nno router bgp 1\nip route 10.0.0.0/8 Null0\n"
    )
    merged = merge(running, change)
    assert render(merged) == "interface a\n ip ospf cost 5\nexit\n!\nip route 10.0.0.0/8 Null0\n"
