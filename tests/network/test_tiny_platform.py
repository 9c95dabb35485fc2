"""A city whose routers are of another platform: rendered, linted, planned, changed, taken back, checked and verified.

Nothing outside `tiny_platform` knows of it: what is shown here is that nothing needs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from small_machines import city
from tiny_platform import Tiny, TinyRouter, TinyRouters

from baubau_ops.core.errors import FailedError, InputError, MissingError, UnreachableError
from baubau_ops.core.plan import Effect, Status
from baubau_ops.core.secrets import MASK, Secrets
from baubau_ops.inventory.city.topology import LinkKind, Role
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.blame.lines import blame
from baubau_ops.network.change.apply import Application, Report
from baubau_ops.network.change.check import NetworkCheck
from baubau_ops.network.change.transaction import Limits
from baubau_ops.network.coverage.measure import removals
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.expect.expectation import BgpSession, RouterExpectation
from baubau_ops.network.expect.network import expected
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import lost_sessions, read_counters
from baubau_ops.network.platforms import registry
from baubau_ops.network.platforms.diff import About
from baubau_ops.network.render.configurations import bootstrap, render
from baubau_ops.network.render.files import write_texts
from baubau_ops.network.render.lint import lint, require_clean
from baubau_ops.network.state import router_state as state
from baubau_ops.network.verify.network import verify_network

STAND_INS = {"frr": "tiny"}
SITE, POP = "ce-dinkes", "pop-wolio"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """The platform, found by its name as any other."""
    monkeypatch.setattr(registry, "_loaded", {})
    platform = Tiny()
    registry.register(platform)
    return platform


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return _environment(tmp_path)


def _environment(folder: Path, **keys: str) -> Environment:
    names = {name for router in derive(city()).values() for name in router.secrets}
    return Environment(
        name="tiny",
        ssh_config=Path("/dev/null"),
        secrets=Secrets({name: keys.get(name, f"key-of-{name}") for name in names}),
        state=folder,
        asks=False,
        connect_timeout=1.0,
        command_timeout=1.0,
        platforms=STAND_INS,
    )


class TinyCity:
    """What the city's routers do, by the texts that all of them run: what they should, if both ends say the same."""

    def __init__(self, tiny: Tiny, texts: Mapping[str, str]) -> None:
        self.routers = {name: TinyRouter(text) for name, text in texts.items()}
        self.silent: set[str] = set()
        """Whose sessions stay down while a change of theirs is not confirmed."""
        self._expected = expected(city()).routers
        tiny.routers = TinyRouters(self.routers, reaches=self._reaches, state=self._state)

    def _says(self, device: str, word: str, name: object) -> str:
        begin = f"{word} {name} "
        lines = self.routers[device].running.splitlines()
        return next((line for line in lines if line.startswith(begin)), "")

    def _reaches(self, device: str) -> bool:
        """A site's router through the sessions of its POPs."""
        links = city().topology.links_of(device)
        access = [one for one in links if one.kind is LinkKind.ACCESS and one.b.node == device]
        return not access or any(self._says(one.a.node, "session", one.b.address.ip) for one in access)

    def _is_up(self, device: str, session: BgpSession) -> bool:
        mine = self._says(device, "session", session.peer)
        if not mine or session.neighbour not in self.routers:
            return bool(mine)
        if any(one in self.silent and self.routers[one].armed for one in (device, session.neighbour)):
            return False
        back = self._expected[session.neighbour].bgp.values()
        theirs = [
            self._says(session.neighbour, "session", one.peer) for one in back if one.neighbour == device
        ]
        return any(line.split()[-1] == mine.split()[-1] for line in theirs if line)

    def _state(self, device: str) -> state.RouterState:
        wanted = self._expected[device]
        sessions = {peer: _session(one, self._is_up(device, one)) for peer, one in wanted.bgp.items()}
        there = {peer: one for peer, one in sessions.items() if self._says(device, "session", peer)}
        return _state(wanted, there)


def _session(wanted: BgpSession, is_up: bool) -> state.BgpSession:
    shared = {
        name: getattr(wanted, name) for name in BgpSession.__slots__ if name in state.BgpSession.__slots__
    }
    return state.BgpSession(
        **{**shared, "accepted": wanted.accepted if is_up else frozenset()},
        state="Established" if is_up else "Active",
        last_error="",
        preferences=frozenset({wanted.preference}),
    )


