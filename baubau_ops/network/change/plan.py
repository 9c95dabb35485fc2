"""What an apply would change: every device's intended configuration compared with what it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.plan import Change, Effect, Plan
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.city.topology import Link, LinkKind, Role, Topology
from baubau_ops.network.change.forecast import effect_of, summary
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet
from baubau_ops.network.model.effect_words import WORDS
from baubau_ops.network.platforms.diff import About, DiffLine
from baubau_ops.network.platforms.platform import Platform
from baubau_ops.network.platforms.session import Session


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device: its intended configuration and the difference from what it runs, secrets masked in both."""

    device: str
    text: str
    diff: str
    effect: Effect
    lines: tuple[DiffLine, ...]
    """The same diff, parsed."""

    @property
    def change(self) -> Change:
        return Change(self.device, summary(self.lines), self.effect, WORDS[self.effect], self.diff)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A plan for a set of devices.

    `waiting` are routers that do not answer yet, but will once the POP that they connect to is changed; `failed` are
    those that could not be read, with the reason.
    """

    devices: Mapping[str, DevicePlan]
    waiting: Mapping[str, DevicePlan]
    failed: Mapping[str, BaubauError]

    @property
    def changes(self) -> tuple[DevicePlan, ...]:
        """The pending changes, sorted by device; waiting devices come last."""
        now = [plan for plan in self.devices.values() if plan.effect is not Effect.none]
        return (*sorted(now, key=lambda plan: plan.device), *self.waiting.values())

    @property
    def installing(self) -> frozenset[str]:
        """Devices that still run their day-0 configuration."""
        return frozenset(plan.device for plan in self.changes if plan.effect is Effect.installs)

    @property
    def unreachable(self) -> frozenset[str]:
        return frozenset(name for name, error in self.failed.items() if isinstance(error, UnreachableError))

    def as_plan(self) -> Plan:
        """The plan in the terms that all domains share; its hash names exactly these changes."""
        return Plan.of(plan.change for plan in self.changes)


def load(fleet: Fleet, texts: Mapping[str, str], secrets: Secrets) -> DeviceTask[DevicePlan]:
    """Make the task that loads a device's configuration as the candidate and compares it."""

    def task(device: str, session: Session) -> DevicePlan:
        platform, text = fleet.platforms[device], texts[device]
        session.load(secrets.fill(text))
        diff = masked(platform, session.diff(), secrets)
        lines = platform.read_diff(diff)
        return DevicePlan(device, text, diff, effect_of(lines), lines)

    return task


def masked(platform: Platform, diff: str, secrets: Secrets) -> str:
    """Replace known secrets by placeholders, and mask those that only the device knows (an old key)."""
    return platform.mask_keys(secrets.mask(diff))


def make(
    topology: Topology,
    texts: Mapping[str, str],
    day0: Mapping[str, str],
    fleet: Fleet,
    secrets: Secrets,
) -> NetworkPlan:
    """Compare every device of `texts` with what it runs; the candidate stays loaded in the session.

    `day0` holds the day-0 configurations of POPs and sites: a router that does not answer yet is compared with its own.
    """
    sites = {name for name in texts if topology.nodes[name].role is Role.SITE}
    answers = _compare(texts.keys() - sites, texts, fleet, secrets)
    # A site router without a session to a POP cannot answer; to try would only cost the connect timeout.
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
    waiting = {name: _first(fleet.platforms[name], name, texts[name], day0[name]) for name in sorted(late)}
    failed = {name: error for name, error in failed.items() if name not in waiting}
    return NetworkPlan(devices, waiting, failed)


def _adds_session(plan: DevicePlan | BaubauError | None, link: Link) -> bool:
    """Whether the POP's plan adds its session over a link to a site."""
    if not isinstance(plan, DevicePlan):
        return False
    peer = str(link.b.address.ip)
    signs = {
        line.sign for line in plan.lines if line.creates and line.about is About.SESSION and line.peer == peer
    }
    return plan.effect is Effect.installs or signs == {"+"}


def _compare(
    devices: Iterable[str], texts: Mapping[str, str], fleet: Fleet, secrets: Secrets
) -> dict[str, DevicePlan | BaubauError]:
    return fleet.run(sorted(devices), load(fleet, texts, secrets))


def _waiting(topology: Topology, absent: AbstractSet[str], changing: AbstractSet[str]) -> set[str]:
    """Absent routers that will answer once others are changed, directly or through other waiting routers."""
    late: set[str] = set()
    while found := {name for name in absent - late if _hangs_on(topology, name, changing | late)}:
        late |= found
    return late


def _hangs_on(topology: Topology, device: str, changing: AbstractSet[str]) -> bool:
    """Whether every neighbour on the way to it is being changed; over an unchanged one, it would answer already."""
    links = topology.links_of(device)
    ways = [link.far(device).node for link in links if link.kind in (LinkKind.SPAN, LinkKind.ACCESS)]
    if topology.nodes[device].role is Role.POP:
        ways = [name for name in ways if topology.nodes[name].role is not Role.SITE]
    return all(name in changing for name in ways)


def _first(platform: Platform, device: str, text: str, day0: str) -> DevicePlan:
    old, new = day0.splitlines(), text.splitlines()
    diff = "".join(f"+{line}\n" for line in new if line not in set(old))
    return DevicePlan(device, text, diff, Effect.installs, platform.read_diff(diff))
