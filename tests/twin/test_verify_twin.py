"""The real small city: as intended when it is, and whatever is broken on it by hand is found and named."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twin_city import City

from baubau_ops.core.poll import settle
from baubau_ops.inventory.environment import Injector
from baubau_ops.lab.layout.clients import PROBE_PORT as LAB_PORT
from baubau_ops.network.compare.verdict import Finding
from baubau_ops.network.probe.targets import PROBE_PORT
from baubau_ops.network.verify.network import NetworkVerdict, verify_network

SITE, ROUTER, POP = "bappeda", "ce-bappeda", "pop-murhum"
SPAN = "pop-murhum--pop-wolio"
SHOWN_WITHIN = 15.0
"""Seconds until what was done by hand must be seen."""
MENDED_WITHIN = 45.0
"""Seconds until the city must be as intended again."""


def verified(
    city: City, *, patience: float = 0.0, probe: bool = False, only: str | None = None
) -> NetworkVerdict:
    return verify_network(city.inventory, city.environment, patience=patience, probe=probe, only=only)


def shown(city: City, is_shown: Callable[[Finding], bool]) -> tuple[Finding, ...]:
    """Read until there is a finding like that, and return all findings."""
    seen = settle(
        lambda: verified(city), lambda seen: any(map(is_shown, seen.findings)), SHOWN_WITHIN, interval=0.5
    )
    assert any(map(is_shown, seen.findings)), [str(finding) for finding in seen.findings]
    return seen.findings


def console(city: City, place: str, script: str) -> str:
    """Run a shell script as root at a router's console."""
    argv = city.console(place, "/bin/sh", "-c", script)
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout


def vtysh(city: City, place: str, *lines: str) -> None:
    console(city, place, "vtysh -c 'configure terminal' " + " ".join(f"-c '{line}'" for line in lines))


@contextmanager
def mended(city: City, repair: Callable[[], object]) -> Iterator[None]:
    """Repair afterwards, whatever happened, and see that the city is as intended again."""
    try:
        yield
    finally:
        repair()
    after = verified(city, patience=MENDED_WITHIN)
    assert after.exit_code == 0, [str(finding) for finding in after.findings]


@contextmanager
def other_rules(city: City, router: str, script: str) -> Iterator[None]:
    """Change a router's rules by hand for a while."""
    console(city, router, "nft -s list table inet baubau > /run/rules.nft")
    console(city, router, script)
    try:
        yield
    finally:
        back = "nft list tables | grep -q 'inet baubau' && nft delete table inet baubau"
        console(city, router, f"{back}; nft -f /run/rules.nft")


def injector(city: City) -> Injector:
    found = city.environment.injector
    assert found is not None
    return found


def test_the_city_is_as_intended_and_its_policy_holds(city: City) -> None:
    seen = verified(city, patience=MENDED_WITHIN, probe=True)
    assert [str(finding) for finding in seen.findings] == []
    assert seen.exit_code == 0
    assert seen.probes is not None
    assert seen.probes["open"] > 50
    assert seen.probes["closed"] > 500
    assert seen.checks > 500


def test_machines_answer_where_probes_knock() -> None:
    assert PROBE_PORT == LAB_PORT


def test_a_silently_cut_span_is_named_at_both_ends(city: City) -> None:
    injector(city).cut(SPAN, silent=True)
    with mended(city, lambda: injector(city).mend(SPAN)):
        findings = shown(city, lambda one: one.check == "ospf state" and one.device == POP)
        down = {(one.device, one.subject) for one in findings if one.check == "ospf state"}
        assert down == {(POP, "to-wolio"), ("pop-wolio", "to-murhum")}
        hints = [one.hint for one in findings if one.check == "ospf state"]
        assert all(" is up, " in hint for hint in hints), hints
        assert {one.device for one in findings if one.check == "bfd state"} == {POP, "pop-wolio"}
        assert any(one.facet == "fib" for one in findings)


def test_a_prefix_filter_changed_by_hand_is_found(city: City) -> None:
    prefix = next(lan.prefix for lan in city.inventory.topology.lans_of(ROUTER))
    rule = f"ip prefix-list from-{SITE} seq 5 permit {prefix}"

    def change(line: str) -> None:
        vtysh(city, POP, line)
        # FRR 8.4 judges anew only what comes anew: it has to be asked for.
        console(city, POP, "vtysh -c 'clear bgp ipv4 unicast * soft in'")

    change(f"no {rule}")
    with mended(city, lambda: change(rule)):
        findings = shown(city, lambda one: one.check == "bgp accepted" and one.device == POP)
        (accepted,) = [one for one in findings if one.check == "bgp accepted" and one.device == POP]
        assert str(prefix) in accepted.message
        assert "not accepted" in accepted.message
        missing = {one.device for one in findings if one.subject == str(prefix)}
        assert {"core-1", "core-2", POP} <= missing


