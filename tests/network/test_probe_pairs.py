"""The pairs to be probed: everybody tries everything, and each denied pair names who must drop it, and how."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from ipaddress import IPv6Address

import pytest
from small_machines import city, machines

from baubau_ops.core.dscp import Dscp
from baubau_ops.inventory.city.topology import BASTION
from baubau_ops.inventory.environment import Probe
from baubau_ops.network import policy
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.pairs import pairs


@cache
def tried() -> tuple[Pair, ...]:
    return pairs(city(), machines())


def _is_ordinary(probe: Probe) -> bool:
    return probe.spoof is None and probe.at == "host" and not probe.stray


def test_allowed_pairs_are_what_the_policy_says_and_come_first() -> None:
    matrix = policy.matrix(city())
    zones = {machine.name: machine.zone for machine in machines()}
    for pair in tried():
        probe = pair.probe
        if not isinstance(probe.target, IPv6Address) and _is_ordinary(probe):
            is_own = pair.counter == "deny_input"
            allows = matrix.allows(zones[probe.source], probe.target, probe.protocol, probe.port)
            is_ping_of_own_router = not pair.machine and probe.protocol == "icmp"
            assert pair.allowed == ((allows and not is_own) or is_ping_of_own_router), str(pair)
    flags = [pair.allowed for pair in tried()]
    assert flags == sorted(flags, reverse=True)


def test_senders_must_be_told_what_dies_on_the_way_to_the_data_center_and_back() -> None:
    expiring = {str(pair): pair.probe.expires_at for pair in tried() if pair.probe.expires_at}
    topology = city().topology
    (access,) = topology.links_of("ce-bappeda")
    firewall = {link.end("dc-1").address.ip for link in topology.links_of("dc-1")}
    assert firewall < set(expiring["bappeda-office → dns 53/udp, expiring just before it"])
    assert access.b.address.ip not in expiring["bappeda-office → dns 53/udp, expiring just before it"]
    back = expiring["bastion → rsud-mgmt 7007/udp, expiring just before it"]
    assert {link.b.address.ip for link in topology.links_of("ce-rsud")} < set(back)
    assert all(pair.allowed for pair in tried() if pair.probe.expires_at)
    assert {pair.shows_alive for pair in tried() if pair.target == "dns" and pair.probe.expires_at} == {
        frozenset({pair.probe.source}) for pair in tried() if pair.target == "dns" and pair.probe.expires_at
    }


def test_who_answers_must_be_told_what_dies_on_the_way_back_to_a_site() -> None:
    answers = {str(pair): pair for pair in tried() if pair.probe.expires_at and pair.probe.back}
    for far in ("dns 53/udp", "inet-isp-1 7007/udp"):
        pair = answers[f"bappeda-office → {far}, its answer expiring just before the sender"]
        assert pair.allowed
        assert pair.arrives_as is None
    sites = {pair.probe.source.rpartition("-")[0] for pair in answers.values()}
    assert sites == set(city().sites)


def test_what_ipv6_tells_its_neighbours_is_counted_apart() -> None:
    apart = {str(pair): pair.dropped_by for pair in tried() if pair.counter == "deny_ipv6_link"}
    assert apart["rsud-office as fe80::7472 → 2001:db8:7472::1 7007/tcp"] == {"ce-rsud"}
    assert apart["rsud-office → ff02::1 7007/tcp"] == {"ce-rsud"}
    assert apart["rsud-office from the uplink to pop-wolio → ff02::1 7007/tcp"] == {"pop-wolio"}


def test_every_machine_pings_its_own_router() -> None:
    pings = {(pair.probe.source, pair.target) for pair in tried() if pair.allowed and not pair.machine}
    near = {(machine.name, f"ce-{machine.owner}") for machine in machines() if machine.owner in city().sites}
    assert near < pings
    assert ("host-services", "dc-1") in pings
    assert ("inet-isp-2", "core-2") in pings


def test_who_keeps_state_must_drop_what_belongs_to_no_connection() -> None:
    strays = {str(pair): (pair.dropped_by, pair.counter) for pair in tried() if pair.probe.stray}
    assert strays["dinkes-cctv, answering nothing, → command-center 443/tcp"] == (
        {"ce-dinkes"},
        "deny_invalid",
    )
    assert strays["bappeda-wifi from the uplink, answering nothing, → inet-isp-1 7007/tcp"] == (
        {"core-1", "core-2"},
        "deny_invalid",
    )
    assert {"dc-1", "dc-2"} in [routers for routers, _ in strays.values()]
    assert not any(pair.allowed for pair in tried() if pair.probe.stray)


def test_whatever_packets_claim_they_must_arrive_as_their_sender_deserves() -> None:
    arriving = {str(pair): pair.arrives_as for pair in tried() if pair.arrives_as is not None}
    assert arriving["bappeda-office marked EF → dns 53/udp"] is Dscp.CS0
    assert arriving["prov-host marked EF → satu-data 443/tcp"] is Dscp.CS0
    assert arriving["rsud-voice marked CS0 → telephony 5061/tcp"] is Dscp.EF
    assert arriving["rsud-voice marked CS0 → telephony 4569/udp, and back"] is Dscp.EF
    assert arriving["rsud-voice from the uplink to pop-wolio marked CS0 → telephony 5061/tcp"] is Dscp.EF
    assert arriving["rsud-office from the uplink to pop-wolio marked EF → dns 53/udp"] is Dscp.CS0
    assert arriving["bastion marked CS0 → dinkes-mgmt 7007/tcp"] is Dscp.CS6
    (router,) = [
        mark for name, mark in arriving.items() if name.startswith("bappeda") and "→ bastion" in name
    ]
    assert router is Dscp.CS6
    assert all(pair.allowed and pair.probe.dscp != pair.arrives_as for pair in tried() if pair.arrives_as)


def test_no_pair_is_tried_twice() -> None:
    assert len(set(tried())) == len(tried())


def test_every_line_of_the_policy_is_tried() -> None:
    matrix = policy.matrix(city())
    zones = {machine.name: machine.zone for machine in machines()}
    open_pairs = [pair.probe for pair in tried() if pair.allowed]
    for allowance in matrix.allowances:
        assert any(
            zones[probe.source] == allowance.source.name
            and not isinstance(probe.target, IPv6Address)
            and (
                probe.target in {socket.address for socket in allowance.target.sockets}
                or any(probe.target in network for network in allowance.target.networks)
                or (allowance.target.name == policy.INTERNET and matrix.is_internet(probe.target))
            )
            for probe in open_pairs
        ), allowance


def test_every_machine_tries_every_door_of_every_service_elsewhere() -> None:
    doors = defaultdict(set)
    for pair in tried():
        if pair.probe.at == "host" and pair.probe.spoof in (None, bastion_address()):
            doors[pair.probe.source].add((pair.target, pair.probe.protocol, pair.probe.port))
    for machine in machines():
        for name, service in city().services.items():
            if service.segment != machine.zone:
                for port in service.ports:
                    assert (name, port.protocol, port.number) in doors[machine.name]


def bastion_address() -> object:
    return city().topology.nodes[BASTION].loopback


@pytest.mark.parametrize("kind", ["other site", "own site", "segment", "internet", "province", "bastion"])
def test_every_machine_of_a_site_tries_all_kinds_of_places(kind: str) -> None:
    by_name = {machine.name: machine for machine in machines()}
    for machine in machines():
        if machine.zone not in city().city.zones:
            continue
        targets = {pair.machine for pair in tried() if pair.probe.source == machine.name and pair.machine}
        reached = [by_name[target] for target in targets if target in by_name]
        found = {
            "other site": any(
                one.zone in city().city.zones and one.owner != machine.owner for one in reached
            ),
            "own site": any(one.owner == machine.owner for one in reached)
            or len(city().sites[machine.owner].segments) == 1,
            "segment": any(one.zone in city().datacenter.segments for one in reached),
            "internet": any(one.zone == "internet" for one in reached),
            "province": any(one.zone == "province" for one in reached),
            "bastion": any(one.zone == BASTION for one in reached),
        }
        assert found[kind], machine.name


def test_the_router_meant_to_drop_has_the_counter_meant_to_rise() -> None:
    devices = derive(city())
    for pair in tried():
        for device in pair.dropped_by:
            assert pair.counter in devices[device].filters.counters, str(pair)


def test_each_layer_has_probes_of_its_own() -> None:
    """Each site's router and POP: forged sources, IPv6, what is not for them, what the policy denies."""
    seen = {(device, pair.counter, pair.probe.at) for pair in tried() for device in pair.dropped_by}
    for site in city().sites:
        for counter in ("deny_zone", "deny_spoof", "deny_ipv6", "deny_input"):
            assert (f"ce-{site}", counter, "host") in seen
    for pop in {link.pop for site in city().sites.values() for link in site.links}:
        for counter in ("deny_zone", "deny_spoof", "deny_ipv6", "deny_input"):
            assert (f"pop-{pop}", counter, "uplink") in seen
    for core in city().backbone.cores:
        assert (core, "deny_isp", "host") in seen
        assert (core, "deny_bogon", "host") in seen
    for firewall in city().datacenter.firewalls:
        assert (firewall, "deny_zone", "uplink") in seen


