"""One batch of groups, changed on their devices; each group is changed completely or not at all.

All members are armed before any change is applied: a change at one end of a session could cut off the other end
before that is armed. The dead-man's switch runs on the device itself (see `napalm_frr`): whatever happens to this
process, an unconfirmed device rolls back by itself. Every step is journalled before it is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Protocol

from baubau_ops.core import poll
from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.events import OnEvent
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Outcome
from baubau_ops.core.secrets import Secrets
from baubau_ops.network.change.plan import DevicePlan, load
from baubau_ops.network.change.progress import Progress
from baubau_ops.network.change.record import Record
from baubau_ops.network.change.waves import Group
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.platforms.session import REVERT_SECONDS, Session

POLL = 0.3
"""Seconds between two readings while a change settles: one reading costs a router about 0.05 s of CPU time."""
MARGIN = 0.2
"""Seconds that a good state is held in addition to the time of the slowest failure detector."""


class Check(Protocol):
    """Checks on devices before and after a change."""

    def baseline(self, devices: Iterable[str]) -> Mapping[str, BaubauError]:
        """Read the devices and remember their state; return an error for each that could not be read."""

    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        """Read them again; describe what is wrong on each device that is not as intended, or worse than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits, in seconds."""

    revert_in: int = REVERT_SECONDS
    """Time after which an unconfirmed device rolls back by itself."""
    converge: float = 30.0
    """Time in which a change must show its effect."""
    appear: float = 30.0
    """Time in which a router that waits for its POP must answer."""


class Transaction:
    """The change of one batch. `run` returns an outcome for every device of the batch."""

    def __init__(
        self,
        *,
        name: str,
        fleet: Fleet,
        secrets: Secrets,
        check: Check,
        layer: Callable[[str], int],
        journal: Journal,
        limits: Limits,
        on_event: OnEvent,
    ) -> None:
        """`layer` is a device's distance from the cores: the devices farthest out are confirmed first."""
        self._name = name
        self._fleet = fleet
        self._secrets = secrets
        self._check = check
        self._layer = layer
        self._record = Record(name, journal, on_event)
        self._limits = limits

    def run(
        self,
        groups: Sequence[Group],
        plans: Mapping[str, DevicePlan],
        *,
        waiting: frozenset[str],
        dependents: frozenset[str],
        settle: float,
    ) -> list[Outcome]:
        """Change all groups at the same time.

        `waiting` members answer only after the member before them is changed; `dependents` are the unchanged devices
        that the change could harm; a good state must last for `settle` seconds before it is accepted.
        """
        batch = [Progress(members) for members in groups]
        present = [device for group in batch for device in group.members if device not in waiting]
        unreadable = self._check.baseline([*present, *sorted(dependents)])
        for group in batch:
            for device in (*group.members, *sorted(dependents)):
                if device in unreadable and not group.failure:
                    self._fail(group, device, f"could not be read before the change: {unreadable[device]}")
        try:
            self._change(batch, plans, waiting)
            self._settle(batch, dependents, settle)
            self._confirm(batch)
        except BaseException:
            # On Ctrl-C, roll back now what the devices would roll back by themselves later.
            for group in batch:
                group.failure = group.failure or "interrupted"
            self._take_back(batch)
            raise
        self._take_back(batch)
        self._await_reverts(batch)
        revert_in = self._limits.revert_in
        outcomes = [group.outcome(device, revert_in) for group in batch for device in group.members]
        self._record.end(outcomes)
        return outcomes

    def _change(
        self, batch: Sequence[Progress], plans: Mapping[str, DevicePlan], waiting: frozenset[str]
    ) -> None:
        """Arm and apply: first all members that answer, then one by one each that waits for the one before it."""
        for round_ in zip_longest(*(_rounds(group.members, waiting) for group in batch), fillvalue=()):
            turn = {
                device: group
                for group, members in zip(batch, round_, strict=True)
                if not group.failure
                for device in members
            }
            late = [device for device in turn if device in waiting]
            for device, error in self._appear(late, plans).items():
                self._fail(turn.pop(device), device, str(error))
            began = time.monotonic()
            self._arm(turn)
            self._apply(began, {device: group for device, group in turn.items() if device in group.armed})

    def _arm(self, turn: Mapping[str, Progress]) -> None:
        """Let every device prepare its rollback; nothing is changed yet."""
        self._record.step("arm", turn)
        for device, group in turn.items():
            group.armed.append(device)
            group.touched.add(device)
        revert_in = self._limits.revert_in
        answers = self._fleet.run(turn, lambda _, session: session.arm(revert_in, self._name))
        for device, answer in answers.items():
            group = turn[device]
            if isinstance(answer, BaubauError):
                self._fail(group, device, str(answer))
            elif not answer:
                group.armed.remove(device)
                group.touched.remove(device)
                group.intended.add(device)

    def _apply(self, began: float, armed: Mapping[str, Progress]) -> None:
        """Change the running configuration in the groups in which every member is armed; arming started at `began`."""
        turn = {device: group for device, group in armed.items() if not group.failure}
        self._record.step("apply", turn)
        for device, answer in self._fleet.run(turn, self._record.timed("applied", _apply, began)).items():
            if isinstance(answer, BaubauError):
                self._fail(turn[device], device, str(answer))

    def _appear(self, devices: Sequence[str], plans: Mapping[str, DevicePlan]) -> dict[str, BaubauError]:
        """Wait until routers answer, then load their configurations; return an error for each that failed."""
        missing: dict[str, BaubauError] = {}
        left = list(devices)

        def is_over() -> bool:
            texts = {name: plans[name].text for name in left}
            answers = self._fleet.run(left, load(self._fleet, texts, self._secrets))
            for name, answer in answers.items():
                missing.pop(name, None)
                if isinstance(answer, BaubauError):
                    missing[name] = answer
            left[:] = [name for name in left if isinstance(missing.get(name), UnreachableError)]
            return not left

        poll.settle(is_over, bool, self._limits.appear, interval=POLL)
        return missing

    def _settle(self, batch: Sequence[Progress], dependents: frozenset[str], hold: float) -> None:
        """Read until nothing has been wrong for `hold` seconds, or until time is up."""
        while live := [group for group in batch if not group.failure and group.armed]:
            began = time.monotonic()
            changed = [device for group in live for device in (*group.armed, *group.intended)]
            wrong = poll.settle(
                partial(self._check.problems, [*changed, *sorted(dependents)], changed),
                lambda wrong: not wrong,
                self._limits.converge,
                hold=hold,
                interval=POLL,
            )
            if not wrong:
                for device in changed:
                    self._record.say("done", "checked", device, seconds=time.monotonic() - began)
                return
            self._blame(live, wrong, dependents)  # the time limit restarts for the other groups

    def _blame(self, live: Sequence[Progress], wrong: Mapping[str, str], dependents: frozenset[str]) -> None:
        """A problem of a member concerns its group; a problem elsewhere concerns all groups."""
        outside = {device: text for device, text in wrong.items() if device in dependents}
        own = [group for group in live if any(device in wrong for device in group.members)]
        for group in own or live:
            device = next((device for device in group.members if device in wrong), next(iter(outside), ""))
            self._fail(group, device, wrong[device])

    def _confirm(self, batch: Sequence[Progress]) -> None:
        """Confirm over new connections, from the farthest devices inward; after that, nothing rolls back by itself."""
        layers = {self._layer(device) for group in batch for device in group.armed}
        for layer in sorted(layers, reverse=True):
            turn = {
                device: group
                for group in batch
                if not group.failure
                for device in group.armed
                if self._layer(device) == layer
            }
            self._record.step("confirm", turn)
            for device, answer in self._fleet.run(turn, self._record.timed("confirmed", _confirm)).items():
                if isinstance(answer, BaubauError):
                    self._fail(
                        turn[device], device, f"could not be confirmed over a new connection: {answer}"
                    )
                else:
                    turn[device].confirmed.add(device)

    def _take_back(self, batch: Sequence[Progress]) -> None:
        """Restore the old configuration on every member of a failed group, the sites first."""
        failed = [group for group in batch if group.failure]
        members = {device: group for group in failed for device in reversed(group.armed)}
        self._record.step("roll back", members)
        confirmed = frozenset(device for group in failed for device in group.confirmed)

        def roll_back(device: str, session: Session) -> None:
            # If nothing is pending, the device has rolled back already, and `revert` would undo the change before.
            if device in confirmed or session.pending():
                session.revert()

        for device, answer in self._fleet.run(members, self._record.timed("rolled back", roll_back)).items():
            if isinstance(answer, BaubauError):
                members[device].stuck[device] = answer
            else:
                members[device].armed.remove(device)

    def _await_reverts(self, batch: Sequence[Progress]) -> None:
        """Where a rollback did not get through (the change may cut off management), wait for the device's timer."""
        left = {
            device: group
            for group in batch
            if group.failure
            for device in group.armed
            if device not in group.confirmed
        }
        for device, group in left.items():
            why = f"waiting for it to go back by itself: {group.stuck[device]}"
            self._record.say("note", "revert", device, detail=why)

        def are_back() -> bool:
            answers = self._fleet.run(tuple(left), lambda _, session: session.pending())
            for device, is_pending in answers.items():
                if is_pending is False:
                    group = left.pop(device)
                    group.armed.remove(device)
                    group.reverted.add(device)
            return not left

        poll.settle(are_back, bool, self._limits.revert_in + self._limits.appear, interval=POLL)

    def _fail(self, group: Progress, device: str, reason: str) -> None:
        if not group.failure:
            group.failure, group.at_fault = reason, device
            self._record.say("failed", "apply", device, detail=reason)


def _rounds(members: Group, waiting: frozenset[str]) -> list[tuple[str, ...]]:
    """Members that are applied together: first all that answer, then those that wait, one by one."""
    present = tuple(device for device in members if device not in waiting)
    return [*([present] if present else []), *((device,) for device in members if device in waiting)]


def _apply(_device: str, session: Session) -> None:
    session.apply()


def _confirm(_device: str, session: Session) -> None:
    session.confirm()
