"""A new key of all iBGP sessions: one group, applied in one pass, and no site is without service for long."""

from __future__ import annotations

from dataclasses import replace

from twin_city import City

from baubau_ops.core.events import Event
from baubau_ops.core.plan import Effect, Status
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.city.topology import Role
from baubau_ops.inventory.environment import Environment, Vantage
from baubau_ops.network.change.apply import Application, make_plan
from baubau_ops.network.change.groups import groups
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.derive.bgp import IBGP_SECRET
from baubau_ops.network.expect.network import expected
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.render import configurations
from baubau_ops.network.verify.network import verify_network

FRR_START = 1.0
"""Seconds from a session's end to the first attempt at a new one (FRR 8.4.4, bgpd/bgpd.h: BGP_INIT_START_TIMER)."""


def unasked(_made: NetworkPlan) -> None:
    """Nobody is asked."""


def watched(city: City, vantage: Vantage, environment: Environment) -> tuple[float, float]:
    """Apply while every office asks the data center's DNS.

    Returns the longest time that one was without an answer, and how long after the first router the last was applied,
    both in seconds.
    """
    target = city.inventory.numbers.services["dns"]
    offices = [one.name for one in vantage.machines() if one.name.endswith("-office")]
    applied: list[float] = []

    def note(event: Event) -> None:
        if (event.kind, event.what) == ("done", "applied"):
            applied.append(event.seconds)

    watches = [vantage.watch(office, target) for office in offices]
    try:
        report = Application(city.inventory, environment, on_event=note).run(unasked)
    finally:
        outages = [watch.stop() for watch in watches]
    assert {one.status for one in report.outcomes} == {Status.changed, Status.unchanged}, report.outcomes
    assert all(outage.lost < outage.sent for outage in outages)
    return max(outage.longest for outage in outages), max(applied) - min(applied)


def restart(city: City) -> float:
    """Seconds that a session takes at most: FRR begins, meets an end that is not ready yet, and tries twice more."""
    device = expected(city.inventory).routers["pop-murhum"]
    retries = [one.connect_retry for one in device.bgp.values() if one.neighbour.startswith("core-")]
    assert len(retries) == 2
    return FRR_START + 2 * max(retries)


def test_a_new_ibgp_key_cuts_no_site_off_for_longer_than_a_session_takes_to_restart(
    city: City, vantage: Vantage
) -> None:
    environment = city.environment
    values = {name: secret.reveal() for name, secret in environment.secrets.items()}
    rekeyed = replace(environment, secrets=Secrets({**values, IBGP_SECRET: "another-key-0815"}))
    routers = [node.name for node in city.inventory.topology.with_role(Role.CORE, Role.FIREWALL, Role.POP)]
    with Fleet.of(city.inventory.topology, rekeyed) as fleet:
        made = make_plan(city.inventory, configurations.render(city.inventory), fleet, rekeyed)
    assert {one.effect for one in made.changes} == {Effect.restarts}
    assert groups(city.inventory.topology, made) == [tuple(routers)]
    try:
        there = watched(city, vantage, rekeyed)
    finally:
        back = watched(city, vantage, environment)
    for longest, spread in (there, back):
        assert longest <= spread + restart(city), (there, back)
    assert verify_network(city.inventory, environment, patience=60.0).findings == ()
