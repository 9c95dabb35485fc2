"""Plans and applies on screen: a line for every target, groups together, what failed with its reason."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from baubau_ops.cli.app import run
from baubau_ops.cli.output import Output
from baubau_ops.cli.screens.network import STEPS, WORDING, draw_network_plan
from baubau_ops.cli.screens.plan import Wording, draw_plan, heading
from baubau_ops.cli.terminal.steps import Steps, StepScreen
from baubau_ops.core.events import Event
from baubau_ops.core.plan import Change, Effect, Outcome, Plan, Status
from baubau_ops.network.change.plan import DevicePlan, NetworkPlan


class Paper:
    """Keeps what would be drawn."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.below: list[str] = []
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def line(self, text: str) -> None:
        self.lines.append(text)

    def show_below(self, lines: Sequence[str]) -> None:
        self.below = list(lines)


def take(screen: StepScreen, device: str, *steps: str) -> None:
    """Let a device take steps, each written as `what` or `what: detail`."""
    for step in steps:
        what, _, detail = step.partition(": ")
        screen(Event("done", what, device, seconds=0.1, detail=detail))


ALL = ("applied", "checked: 19/19", "confirmed")


def test_a_router_gets_its_line_when_it_has_ended() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("pop-murhum",)], "Plan 3f9c1e  1 router, hitless")
    take(screen, "pop-murhum", *ALL[:2])
    assert paper.lines == ["Plan 3f9c1e  1 router, hitless"]
    assert paper.below == ["  pop-murhum  applied ✓  checks 19/19 ✓"]
    take(screen, "pop-murhum", ALL[2])
    assert paper.lines[1:] == ["  pop-murhum  applied ✓  checks 19/19 ✓  confirmed   0.1 s"]
    assert paper.below == []


def test_a_group_is_printed_together_when_its_last_member_has_ended() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("pop-murhum", "ce-bappeda"), ("ce-rsud",)])
    for device in ("pop-murhum", "ce-bappeda", "ce-rsud"):
        take(screen, device, *ALL[:2])
    take(screen, "ce-bappeda", "confirmed")
    take(screen, "ce-rsud", "confirmed")
    assert [line.split()[0] for line in paper.lines] == ["ce-rsud"]
    take(screen, "pop-murhum", "confirmed")
    assert [line[:14] for line in paper.lines[1:]] == ["┌ pop-murhum  ", "└ ce-bappeda  "]


def test_what_is_rolled_back_has_its_reason_below_and_is_not_told_again() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("pop-murhum", "ce-bappeda")])
    take(screen, "pop-murhum", ALL[0])
    take(screen, "ce-bappeda", ALL[0])
    screen(Event("failed", "checked", "pop-murhum", detail="18/19"))
    reason = "BGP 10.64.255.37: expected Established, is Active."
    screen(Event("failed", "apply", "pop-murhum", detail=reason))
    take(screen, "ce-bappeda", "rolled back")
    take(screen, "pop-murhum", "rolled back")
    assert paper.lines == [
        "┌ pop-murhum  applied ✓  checks 18/19 ✗  rolled back",
        f"      {reason}",
        "└ ce-bappeda  applied ✓  rolled back",
    ]
    outcomes = [
        Outcome("pop-murhum", Status.rolled_back, reason),
        Outcome("ce-bappeda", Status.rolled_back, "because of pop-murhum"),
        Outcome("core-1", Status.not_run, "stopped before it: 2 failed or did not answer, --budget allows 0"),
        Outcome("core-2", Status.unchanged, "up to date"),
    ]
    assert [one.target for one in screen.untold(outcomes)] == ["core-1"]
    more = Outcome("pop-murhum", Status.rolled_back, f"{reason}; the device reverted by itself")
    assert screen.untold([more]) == [more]


def test_batches_are_told_apart() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("core-1",), ("core-2",), ("dc-1",), ("dc-2",)])
    for batch in (["core-1"], ["core-2"], ["dc-1", "dc-2"]):
        for step in ALL:
            for device in batch:
                take(screen, device, step)
    assert [line.strip().split("  ")[0] for line in paper.lines] == [
        "core-1",
        "batch 2",
        "core-2",
        "batch 3",
        "dc-1",
        "dc-2",
    ]