def _state(wanted: RouterExpectation, sessions: Mapping[object, state.BgpSession]) -> state.RouterState:
    ospf = {
        port: state.OspfInterface(
            port, "0.0.0.0", one.network_type, one.cost, one.hello, one.dead, one.retransmit, False, "md5"
        )
        for port, one in wanted.ospf.items()
    }
    for port in wanted.ospf_passive:
        ospf[port] = state.OspfInterface(port, "0.0.0.0", "LOOPBACK", 0, 1, 5, 1, True, "none")
    process = wanted.ospf_process
    return state.RouterState(
        device=wanted.device,
        ospf_neighbours=tuple(
            state.OspfNeighbour(port, one.router_id, "Full") for port, one in wanted.ospf.items()
        ),
        ospf_interfaces=ospf,
        ospf_process=process
        and state.OspfProcess(process.router_id, process.on_startup, process.stub, process.timers),
        bfd=tuple(
            state.BfdPeer(one.peer, one.interface, "up", one.transmit, one.receive, one.multiplier)
            for one in wanted.bfd
        ),
        bgp=sessions,  # type: ignore[arg-type]
        originated=wanted.originated,
        fib=tuple(
            state.Route(
                prefix,
                route.type,
                frozenset(state.NextHop(hop.gateway, hop.interface) for hop in route.next_hops),
                route.protocol,
                0,
            )
            for prefix, route in wanted.fib.items()
        ),
        interfaces={},
    )


def day0() -> dict[str, str]:
    return {node.name: bootstrap(city(), node.name, STAND_INS) for node in city().topology.ours}


def running(environment: Environment) -> dict[str, str]:
    return {name: environment.secrets.fill(text) for name, text in render(city(), STAND_INS).items()}


def apply(environment: Environment) -> Report:
    limits = Limits(revert_in=120, converge=0.0, appear=0.0)
    return Application(city(), environment, limits=limits).run(lambda _plan: None)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny router's sessions come up, or do not, without any delay."""
    monkeypatch.setattr(NetworkCheck, "settle_time", lambda *_: 0.0)


def test_texts_are_its_own(tiny: Tiny, tmp_path: Path) -> None:
    texts = render(city(), STAND_INS, [SITE])
    assert texts[SITE].startswith("router ce-dinkes\nport lan-cctv ")
    assert " as 64496 key ${secret:bgp-dinkes}\n" in texts[SITE]
    write_texts(city(), tmp_path, [SITE, POP], STAND_INS)
    assert {file.name for file in tmp_path.iterdir()} == {"ce-dinkes.tiny", "pop-wolio.tiny"}
    assert (tmp_path / "ce-dinkes.tiny").read_text() == texts[SITE]
    assert "bgp " not in bootstrap(city(), POP, STAND_INS)
    assert tiny.lint(texts) == []


def test_texts_are_linted_with_others(tiny: Tiny) -> None:
    platforms = {SITE: tiny, POP: tiny}
    (problem,) = lint({SITE: "router ce-dinkes\nwhat is this\n", POP: "router pop-wolio\n"}, platforms)
    assert str(problem) == "ce-dinkes:2: what is no word of ours."
    with pytest.raises(
        FailedError, match=r"^The configurations have errors: ce-dinkes:2: what is no word of ours\.$"
    ):
        require_clean({SITE: "router ce-dinkes\nwhat is this\n"}, platforms)


@pytest.mark.usefixtures("at_once")
def test_a_city_is_installed_and_verified(tiny: Tiny, environment: Environment) -> None:
    routers = TinyCity(tiny, {name: environment.secrets.fill(text) for name, text in day0().items()}).routers
    report = apply(environment)
    assert {change.effect for change in report.plan.changes} == {Effect.installs}
    sites = {node.name for node in city().topology.with_role(Role.SITE)}
    assert set(report.plan.waiting) == sites  # no POP has a session with them yet
    assert {outcome.status for outcome in report.outcomes} == {Status.changed}
    assert {name: router.confirmed for name, router in routers.items()} == running(environment)
    assert all(router.log == ["arm", "apply", "confirm"] for router in routers.values())
    assert apply(environment).plan.changes == ()
    verdict = verify_network(city(), environment, patience=0.0)
    assert (verdict.exit_code, verdict.findings) == (0, ())