def test_both_uplinks_of_a_site_are_tried_at_their_own_pop() -> None:
    raw = [pair for pair in tried() if pair.probe.at == "uplink" and pair.probe.source.startswith("rsud-")]
    for pop in ("pop-betoambari", "pop-wolio"):
        mine = [pair for pair in raw if pair.probe.towards == pop]
        # Its own sources pass though the best route back leads over the other link; forged ones do not.
        assert any(pair.allowed and pair.probe.spoof is None for pair in mine)
        spoofed = [pair for pair in mine if pair.counter == "deny_spoof"]
        assert spoofed
        assert all(pair.dropped_by == {pop} for pair in spoofed)
        assert f"from the uplink to {pop}" in str(mine[0])
    assert {pair.probe.towards for pair in raw if not pair.probe.stray} == {"pop-betoambari", "pop-wolio"}
    assert all(not pair.probe.towards for pair in tried() if not pair.probe.source.startswith("rsud-"))


def test_frames_that_must_die_are_sent_once() -> None:
    """They are counted: the drops must be as many as the frames."""
    assert all(pair.probe.count == 1 for pair in tried() if not pair.allowed)


def test_adding_a_machine_adds_only_pairs_with_it() -> None:
    """One machine of each zone and site stands for all others; those in between keep their partners or get it."""
    fewer = pairs(city(), [machine for machine in machines() if machine.name != "prov-host"])
    added = set(tried()) - set(fewer)
    assert added
    assert all("prov-host" in (pair.probe.source, pair.machine) for pair in added)


def test_one_site_alone_needs_fewer_pairs_but_all_signs_of_life() -> None:
    some = pairs(city(), machines(), only="rsud")
    assert [pair for pair in some if pair.allowed] == [pair for pair in tried() if pair.allowed]
    denied = [pair for pair in some if not pair.allowed]
    assert denied
    assert all(pair.probe.source.startswith("rsud-") or pair.machine.startswith("rsud-") for pair in denied)
    assert {pair for pair in tried() if pair.probe.source.startswith("rsud-")} <= set(some)


def test_without_machines_there_is_nothing_to_prove() -> None:
    assert pairs(city(), []) == ()
