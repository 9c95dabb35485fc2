"""One batch of groups changed on their devices, each group wholly or not at all.

The dead-man's switch is the device's own (see `napalm_frr`): whatever happens to this process, a device that
was not confirmed goes back by itself. Every step is journalled before it is taken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from threading import BrokenBarrierError
from typing import TYPE_CHECKING, Literal, Protocol, cast

from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.events import Event, OnEvent
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Outcome, Status
from baubau_ops.core.secrets import Secrets
from baubau_ops.network.change.plan import DevicePlan, load
from baubau_ops.network.change.waves import Group
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet

if TYPE_CHECKING:
    from napalm.base.base import NetworkDriver

    from napalm_frr import FRRDriver

POLL = 0.3
"""Seconds between two readings while a change settles: a reading costs a router about 0.05 s of its processor."""
MEETING = 30.0
"""Seconds that the armed members of a group wait for each other."""
MARGIN = 0.2
"""Seconds that a good state is held beyond the slowest failure detector."""


class Check(Protocol):
    """What is looked at on devices before and after a change."""

    def baseline(self, devices: Iterable[str]) -> Mapping[str, BaubauError]:
        """Read the devices and remember how they are; what could not be read is returned."""

    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        """Read them again; for each that is not as intended, or worse than before, say what is wrong."""


Kind = Literal["done", "failed", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, in seconds."""

    revert_in: int = 120
    """After which a device that was not confirmed goes back by itself."""
    converge: float = 30.0
    """Until a change must have shown its effect."""
    appear: float = 30.0
    """Until a router that waits for its POP must answer."""


class _HeldBackError(BaubauError):
    """A router was armed, but another of its group was not."""


@dataclass(slots=True)
class _Group:
    members: Group
    armed: list[str] = field(default_factory=list)
    """Those that a rollback still has to reach."""
    stuck: dict[str, BaubauError] = field(default_factory=dict)
    """Why a rollback did not reach one."""
    reverted: set[str] = field(default_factory=set)
    """Those that went back by their own timer."""
    touched: set[str] = field(default_factory=set)
    """Those that something was sent to."""
    confirmed: list[str] = field(default_factory=list)
    failure: str = ""
    """Why it is taken back; empty while all is well."""
    at_fault: str = ""


