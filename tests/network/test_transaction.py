"""A batch of groups: each changed wholly or not at all, whatever fails and when."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fake_fleet import FakeFleet, FakeRouter
from plans import device_plan

from baubau_ops.core.errors import BaubauError, UnreachableError
from baubau_ops.core.events import ignore
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Effect, Outcome, Status
from baubau_ops.core.secrets import Secrets
from baubau_ops.network.change.transaction import Limits, Transaction
from baubau_ops.network.change.waves import Group
from baubau_ops.network.fleet.fleet import WORKERS

T = TypeVar("T")


class FakeCheck:
    """Finds what it is told to, as long as the device runs something new."""

    def __init__(
        self,
        fleet: FakeFleet,
        wrong: Mapping[str, str] | None = None,
        unreadable: Mapping[str, BaubauError] | None = None,
    ) -> None:
        self.fleet, self.wrong, self.unreadable = fleet, dict(wrong or {}), dict(unreadable or {})
        self.rounds = 0

    def baseline(self, devices: Iterable[str]) -> Mapping[str, BaubauError]:
        return {name: self.unreadable[name] for name in devices if name in self.unreadable}

    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        self.rounds += 1
        return {name: self.wrong[name] for name in devices if name in self.wrong and set(changed)}


def run(
    tmp_path: Path,
    fleet: FakeFleet,
    *groups: Group,
    check: FakeCheck | None = None,
    waiting: frozenset[str] = frozenset(),
    dependents: frozenset[str] = frozenset(),
    revert_in: int = 0,
) -> dict[str, Outcome]:
    plans = {
        name: device_plan(name, "new", "-old\n+new\n", Effect.hitless) for group in groups for name in group
    }
    fleet.run(plans, lambda _, session: session.load("new"))  # as making the plan did
    transaction = Transaction(
        name="000001",
        fleet=fleet,
        secrets=Secrets({}),
        check=check or FakeCheck(fleet),
        layer=lambda name: ("core", "pop", "ce").index(name.split("-")[0]) if name != "other" else 0,
        journal=Journal(tmp_path / "journal.jsonl"),
        limits=Limits(revert_in=revert_in, converge=0.0, appear=0.0),
        on_event=ignore,
    )
    outcomes = transaction.run(groups, plans, waiting=waiting, dependents=dependents, settle=0.0)
    return {outcome.target: outcome for outcome in outcomes}


def state(fleet: FakeFleet) -> dict[str, tuple[str, str, bool]]:
    return {name: (one.running, one.confirmed, one.is_pending) for name, one in fleet.routers.items()}


OLD, NEW = ("old", "old", False), ("new", "new", False)


def test_a_group_is_armed_before_any_is_applied_and_confirmed_inward(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce"))
    outcomes = run(tmp_path, fleet, ("pop", "ce"))
    assert {one.status for one in outcomes.values()} == {Status.changed}
    assert state(fleet) == {"pop": NEW, "ce": NEW}
    assert sorted(fleet.order[:2]) == [("arm", "ce"), ("arm", "pop")]
    assert sorted(fleet.order[2:4]) == [("apply", "ce"), ("apply", "pop")]
    assert fleet.order[4:] == [("confirm", "ce"), ("confirm", "pop")]


def test_a_failed_apply_takes_the_whole_group_back_and_no_other(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce", apply_fails="half applied"), FakeRouter("other"))
    outcomes = run(tmp_path, fleet, ("pop", "ce"), ("other",))
    assert state(fleet) == {"pop": OLD, "ce": OLD, "other": NEW}
    assert outcomes["ce"] == Outcome("ce", Status.rolled_back, "ce: half applied")
    assert outcomes["pop"] == Outcome("pop", Status.rolled_back, "because of ce")
    assert outcomes["other"].status is Status.changed


def test_nothing_is_applied_unless_the_whole_group_is_armed(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce", arm_fails="no timer"))
    outcomes = run(tmp_path, fleet, ("pop", "ce"))
    assert ("apply", "pop") not in fleet.order
    assert state(fleet) == {"pop": OLD, "ce": OLD}
    assert outcomes["ce"] == Outcome("ce", Status.rolled_back, "ce: no timer")
    assert outcomes["pop"] == Outcome("pop", Status.rolled_back, "because of ce")


def test_what_is_armed_and_not_applied_is_taken_back_and_not_blamed(tmp_path: Path) -> None:
    names = [f"pop-{number}" for number in range(2)]
    fleet = FakeFleet(*map(FakeRouter, names), FakeRouter("ce", arm_fails="no timer"), FakeRouter("other"))
    outcomes = run(tmp_path, fleet, (*names, "ce"), ("other",))
    assert [fleet.routers[name].calls for name in names] == [["arm", "revert"]] * 2
    assert {outcomes[name] for name in names} == {
        Outcome(name, Status.rolled_back, "because of ce") for name in names
    }
    assert outcomes["other"].status is Status.changed


def test_a_group_may_be_larger_than_the_number_of_workers(tmp_path: Path) -> None:
    for size in (WORKERS + 1, 200):
        names = tuple(f"pop-{number}" for number in range(size))
        fleet = FakeFleet(*map(FakeRouter, names))
        outcomes = within(60, lambda: run(tmp_path, fleet, names))  # noqa: B023
        assert {one.status for one in outcomes.values()} == {Status.changed}
        assert set(state(fleet).values()) == {NEW}
        passes = [[call for call, _ in fleet.order[number : number + size]] for number in (0, size, 2 * size)]
        assert passes == [["arm"] * size, ["apply"] * size, ["confirm"] * size]


def test_one_of_200_that_cannot_be_armed_leaves_all_others_as_they_were(tmp_path: Path) -> None:
    names = tuple(f"pop-{number}" for number in range(200))
    fleet = FakeFleet(*(FakeRouter(name, arm_fails="no space" if name == "pop-77" else "") for name in names))
    outcomes = within(60, lambda: run(tmp_path, fleet, names))
    assert set(state(fleet).values()) == {OLD}
    assert {call for call, _ in fleet.order} == {"arm", "revert"}
    assert [one for one in outcomes.values() if one.reason != "because of pop-77"] == [
        Outcome("pop-77", Status.rolled_back, "pop-77: no space")
    ]


def within(seconds: float, work: Callable[[], T]) -> T:
    """Let work end in time, or fail: threads that wait for each other never would."""
    done: Future[T] = Future()
    threading.Thread(target=lambda: done.set_result(work()), daemon=True).start()
    return done.result(seconds)


def test_who_turns_out_to_run_its_text_is_left_alone(tmp_path: Path) -> None:
    """A site of which the POP was lost before it could be confirmed."""
    pop = FakeRouter("pop")
    fleet = FakeFleet(pop, FakeRouter("ce", running="new", confirmed="new", appears_with=pop))
    outcomes = run(tmp_path, fleet, ("pop", "ce"), waiting=frozenset({"ce"}))
    assert state(fleet) == {"pop": NEW, "ce": NEW}
    assert fleet.routers["ce"].calls == []
    assert outcomes["ce"] == Outcome("ce", Status.unchanged, "runs its intended text")


def test_a_device_that_went_back_by_itself_is_not_rolled_back_further(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("ce", apply_fails="reverted"))
    run(tmp_path, fleet, ("ce",))
    assert fleet.routers["ce"].calls == ["arm", "apply"]
    assert fleet.routers["ce"].running == "old"


def test_a_failed_check_rolls_back_and_says_what_was_seen(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce"))
    check = FakeCheck(fleet, wrong={"pop": "BGP 10.0.0.1: expected Established, is Active"})
    outcomes = run(tmp_path, fleet, ("pop",), ("ce",), check=check)
    assert state(fleet) == {"pop": OLD, "ce": NEW}
    assert outcomes["pop"].status is Status.rolled_back
    assert outcomes["pop"].reason == "BGP 10.0.0.1: expected Established, is Active"


def test_a_dependent_that_suffers_takes_everything_back(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce"), FakeRouter("core"))
    check = FakeCheck(fleet, wrong={"core": "a prefix is gone"})
    outcomes = run(tmp_path, fleet, ("pop",), ("ce",), check=check, dependents=frozenset({"core"}))
    assert state(fleet) == {"pop": OLD, "ce": OLD, "core": OLD}
    why = "because of core: a prefix is gone"
    assert outcomes == {name: Outcome(name, Status.rolled_back, why) for name in ("pop", "ce")}


def test_what_cannot_be_read_before_is_not_touched(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"))
    check = FakeCheck(fleet, unreadable={"pop": UnreachableError("pop is silent")})
    outcomes = run(tmp_path, fleet, ("pop",), check=check)
    assert fleet.routers["pop"].calls == []
    assert outcomes["pop"].reason == "could not be read before the change: pop is silent"
    assert outcomes["pop"].status is Status.failed


def test_a_confirm_that_fails_takes_back_what_was_confirmed_before_it(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop", confirm_fails="no new connection"), FakeRouter("ce", previous="?"))
    outcomes = run(tmp_path, fleet, ("pop", "ce"))
    assert state(fleet) == {"pop": OLD, "ce": OLD}
    assert outcomes["pop"].reason == "could not be confirmed over a new connection: pop: no new connection"
    assert outcomes["ce"] == Outcome("ce", Status.rolled_back, "because of pop")


def test_a_rollback_without_an_answer_is_a_failure_that_says_so(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop", revert_fails="the session is gone"))
    outcomes = run(tmp_path, fleet, ("pop",), check=FakeCheck(fleet, wrong={"pop": "bad"}))
    assert outcomes["pop"] == Outcome(
        "pop",
        Status.failed,
        "bad; the rollback failed (pop: the session is gone): pop reverts by itself 0 s after the change",
    )


def test_a_device_out_of_reach_goes_back_by_its_own_timer(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop", revert_fails="cut off", reverts=True))
    outcomes = run(tmp_path, fleet, ("pop",), check=FakeCheck(fleet, wrong={"pop": "bad"}), revert_in=5)
    assert state(fleet) == {"pop": OLD}
    assert outcomes["pop"] == Outcome("pop", Status.rolled_back, "bad; the device reverted by itself")


def test_a_confirmed_device_that_cannot_be_rolled_back_keeps_the_change_and_that_is_said(
    tmp_path: Path,
) -> None:
    """Nothing is pending on it: that is no sign that it went back."""
    fleet = FakeFleet(
        FakeRouter("pop", confirm_fails="no"), FakeRouter("ce", revert_fails="the session is gone")
    )
    outcomes = run(tmp_path, fleet, ("pop", "ce"))
    assert state(fleet) == {"pop": OLD, "ce": NEW}
    assert outcomes["ce"] == Outcome(
        "ce",
        Status.failed,
        "could not be confirmed over a new connection: pop: no; the rollback failed (ce: the session is gone): "
        "ce has confirmed the change and keeps it",
    )


def test_a_router_that_waits_for_its_pop_is_changed_once_it_answers(tmp_path: Path) -> None:
    pop = FakeRouter("pop")
    fleet = FakeFleet(pop, FakeRouter("ce", appears_with=pop))
    outcomes = run(tmp_path, fleet, ("pop", "ce"), waiting=frozenset({"ce"}))
    assert {one.status for one in outcomes.values()} == {Status.changed}


def test_a_router_that_never_appears_takes_its_pop_back(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce", unreachable=True))
    outcomes = run(tmp_path, fleet, ("pop", "ce"), waiting=frozenset({"ce"}))
    assert state(fleet)["pop"] == OLD
    assert outcomes["pop"] == Outcome("pop", Status.rolled_back, "because of ce")
    assert outcomes["ce"] == Outcome("ce", Status.failed, "ce cannot be reached")


class Interrupting(FakeCheck):
    def problems(self, devices: Iterable[str], changed: Iterable[str]) -> Mapping[str, str]:
        super().problems(devices, changed)
        raise KeyboardInterrupt


def test_ctrl_c_takes_everything_back_at_once(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), FakeRouter("ce"))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, fleet, ("pop", "ce"), check=Interrupting(fleet))
    assert state(fleet) == {"pop": OLD, "ce": OLD}


class Interrupted(FakeRouter):
    """While it is armed somebody presses Ctrl-C."""

    def take(self, call: str, failure: str) -> None:
        super().take(call, failure)
        main = threading.main_thread().ident
        if call == "arm" and main is not None:
            signal.pthread_kill(main, signal.SIGINT)


def test_ctrl_c_while_a_batch_is_armed_takes_back_what_is(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop"), Interrupted("ce"), FakeRouter("other"))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, fleet, ("pop", "ce"), ("other",))
    assert set(state(fleet).values()) == {OLD}
    assert ("revert", "ce") in fleet.order
    assert {call for call, _ in fleet.order} == {"arm", "revert"}


def test_every_step_is_journalled_before_it_is_taken(tmp_path: Path) -> None:
    fleet = FakeFleet(FakeRouter("pop", apply_fails="broken"))
    run(tmp_path, fleet, ("pop",))
    records: list[dict[str, Any]] = [dict(one.data) for one in Journal(tmp_path / "journal.jsonl").records()]
    assert [one.get("step") or one["result"] for one in records] == [
        "arm",
        "apply",
        "roll back",
        "reverted",
    ]
    assert records[-1] == {"apply": "000001", "target": "pop", "result": "reverted", "reason": "pop: broken"}
