"""The network on the small city's twin: from day-0 texts to traffic, and what a failed change leaves behind."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from twin_city import City

from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Effect, Outcome, Status
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.environment import Environment
from baubau_ops.lab.host.names import netns
from baubau_ops.network.change.apply import Application, make_plan
from baubau_ops.network.change.check import NetworkCheck
from baubau_ops.network.change.groups import groups
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.change.transaction import Limits, Transaction
from baubau_ops.network.change.waves import layer
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.platforms.session import Session
from baubau_ops.network.render import configurations
from baubau_ops.network.verify.network import verify_network


def unasked(_made: NetworkPlan) -> None:
    """Nobody is asked."""


def statuses(outcomes: Iterable[Outcome]) -> set[Status]:
    return {outcome.status for outcome in outcomes}


def eventually(look: Callable[[], bool], seconds: float) -> float | None:
    """Look until it is true; how long that took, or None when time ran out."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if look():
            return time.monotonic() - began
        time.sleep(0.02)
    return None


def attempt(
    city: City, device: str, change: Callable[[str], str], *, converge: float = 10.0, revert_in: int = 25
) -> Outcome:
    """Try a change of one device's text as a transaction with all its checks."""
    texts = configurations.render(city.inventory)
    environment: Environment = city.environment
    with Fleet.of(city.inventory.topology, environment, min_revert_in=1) as fleet:
        made = make_plan(city.inventory, {**texts, device: change(texts[device])}, fleet, environment)
        assert [one.device for one in made.changes] == [device]
        check = NetworkCheck(city.inventory, fleet, made)
        members = frozenset({device})
        transaction = Transaction(
            name="test",
            fleet=fleet,
            secrets=environment.secrets,
            check=check,
            layer=partial(layer, city.inventory.topology),
            journal=Journal(environment.state / "journal.jsonl"),
            limits=Limits(revert_in=revert_in, converge=converge),
            on_event=lambda _: None,
        )
        (outcome,) = transaction.run(
            [(device,)],
            dict(made.devices),
            waiting=frozenset(),
            dependents=check.dependents(members),
            settle=check.settle_time(members),
        )
    return outcome


def test_a_second_apply_finds_nothing_to_do(city: City) -> None:
    report = Application(city.inventory, city.environment).run(unasked)
    assert statuses(report.outcomes) == {Status.unchanged}
    assert report.plan.changes == ()


def test_the_network_is_as_intended_and_the_policy_holds(city: City) -> None:
    verdict = verify_network(city.inventory, city.environment, probe=True)
    assert verdict.findings == ()
    assert verdict.exit_code == 0


def test_machines_hold_what_the_texts_say(city: City) -> None:
    pop = city.host("pop-murhum")
    assert pop.sysctl("net.ipv4.ip_forward") == 1
    assert {one.comm for one in pop.process.filter(user="frr")} >= {"zebra", "bgpd", "ospfd", "bfdd"}
    assert pop.interface("ce1").exists
    assert pop.file("/etc/frr").is_symlink


def test_a_pop_that_is_isolated_silently_leaves_both_cores_within_a_second(city: City) -> None:
    inventory = city.inventory
    pop = inventory.topology.nodes["pop-murhum"]
    site = inventory.numbers.sites["bappeda"]
    gone = [str(pop.loopback), str(site.segments["office"]), str(site.loopback)]
    spans = [link.id for link in inventory.topology.links_of("pop-murhum") if link.kind == "span"]
    injector = city.environment.injector

    def in_fib(core: str) -> set[str]:
        shown = subprocess.run(
            ["ip", "-n", netns(city.name, core), "route", "show"],
            check=True,
            capture_output=True,
            text=True,
        )
        return {line.split()[0] for line in shown.stdout.splitlines()} & set(gone)

    assert in_fib("core-1") == in_fib("core-2") == set(gone)
    try:
        for span in spans:
            injector.cut(span, silent=True)
        took = eventually(lambda: not in_fib("core-1") and not in_fib("core-2"), 10.0)
        assert took is not None
        assert took <= 1.0
    finally:
        for span in spans:
            injector.mend(span)
    assert eventually(lambda: in_fib("core-1") == in_fib("core-2") == set(gone), 60.0) is not None
    # One span is enough for that; the next test wants all of them.
    assert verify_network(city.inventory, city.environment, patience=60.0).findings == ()


def test_a_change_that_breaks_a_session_is_rolled_back_and_says_what_was_seen(city: City) -> None:
    outcome = attempt(
        city,
        "pop-wolio",
        lambda text: text.replace("${secret:bgp-dinkes}", "something-else"),
        converge=6.0,
    )
    assert outcome.status is Status.rolled_back
    assert "expected Established" in outcome.reason
    assert verify_network(city.inventory, city.environment, patience=30.0).findings == ()