class Transaction:
    """The change of one batch. `run` returns an outcome for every device of it."""

    def __init__(
        self,
        *,
        name: str,
        fleet: Fleet,
        secrets: Secrets,
        check: Check,
        journal: Journal,
        limits: Limits,
        on_event: OnEvent,
    ) -> None:
        self._name = name
        self._fleet = fleet
        self._secrets = secrets
        self._check = check
        self._journal = journal
        self._limits = limits
        self._on_event = on_event

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
        batch = [_Group(members) for members in groups]
        present = [device for group in batch for device in group.members if device not in waiting]
        unreadable = self._check.baseline([*present, *sorted(dependents)])
        for group in batch:
            for device in (*group.members, *sorted(dependents)):
                if device in unreadable and not group.failure:
                    self._fail(group, device, f"could not be read before the change: {unreadable[device]}")
        try:
            self._apply(batch, plans, waiting)
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
        return [outcome for group in batch for outcome in self._outcomes(group)]

    def _apply(
        self, batch: Sequence[_Group], plans: Mapping[str, DevicePlan], waiting: frozenset[str]
    ) -> None:
        """Arm and apply: members that answer all at once, then each that waits for the one before it."""
        for round_ in zip_longest(*(_rounds(group.members, waiting) for group in batch), fillvalue=()):
            live = [
                (group, members) for group, members in zip(batch, round_, strict=True) if not group.failure
            ]
            turn = {device: group for group, members in live for device in members}
            late = [device for device in turn if device in waiting]
            for device, error in self._appear(late, plans).items():
                self._fail(turn.pop(device), device, str(error))
            for device, group in turn.items():
                self._step("arm", device)
                group.armed.append(device)
                group.touched.add(device)
            meetings = [(threading.Barrier(max(1, len(members))), members) for _, members in live]
            meeting_of = {device: meeting for meeting, members in meetings for device in members}
            done = self._fleet.run(turn, self._timed("applied", self._committing(meeting_of)))
            # Who was only held back is not at fault.
            for device, answer in sorted(done.items(), key=lambda item: isinstance(item[1], _HeldBackError)):
                if isinstance(answer, BaubauError):
                    self._fail(turn[device], device, str(answer))

    def _committing(self, meeting_of: Mapping[str, threading.Barrier]) -> DeviceTask[None]:
        """Make the task that arms, waits until the whole group is armed, and applies.

        One end of a session applied alone could cut the other off before it has its orders.
        """

        def commit(device: str, driver: NetworkDriver) -> None:
            meeting = meeting_of[device]
            frr = cast("FRRDriver", driver)
            frr.before_apply = lambda: meeting.wait(MEETING)
            try:
                driver.commit_config(message=self._name, revert_in=self._limits.revert_in)
            except BaseException as error:
                meeting.abort()
                if isinstance(error, BrokenBarrierError) or isinstance(error.__cause__, BrokenBarrierError):
                    raise _HeldBackError("another router of its group could not be armed") from error
                raise
            finally:
                frr.before_apply = None

        return commit

    def _appear(self, devices: Sequence[str], plans: Mapping[str, DevicePlan]) -> dict[str, BaubauError]:
        """Wait until routers answer, then load their texts; what did not work for which is returned."""
        missing: dict[str, BaubauError] = {}
        deadline = time.monotonic() + self._limits.appear
        left = list(devices)
        while left:
            answers = self._fleet.run(
                left, lambda name, driver: load(plans[name].text, self._secrets)(name, driver)
            )
            missing = {name: answer for name, answer in answers.items() if isinstance(answer, BaubauError)}
            left = [name for name, error in missing.items() if isinstance(error, UnreachableError)]
            if time.monotonic() > deadline:
                break
        return missing

    def _settle(self, batch: Sequence[_Group], dependents: frozenset[str], settle: float) -> None:
        """Read until nothing is wrong and has been so for `settle` seconds, or until time is up."""
        began = time.monotonic()
        good_since: float | None = None
        while True:
            live = [group for group in batch if not group.failure]
            changed = [device for group in live for device in group.armed]
            if not changed:
                return
            wrong = self._check.problems([*changed, *sorted(dependents)], changed)
            now = time.monotonic()
            if wrong:
                good_since = None
                if now - began > self._limits.converge:
                    self._blame(live, wrong, dependents)
                    began = now  # the others get their time again, without those that failed
                    continue
            else:
                good_since = now if good_since is None else good_since
                if now - good_since >= settle:
                    for device in changed:
                        self._say("done", "checked", device, now - began)
                    return
            time.sleep(POLL)

    def _blame(self, live: Sequence[_Group], wrong: Mapping[str, str], dependents: frozenset[str]) -> None:
        """A problem on a member is its group's; a problem beside all members is everybody's."""
        outside = {device: text for device, text in wrong.items() if device in dependents}
        own = [group for group in live if any(device in wrong for device in group.members)]
        for group in own or live:
            device = next((device for device in group.members if device in wrong), next(iter(outside), ""))
            self._fail(group, device, wrong[device])

    def _confirm(self, batch: Sequence[_Group]) -> None:
        """Confirm over new connections, from the far ends inward; then nothing more can go back by itself."""
        depth = max((len(group.members) for group in batch), default=0)
        for index in range(depth):
            turn = {
                group.members[-1 - index]: group
                for group in batch
                if not group.failure and index < len(group.members)
            }
            for device in turn:
                self._step("confirm", device)
            for device, answer in self._fleet.run(turn, self._timed("confirmed", _confirm)).items():
                if isinstance(answer, BaubauError):
                    self._fail(
                        turn[device], device, f"could not be confirmed over a new connection: {answer}"
                    )
                else:
                    turn[device].confirmed.append(device)

    def _take_back(self, batch: Sequence[_Group]) -> None:
        """Bring the old configuration back on every member of a group that failed, the sites first."""
        failed = [group for group in batch if group.failure]
        members = {device: group for group in failed for device in reversed(group.armed)}
        for device in members:
            self._step("roll back", device)
        confirmed = frozenset(device for group in failed for device in group.confirmed)

        def roll_back(device: str, driver: NetworkDriver) -> None:
            # With nothing pending it has gone back already, and `rollback` would undo the change before.
            if device in confirmed or driver.has_pending_commit():
                driver.rollback()

        for device, answer in self._fleet.run(members, self._timed("rolled back", roll_back)).items():
            if isinstance(answer, BaubauError):
                members[device].stuck[device] = answer
            else:
                members[device].armed.remove(device)

    def _await_reverts(self, batch: Sequence[_Group]) -> None:
        """Where a rollback did not get through (a change may cut off its own management) the device's timer will."""
        left = {device: group for group in batch for device in group.armed if group.failure}
        deadline = time.monotonic() + self._limits.revert_in + self._limits.appear
        for device in left:
            self._say(
                "note",
                "revert",
                device,
                0,
                f"waiting for it to go back by itself: {left[device].stuck[device]}",
            )
        while left and time.monotonic() < deadline:
            answers = self._fleet.run(left, lambda _, driver: driver.has_pending_commit())
            for device, is_pending in answers.items():
                if is_pending is False:
                    left[device].armed.remove(device)
                    left[device].reverted.add(device)
            left = {device: group for device, group in left.items() if device in group.armed}
            time.sleep(POLL if left else 0)

    def _outcomes(self, group: _Group) -> list[Outcome]:
        outcomes = [self._outcome(group, device) for device in group.members]
        for outcome in outcomes:
            self._journal.append(
                "device",
                apply=self._name,
                target=outcome.target,
                result=_RESULT[outcome.status],
                reason=outcome.reason,
            )
        return outcomes

    def _outcome(self, group: _Group, device: str) -> Outcome:
        if not group.failure:
            return Outcome(device, Status.changed, "")
        if device in group.armed:
            why = group.stuck.get(device, "interrupted")
            fate = f"{device} goes back by itself {self._limits.revert_in} s after it was changed"
            return Outcome(device, Status.failed, f"{group.failure}; the rollback failed ({why}): {fate}")
        reason = group.failure if device == group.at_fault else f"because of {group.at_fault}"
        if group.at_fault not in group.members:  # it has no line of its own
            reason += f": {group.failure}"
        if device in group.reverted:
            reason += "; the device went back by itself"
        if device in group.touched:
            return Outcome(device, Status.rolled_back, reason)
        return Outcome(device, Status.failed if device == group.at_fault else Status.not_run, reason)

    def _fail(self, group: _Group, device: str, reason: str) -> None:
        if not group.failure:
            group.failure, group.at_fault = reason, device
            self._say("failed", "apply", device, 0, reason)

    def _step(self, step: str, device: str) -> None:
        self._journal.append("step", apply=self._name, target=device, step=step)

    def _timed(self, what: str, task: DeviceTask[None]) -> DeviceTask[None]:
        def timed(device: str, driver: NetworkDriver) -> None:
            began = time.monotonic()
            task(device, driver)
            self._say("done", what, device, time.monotonic() - began)

        return timed

    def _say(self, kind: Kind, what: str, device: str, seconds: float, detail: str = "") -> None:
        self._on_event(Event(kind, what, device, seconds=seconds, detail=detail))


_RESULT = {
    Status.changed: "confirmed",
    Status.rolled_back: "reverted",
    Status.failed: "failed",
    Status.not_run: "not begun",
}


def _rounds(members: Group, waiting: frozenset[str]) -> list[tuple[str, ...]]:
    """Who is applied together: all that answer, then one by one those that wait for them."""
    present = tuple(device for device in members if device not in waiting)
    return [*([present] if present else []), *((device,) for device in members if device in waiting)]


def _confirm(_device: str, driver: NetworkDriver) -> None:
    driver.confirm_commit()
