"""One batch of groups changed on their devices, each group wholly or not at all.

All members are armed before any is applied: one end of a session applied alone could cut the other off before it has
its orders. The dead-man's switch is the device's own (see `napalm_frr`): whatever happens to this process, a device
that was not confirmed goes back by itself. Every step is journalled before it is taken.
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
from baubau_ops.network.platforms.session import Session

POLL = 0.3
"""Seconds between two readings while a change settles: a reading costs a router about 0.05 s of its processor."""
MARGIN = 0.2
"""Seconds that a good state is held beyond the slowest failure detector."""


class Check(Protocol):
    """What is looked at on devices before and after a change."""

    def baseline(self, devices: Iterable[str]) -> Mapping[str, BaubauError]:
        """Read the devices and remember how they are; what could not be read is returned."""

    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        """Read them again; for each that is not as intended, or worse than before, say what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, in seconds."""

    revert_in: int = 120
    """After which a device that was not confirmed goes back by itself."""
    converge: float = 30.0
    """Until a change must have shown its effect."""
    appear: float = 30.0
    """Until a router that waits for its POP must answer."""


class Transaction:
    """The change of one batch. `run` returns an outcome for every device of it."""

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
        """`layer` is how far out a device lies: those farthest out are confirmed first."""
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
        """Change all groups at once.

        `waiting` members answer only once the member before them is applied; `dependents` are the unchanged
        devices that could suffer; a good state is held for `settle` seconds before it is believed.
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
            # Ctrl-C: take back now what the devices would take back by themselves later.
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
        """Arm and apply: members that answer all at once, then each that waits for the one before it."""
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
        """Let every device prepare its revert; nothing is changed yet."""
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
        """Change what runs, in the groups of which every member is armed; arming `began` then."""
        turn = {device: group for device, group in armed.items() if not group.failure}
        self._record.step("apply", turn)
        for device, answer in self._fleet.run(turn, self._record.timed("applied", _apply, began)).items():
            if isinstance(answer, BaubauError):
                self._fail(turn[device], device, str(answer))

    def _appear(self, devices: Sequence[str], plans: Mapping[str, DevicePlan]) -> dict[str, BaubauError]:
        """Wait until routers answer, then load their texts; what did not work for which is returned."""
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
        """Read until nothing is wrong and has been so for `hold` seconds, or until time is up."""
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
            self._blame(live, wrong, dependents)  # the others get their time again, without those that failed

    def _blame(self, live: Sequence[Progress], wrong: Mapping[str, str], dependents: frozenset[str]) -> None:
        """A problem on a member is its group's; a problem beside all members is everybody's."""
        outside = {device: text for device, text in wrong.items() if device in dependents}
        own = [group for group in live if any(device in wrong for device in group.members)]
        for group in own or live:
            device = next((device for device in group.members if device in wrong), next(iter(outside), ""))
            self._fail(group, device, wrong[device])

    def _confirm(self, batch: Sequence[Progress]) -> None:
        """Confirm over new connections, from the far ends inward; then nothing more can go back by itself."""
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
        """Bring the old configuration back on every member of a group that failed, the sites first."""
        failed = [group for group in batch if group.failure]
        members = {device: group for group in failed for device in reversed(group.armed)}
        self._record.step("roll back", members)
        confirmed = frozenset(device for group in failed for device in group.confirmed)

        def roll_back(device: str, session: Session) -> None:
            # With nothing pending it has gone back already, and `revert` would undo the change before.
            if device in confirmed or session.pending():
                session.revert()

        for device, answer in self._fleet.run(members, self._record.timed("rolled back", roll_back)).items():
            if isinstance(answer, BaubauError):
                members[device].stuck[device] = answer
            else:
                members[device].armed.remove(device)

    def _await_reverts(self, batch: Sequence[Progress]) -> None:
        """Where a rollback did not get through (a change may cut off its own management) the device's timer will."""
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
    """Who is applied together: all that answer, then one by one those that wait for them."""
    present = tuple(device for device in members if device not in waiting)
    return [*([present] if present else []), *((device,) for device in members if device in waiting)]


def _apply(_device: str, session: Session) -> None:
    session.apply()


def _confirm(_device: str, session: Session) -> None:
    session.confirm()