def test_new_timers_of_a_session_come_into_effect(city: City) -> None:
    def retime(text: str) -> str:
        assert " timers 10 30" in text
        return text.replace(" timers 10 30", " timers 7 21")

    outcome = attempt(city, "ce-bappeda", retime, converge=20.0, revert_in=60)
    assert outcome.status is Status.rolled_back
    assert "7 s" in outcome.reason  # negotiated, and not what is intended
    assert verify_network(city.inventory, city.environment, patience=30.0).findings == ()


def test_a_filter_that_refuses_an_announced_prefix_is_noticed_at_once(city: City) -> None:
    office = city.inventory.numbers.sites["bappeda"].segments["office"]

    def tighten(text: str) -> str:
        lines = text.splitlines()
        kept = [
            line
            for line in lines
            if not (line.startswith("ip prefix-list from-bappeda") and str(office) in line)
        ]
        assert len(kept) == len(lines) - 1
        return "\n".join(kept) + "\n"

    outcome = attempt(city, "pop-murhum", tighten, converge=5.0)
    assert outcome.status is Status.rolled_back
    assert str(office) in outcome.reason
    assert verify_network(city.inventory, city.environment, patience=30.0).findings == ()


def test_a_ruleset_that_locks_out_its_own_management_is_reverted_by_the_device(city: City) -> None:
    def lock_out(text: str) -> str:
        assert "tcp dport 22" in text
        return "\n".join(line for line in text.splitlines() if "tcp dport 22" not in line) + "\n"

    outcome = attempt(city, "ce-rsud", lock_out, converge=5.0, revert_in=15)
    assert outcome.status is Status.rolled_back
    assert "could not be checked" in outcome.reason
    with Fleet.of(city.inventory.topology, city.environment) as fleet:
        pending = fleet.run(["ce-rsud"], lambda _, session: session.pending())
    assert pending == {"ce-rsud": False}


def test_a_router_that_loses_power_while_armed_boots_its_old_configuration(city: City) -> None:
    texts = configurations.render(city.inventory)
    environment: Environment = city.environment
    description = next(line for line in texts["ce-smpn-14"].splitlines() if line.startswith(" description"))
    changed = texts["ce-smpn-14"].replace(description, f"{description} changed", 1)
    fleet = Fleet.of(city.inventory.topology, environment)

    def apply(_: str, session: Session) -> bool:
        session.load(environment.secrets.fill(changed))
        session.arm(120, "test")
        session.apply()
        return session.pending()

    try:
        assert fleet.run(["ce-smpn-14"], apply) == {"ce-smpn-14": True}
    finally:
        environment.injector.power_off("ce-smpn-14")  # type: ignore[union-attr]
        environment.injector.power_on("ce-smpn-14")  # type: ignore[union-attr]
        fleet.close()

    def is_old() -> bool:
        with Fleet.of(city.inventory.topology, environment) as again:
            made = make_plan(city.inventory, {"ce-smpn-14": texts["ce-smpn-14"]}, again, environment)
            return not made.failed and made.changes == ()

    assert eventually(is_old, 60.0) is not None
    assert verify_network(city.inventory, city.environment, patience=60.0).findings == ()


def test_a_new_session_key_changes_both_ends_together(city: City) -> None:
    environment: Environment = city.environment
    values = {name: secret.reveal() for name, secret in environment.secrets.items()}
    rekeyed = replace(environment, secrets=Secrets({**values, "bgp-rsud": "another-key-0815"}))
    try:
        with Fleet.of(city.inventory.topology, rekeyed) as fleet:
            texts = configurations.render(city.inventory)
            made = make_plan(city.inventory, texts, fleet, rekeyed)
            assert [(one.device, one.effect) for one in made.changes] == [
                ("ce-rsud", Effect.restarts),
                ("pop-betoambari", Effect.restarts),
            ]
            assert groups(city.inventory.topology, made) == [("pop-betoambari", "ce-rsud")]
        report = Application(city.inventory, rekeyed).run(unasked, devices=["pop-betoambari", "ce-rsud"])
        assert statuses(report.outcomes) == {Status.changed}, report.outcomes
    finally:
        back = Application(city.inventory, environment).run(unasked)
        assert statuses(back.outcomes) <= {Status.changed, Status.unchanged}, back.outcomes


def test_the_journal_holds(city: City) -> None:
    journal = Journal(Path(city.environment.state) / "journal.jsonl")
    assert journal.verify() == []
    assert {one.kind for one in journal.records()} >= {"apply", "step", "device"}