@pytest.mark.usefixtures("at_once")
def test_a_new_key_changes_both_ends_together(tiny: Tiny, environment: Environment, tmp_path: Path) -> None:
    routers = TinyCity(tiny, running(environment)).routers
    report = apply(_environment(tmp_path, **{"bgp-dinkes": "another-key"}))
    changed = {change.device: change for change in report.plan.changes}
    assert {name: change.effect for name, change in changed.items()} == dict.fromkeys(
        (SITE, POP), Effect.restarts
    )
    assert [line.about for line in changed[SITE].lines] == [About.SESSION, About.SESSION]
    assert f"key {MASK}\n" in changed[SITE].diff  # the old one, which nobody here knows
    assert "key ${secret:bgp-dinkes}\n" in changed[SITE].diff
    assert {one.target for one in report.outcomes if one.status is Status.changed} == {SITE, POP}
    assert "another-key" in routers[SITE].confirmed


@pytest.mark.usefixtures("at_once")
def test_what_fails_its_checks_goes_back_with_its_group(
    tiny: Tiny, environment: Environment, tmp_path: Path
) -> None:
    lives = TinyCity(tiny, running(environment))
    lives.silent = {POP}
    report = apply(_environment(tmp_path, **{"bgp-dinkes": "another-key"}))
    outcomes = {one.target: one for one in report.outcomes}
    assert outcomes[SITE].status is outcomes[POP].status is Status.rolled_back
    assert "expected Established, is Active." in outcomes[POP].reason + outcomes[SITE].reason
    assert {name: router.running for name, router in lives.routers.items()} == running(environment)
    assert lives.routers[POP].log == ["arm", "apply", "revert"]
    assert verify_network(city(), environment, patience=0.0).exit_code == 0


def test_what_is_not_there_is_found(tiny: Tiny, environment: Environment) -> None:
    routers = TinyCity(tiny, running(environment)).routers
    lines = routers[POP].running.splitlines()
    queue = next(line for line in lines if line.startswith("queue "))
    core = city().topology.nodes["core-1"].loopback
    session = next(line for line in lines if line.startswith(f"session {core} "))
    routers[POP].running = "".join(f"{line}\n" for line in lines if line not in (queue, session))
    found = {str(finding) for finding in verify_network(city(), environment, patience=0.0).findings}
    assert f"{queue}: is not there." in found
    assert f"BGP {core} (core-1): expected Established, is not configured." in found


def test_counters_and_lost_sessions_are_read(tiny: Tiny, environment: Environment) -> None:
    TinyCity(tiny, running(environment))
    with Fleet.of(city().topology, environment) as fleet:
        assert read_counters(fleet, [POP]) == {POP: {"deny_zone": len(POP)}}
        assert lost_sessions(fleet, [SITE, POP]) == 0


def test_a_router_has_the_limits_of_a_real_one(tiny: Tiny, environment: Environment) -> None:
    lives = TinyCity(tiny, running(environment))
    session = tiny.connect(SITE, environment)
    with pytest.raises(UnreachableError, match="ce-dinkes: somebody else is logged in"):
        tiny.connect(SITE, environment)
    for step in (session.diff, session.apply, session.confirm, session.revert):
        with pytest.raises(FailedError):
            step()
    session.load("router ce-dinkes\n")
    with pytest.raises(FailedError, match="less than 120 s"):
        session.arm(60, "a change")
    assert session.arm(120, "a change")
    with pytest.raises(FailedError, match="nothing was applied"):
        session.confirm()
    session.apply()
    tiny.routers.pass_time(120)
    assert not session.pending()
    assert lives.routers[SITE].running == running(environment)[SITE]


def test_it_stands_beside_others(tiny: Tiny) -> None:
    """Of a city's routers some are of one platform, some of another."""
    routers = derive(city())
    mixed = {
        name: replace(router, platform="routeros") if name == SITE else router
        for name, router in routers.items()
    }
    found = registry.platforms_of(mixed.values(), {"routeros": "tiny"})
    assert {name for name, platform in found.items() if platform is tiny} == {SITE}
    assert found[POP].name == "frr"
    with pytest.raises(InputError) as error:
        registry.platform_of(mixed[SITE], {})
    assert error.value.message == (
        "ce-dinkes is of the platform routeros, which cannot be driven from here; frr, tiny can."
    )


def test_what_it_cannot_tell_is_said(tiny: Tiny) -> None:
    assert tiny.name == "tiny"
    with pytest.raises(MissingError, match=r"^Nothing is known of single lines of texts for tiny\.$"):
        blame(city(), SITE, STAND_INS)
    with pytest.raises(MissingError):
        removals(city(), STAND_INS)