def test_a_router_that_nothing_was_done_to_is_told_with_the_next_batch() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("dc-1",), ("dc-2",)])
    screen(Event("failed", "apply", "dc-1", detail="could not be read before the change: no answer"))
    assert paper.lines == []
    take(screen, "dc-2", *ALL)
    assert paper.lines[:2] == [
        "  dc-1  not confirmed",
        "      could not be read before the change: no answer",
    ]


def test_ctrl_c_leaves_a_line_for_what_was_begun() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("dc-1",), ("dc-2",)])
    take(screen, "dc-1", ALL[0])
    screen.close()
    assert paper.lines == ["  dc-1  applied ✓  not confirmed"]
    assert paper.below == []


def test_what_is_not_about_a_router_is_handed_on() -> None:
    paper = Paper()
    screen = StepScreen(paper, STEPS)
    screen.expect([("dc-1",)])
    boot = Event("done", "boot", "dc-1")
    note = Event("note", "revert", "dc-1", detail="waiting for it to go back by itself")
    for event in (boot, note):
        screen(event)
    assert paper.events == [boot, note]


def test_another_domain_names_its_own_steps() -> None:
    steps = Steps(
        names={"facts": "facts", "web": "web", "done": "converged", "undo": "put back"},
        last="done",
        undone="undo",
    )
    paper = Paper()
    screen = StepScreen(paper, steps)
    screen.expect([("srv-1",), ("srv-2",)])
    take(screen, "srv-1", "facts", "web: 3 tasks", "done")
    take(screen, "srv-2", "facts", "web", "undo")
    assert paper.lines == [
        "  srv-1  facts ✓  web 3 tasks ✓  converged   0.1 s",
        "  batch 2",
        "  srv-2  facts ✓  web ✓  put back",
    ]


def test_a_plan_of_another_domain_is_drawn_in_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    guests = Wording(
        target="guest", unchanged="are as the stack says", order="one by one", command="baubau dc plan"
    )
    plan = Plan.of(
        [
            Change("web-1", "memory 2 → 4 GiB", Effect.restarts, "restart", "-2048\n+4096\n"),
            Change("web-2", "another disk", Effect.replaces, "replacement", ""),
        ]
    )
    draw_plan(Output(), plan, guests, targets=9, failed={"db-1": "no answer"}, diffs=False)
    assert capsys.readouterr().out.splitlines() == [
        "What this changes                    effect",
        "web-1              memory 2 → 4 GiB  restart",
        "web-2              another disk      replacement",
        "db-1: no answer",
        f"2 to change, 6 are as the stack says. Plan {plan.hash[:6]}",
        "The lines themselves: baubau dc plan web-1, or give --diff.",
    ]
    assert heading(plan, [("web-1",), ("web-2",)], guests).endswith("  2 guests, replacement, one by one")


def planned(*devices: str) -> NetworkPlan:
    plans = {
        name: DevicePlan(name, "", "+ip route 10.0.0.0/8 blackhole\n", Effect.hitless, ()) for name in devices
    }
    return NetworkPlan(plans, {}, {})


def test_the_heading_says_what_goes_together_and_the_worst_effect() -> None:
    made = planned("pop-murhum", "ce-bappeda", "core-1")
    text = heading(made.as_plan(), [("core-1",), ("pop-murhum", "ce-bappeda")], WORDING)
    assert text == (
        f"Plan {made.as_plan().hash[:6]}  3 routers, together pop-murhum – ce-bappeda, hitless, core outward"
    )
    assert heading(planned("core-1").as_plan(), [("core-1",)], WORDING).endswith("  1 router, hitless")


def test_a_summary_names_the_command_for_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    draw_network_plan(Output(), planned("core-1", "core-2", "dc-1", "dc-2"), 14, diffs=False)
    shown = capsys.readouterr().out
    assert "blackhole" not in shown
    assert "4 to change, 10 up to date." in shown
    assert shown.endswith("The lines themselves: baubau net plan core-1, or give --diff.\n")
    draw_network_plan(Output(), planned("core-1"), 14, diffs=True)
    assert "+ip route 10.0.0.0/8 blackhole" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["net", "apply", "--env", "lab:nobody"],
        ["link", "remove", "nowhere", "--apply", "--env", "lab:nobody"],
    ],
)
def test_what_asks_refuses_before_anything_is_read(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run(arguments) == 2
    assert capsys.readouterr().err.splitlines()[1:] == ["       To say yes, give --yes."]