def test_slower_timers_are_found_at_both_ends(city: City) -> None:
    vtysh(city, POP, "bfd", "profile span", "transmit-interval 90")
    with mended(city, lambda: vtysh(city, POP, "bfd", "profile span", "transmit-interval 30")):
        findings = shown(city, lambda one: one.check == "bfd receiving")
        assert {one.device for one in findings if one.check == "bfd sending"} == {POP}
        assert {one.device for one in findings if one.check == "bfd receiving"} == {
            link.far(POP).node for link in city.inventory.topology.links_of(POP) if link.cost is not None
        }
        assert "30 ms, is 90 ms" in next(one.message for one in findings if one.check == "bfd sending")


def test_a_route_set_by_hand_is_found(city: City) -> None:
    console(city, ROUTER, "ip route add blackhole 10.99.0.0/24")
    with mended(city, lambda: console(city, ROUTER, "ip route del blackhole 10.99.0.0/24")):
        seen = verified(city)
        assert [str(finding) for finding in seen.findings] == [
            "Route 10.99.0.0/24 blackhole (boot) is not expected."
        ]
        assert (seen.findings[0].device, seen.findings[0].kind) == (ROUTER, "unexpected")
        assert seen.exit_code == 1


def test_a_neighbour_set_by_hand_is_found(city: City) -> None:
    vtysh(city, POP, "router bgp", "neighbor 10.254.0.99 remote-as 65000")
    with mended(city, lambda: vtysh(city, POP, "router bgp", "no neighbor 10.254.0.99")):
        findings = shown(city, lambda one: one.check == "bgp other")
        (other,) = [one for one in findings if one.check == "bgp other"]
        assert other.message.startswith("BGP 10.254.0.99: a neighbour that is not expected, ")


def test_a_site_router_that_lets_all_pass_is_found_though_the_pop_holds(city: City) -> None:
    """What it should have dropped dies at the POP: silence, but not the proof that is asked for."""
    with other_rules(city, ROUTER, "nft insert rule inet baubau forward accept"):
        seen = verified(city, probe=True, only=SITE)
    wrong = [one for one in seen.findings if one.check.startswith("probe")]
    assert wrong
    assert {one.device for one in wrong} == {ROUTER}
    assert any(
        "could not be proven" in one.message and f"deny_zone on {ROUTER}" in one.message for one in wrong
    )
    assert seen.exit_code == 1


def test_a_pop_without_its_filter_is_found_by_forged_frames(city: City) -> None:
    with other_rules(city, POP, "nft delete table inet baubau"):
        seen = verified(city, probe=True, only=SITE)
    wrong = [one for one in seen.findings if one.check.startswith("probe") and one.device == POP]
    leaks = [one.subject for one in wrong if one.check == "probe leaks"]
    assert any(" as " in subject and "from the uplink" in subject for subject in leaks), leaks
    assert all("from the uplink" in one.subject for one in wrong)


def test_a_filter_that_blocks_what_is_allowed_is_found_with_its_counter(city: City) -> None:
    rule = 'nft insert rule inet baubau forward ip protocol tcp counter name "deny_zone" drop'
    with other_rules(city, ROUTER, rule):
        seen = verified(city, probe=True, only=SITE)
    blocked = [one for one in seen.findings if one.check == "probe blocked"]
    assert any(one.subject == f"{SITE}-office → satu-data 443/tcp" for one in blocked)
    assert all(f"deny_zone on {ROUTER} by " in one.message for one in blocked), blocked


def test_calls_that_their_pop_does_not_mark_are_found(city: City) -> None:
    handle = "nft -a list chain inet baubau prerouting | sed -n 's/.*dscp set ef # handle //p'"
    rule = f"nft delete rule inet baubau prerouting handle $({handle})"
    with other_rules(city, "pop-betoambari", rule):
        seen = verified(city, probe=True, only="rsud")
    wrong = {one.message for one in seen.findings if one.check.startswith("probe")}
    assert "rsud-voice marked CS0 → telephony 5061/tcp arrives marked CS0 instead of EF." in wrong
    assert all("rsud-voice" in message and "→ telephony" in message for message in wrong), wrong


def test_a_router_without_power_could_not_be_checked(city: City) -> None:
    injector(city).power_off(ROUTER)
    with mended(city, lambda: injector(city).power_on(ROUTER)):
        findings = shown(city, lambda one: one.check == "bgp state" and one.device == POP)
        (absent,) = [one for one in findings if one.device == ROUTER]
        assert absent.kind == "could not check"
        assert f"{ROUTER} cannot be reached" in absent.message
