"""What an apply would change: every device's intended text against what it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.plan import Change, Effect, Plan
from baubau_ops.core.secrets import MASK, Secrets
from baubau_ops.inventory.city.topology import Link, LinkKind, Role, Topology
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet
from baubau_ops.network.model.effect_words import WORDS
from baubau_ops.network.platforms.frr.forecast import effect_of, parse_diff, summary
from baubau_ops.network.platforms.session import Session

_KEY = re.compile(r"\b(password|md5) (?!\$\{secret:)\S+")
"""A BGP or OSPF key that is no placeholder."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device: its intended text and how what it runs differs, secrets masked in both."""

    device: str
    text: str
    diff: str
    effect: Effect

    @property
    def change(self) -> Change:
        return Change(self.device, summary(self.diff), self.effect, WORDS[self.effect], self.diff)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A plan for a set of devices.

    `waiting` are routers that do not answer yet but will once the POP they hang on is changed; `failed` are
    those that could not be read, with the reason.
    """

    devices: Mapping[str, DevicePlan]
    waiting: Mapping[str, DevicePlan]
    failed: Mapping[str, BaubauError]

    @property
    def changes(self) -> tuple[DevicePlan, ...]:
        """What is to be changed, in the order of the devices' names, those waiting last."""
        now = [plan for plan in self.devices.values() if plan.effect is not Effect.none]
        return (*sorted(now, key=lambda plan: plan.device), *self.waiting.values())

    @property
    def installing(self) -> frozenset[str]:
        """Devices that still run their day-0 text."""
        return frozenset(plan.device for plan in self.changes if plan.effect is Effect.installs)

    @property
    def unreachable(self) -> frozenset[str]:
        return frozenset(name for name, error in self.failed.items() if isinstance(error, UnreachableError))

    def as_plan(self) -> Plan:
        """The plan in the terms all domains share; its hash names exactly these changes."""
        return Plan.of(plan.change for plan in self.changes)


def load(text: str, secrets: Secrets) -> DeviceTask[DevicePlan]:
    """Make the task that loads `text` on a device as candidate, and compares."""

    def task(device: str, session: Session) -> DevicePlan:
        session.load(secrets.fill(text))
        diff = masked(session.diff(), secrets)
        return DevicePlan(device, text, diff, _effect(diff))

    return task


def masked(diff: str, secrets: Secrets) -> str:
    """Put placeholders for known secrets, and a mask for those the device holds and we do not know (an old key)."""
    return _KEY.sub(rf"\1 {MASK}", secrets.mask(diff))


def make(
    topology: Topology,
    texts: Mapping[str, str],
    day0: Mapping[str, str],
    fleet: Fleet,
    secrets: Secrets,
) -> NetworkPlan:
    """Compare every device of `texts` with what it runs; the candidate stays loaded on the sessions.

    `day0` holds the first texts of POPs and sites: a router that does not answer yet is compared with its own.
    """
    sites = {name for name in texts if topology.nodes[name].role is Role.SITE}
    answers = _compare(texts.keys() - sites, texts, fleet, secrets)
    # Who has no session with a POP cannot answer: trying would only take the connect timeout.
    behind = {
        name
        for name in sites
        if all(_adds_session(answers.get(link.a.node), link) for link in topology.links_of(name))
    }
    answers |= _compare(sites - behind, texts, fleet, secrets)
    devices = {name: answer for name, answer in answers.items() if isinstance(answer, DevicePlan)}
    failed = {name: answer for name, answer in answers.items() if isinstance(answer, BaubauError)}
    coming = frozenset(name for name, plan in devices.items() if plan.effect is not Effect.none)
    absent = {name for name, error in failed.items() if isinstance(error, UnreachableError)}
    late = behind | _waiting(topology, absent & day0.keys(), coming)
    waiting = {name: _first(name, texts[name], day0[name]) for name in sorted(late)}
    failed = {name: error for name, error in failed.items() if name not in waiting}
    return NetworkPlan(devices, waiting, failed)


def _adds_session(plan: DevicePlan | BaubauError | None, link: Link) -> bool:
    """Whether a POP's plan brings its session over a link to a site, which it does not have yet."""
    if not isinstance(plan, DevicePlan):
        return False
    session = ["neighbor", str(link.b.address.ip), "remote-as"]
    signs = {line.sign for line in parse_diff(plan.diff) if line.text.split()[:3] == session}
    return plan.effect is Effect.installs or signs == {"+"}


def _compare(
    devices: Iterable[str], texts: Mapping[str, str], fleet: Fleet, secrets: Secrets
) -> dict[str, DevicePlan | BaubauError]:
    return fleet.run(sorted(devices), lambda device, session: load(texts[device], secrets)(device, session))


def _waiting(topology: Topology, absent: AbstractSet[str], changing: AbstractSet[str]) -> set[str]:
    """Those of the absent that will answer once others are changed, or once others that wait for these are."""
    late: set[str] = set()
    while found := {name for name in absent - late if _hangs_on(topology, name, changing | late)}:
        late |= found
    return late


def _hangs_on(topology: Topology, device: str, changing: AbstractSet[str]) -> bool:
    """Whether every router that it could be reached over is being changed: over another one it would answer."""
    links = topology.links_of(device)
    ways = [link.far(device).node for link in links if link.kind in (LinkKind.SPAN, LinkKind.ACCESS)]
    if topology.nodes[device].role is Role.POP:
        ways = [name for name in ways if topology.nodes[name].role is not Role.SITE]
    return all(name in changing for name in ways)


def _first(device: str, text: str, day0: str) -> DevicePlan:
    old, new = day0.splitlines(), text.splitlines()
    lines = [f"+{line}" for line in new if line not in set(old)]
    return DevicePlan(device, text, "".join(f"{line}\n" for line in lines), Effect.installs)


def _effect(diff: str) -> Effect:
    """The forecast; a router that has no BGP yet is being installed, and nobody depends on it."""
    lines = list(parse_diff(diff))
    has_bgp_now = any(line.text.startswith("router bgp") and line.sign != "+" for line in lines)
    if not has_bgp_now and any(line.sign == "+" and line.text.startswith("router bgp") for line in lines):
        return Effect.installs
    return effect_of(diff)
