"""The predictions for a loss: by routing, by pairs; for every single loss of the small city."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from small_machines import city, machines

from baubau_ops.core.errors import InputError, MissingError
from baubau_ops.core.secrets import Secrets
from baubau_ops.drills.prediction import Prediction, Split, split
from baubau_ops.drills.trials import LossTrials, draw_losses
from baubau_ops.inventory.city.topology import Role, site_device
from baubau_ops.inventory.environment import Environment
from baubau_ops.inventory.resilience.backbone import graph_of
from baubau_ops.inventory.resilience.impacts import Impact, resilience
from baubau_ops.inventory.resilience.routes import Function
from baubau_ops.network.expect.network import expected, expected_without
from baubau_ops.network.model.loss import Lost, reachable
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.pairs import pairs


@cache
def impacts() -> dict[str, Impact]:
    answer = resilience(city())
    return {impact.loss.id: impact for impact in (*answer.backbone, *answer.sites)}


class Places:
    """A vantage and an injector that are never used."""

    def machines(self) -> object:
        return machines()


@cache
def failing() -> LossTrials:
    return LossTrials(city(), environment(vantage=Places(), injector=Places()))


def environment(**parts: object) -> Environment:
    nowhere = Path("/nowhere")
    given = {"name": "production", "ssh_config": nowhere, "secrets": Secrets({}), "state": nowhere} | parts
    return Environment(asks=True, connect_timeout=1.0, command_timeout=1.0, **given)  # type: ignore[arg-type]


@cache
def every_pair() -> tuple[Pair, ...]:
    return pairs(city(), machines())


def predicted(loss: str, *, silent: bool = False) -> Split:
    impact = impacts()[loss]
    cut = {site: frozenset(one.functions) for one in impact.cuts for site in one.sites}
    prediction = Prediction(failing().lost(impact.loss, silent=silent), impact.loss.elements, cut)
    return split(city(), graph_of(city()), machines(), every_pair(), prediction, seed=1)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("loss", impacts())
def test_routing_reaches_just_the_sites_that_resilience_says(loss: str, silent: bool) -> None:
    """Two models that know nothing of each other: the graph of resilience, and the ports of the topology."""
    cut = {site for one in impacts()[loss].cuts if Function.CORE in one.functions for site in one.sites}
    left = reachable(city().topology, failing().lost(impacts()[loss].loss, silent=silent))
    sites = {node.id for node in city().topology.with_role(Role.SITE)}
    assert {site for site in sites if site_device(site) not in left} == cut


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("loss", impacts())
def test_every_pair_has_its_place_and_nothing_is_proven_by_the_dead(loss: str, silent: bool) -> None:
    parts = predicted(loss, silent=silent)
    allowed = {pair for pair in every_pair() if pair.allowed}
    assert not set(parts.open) & set(parts.cut)
    assert {*parts.open, *parts.cut} <= allowed
    assert all(pair.probe.at == "uplink" for pair in allowed - {*parts.open, *parts.cut})
    alive = {name for pair in parts.open for name in (pair.probe.source, pair.machine)} | {""}
    assert {name for pair in parts.denied for name in (pair.probe.source, pair.machine)} <= alive
    assert len(parts.denied) <= parts.provable


def test_with_nothing_lost_all_is_as_ever() -> None:
    assert expected_without(city(), Lost()) == expected(city())


def test_a_cut_span_goes_with_its_neighbours_and_silently_keeps_its_network() -> None:
    span = "pop-murhum--pop-wolio"
    network = city().topology.links[span].a.address.network
    loud = expected_without(city(), Lost(links=frozenset({span}))).routers["pop-murhum"]
    silent = expected_without(city(), Lost(links=frozenset({span}), silent=True)).routers["pop-murhum"]
    peer = str(city().topology.links[span].far("pop-murhum").address.ip)
    assert {"to-wolio", peer} <= loud.down == silent.down
    assert not loud.fib[network].next_hops  # the kernel keeps it, without carrier
    assert {hop.interface for hop in silent.fib[network].next_hops} == {"to-wolio"}


def test_a_pop_takes_its_sites_with_it_and_leaves_those_that_have_another() -> None:
    parts = predicted("pop-betoambari")
    silenced = {pair.probe.source for pair in parts.cut if pair.probe.at == "host"}
    assert "smpn-14-office" in silenced
    assert not any(name.startswith("rsud-") for name in silenced)
    left = expected_without(city(), failing().lost(impacts()["pop-betoambari"].loss, silent=False)).routers
    assert {"pop-betoambari", "ce-smpn-14"} & left.keys() == set()
    default = next(route for prefix, route in left["ce-rsud"].fib.items() if prefix.prefixlen == 0)
    assert {hop.interface for hop in default.next_hops} == {"to-wolio"}


def test_what_nobody_announces_any_longer_is_no_proof_of_a_filter() -> None:
    lans = [lan.prefix for lan in city().topology.lans if lan.router == "dc-1"]
    assert lans
    targets = [pair.probe.target for pair in every_pair() if not pair.allowed]
    assert any(target in lan for target in targets for lan in lans)
    assert not any(pair.probe.target in lan for pair in predicted("dc-1").denied for lan in lans)


def test_the_same_seed_draws_the_same_losses() -> None:
    names = [impact.loss.id for impact in draw_losses(city(), 12, 7)]
    assert names == [impact.loss.id for impact in draw_losses(city(), 12, 7)]
    assert names != [impact.loss.id for impact in draw_losses(city(), 12, 8)]
    assert len(set(names)) == 12
    assert {impact.loss.id for impact in draw_losses(city(), len(impacts()), 1)} == set(impacts())


def test_more_than_there_are_cannot_be_drawn() -> None:
    total = len(impacts())
    with pytest.raises(
        InputError, match=rf"^There are {total} single losses in this city, not {total + 1}\.$"
    ):
        draw_losses(city(), total + 1, 1)


def test_nothing_is_broken_where_people_depend_on_it() -> None:
    with pytest.raises(MissingError) as caught:
        LossTrials(city(), environment())
    assert str(caught.value) == "Nothing is broken on purpose in production: that is for a twin alone."
    assert caught.value.remedy == "Use --env lab:NAME."
