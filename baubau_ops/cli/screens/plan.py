"""The screens for a plan and its outcomes, shared by all domains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from baubau_ops.cli.output import Cell, Output
from baubau_ops.core.plan import Change, Effect, Outcome, Plan, Status, exit_code

_EFFECT_STYLE = {
    Effect.hitless: "green",
    Effect.installs: "green",
    Effect.restarts: "yellow",
    Effect.interrupts: "bold red",
    Effect.replaces: "bold red",
    Effect.destroys: "bold red",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words that a domain uses on screens."""

    target: str
    """Kind of object that is changed: "router"."""
    unchanged: str
    """Label of targets that need no change: "up to date"."""
    order: str
    """Order in which several targets are changed: "core outward"."""
    command: str
    """Command that shows the diff of a target whose name follows: "baubau net plan"."""


def plan_document(plan: Plan) -> dict[str, object]:
    """Return a plan for a JSON document."""
    return {"hash": plan.hash, "changes": change_documents(plan.changes)}


def change_documents(changes: Iterable[Change]) -> list[dict[str, object]]:
    """Return changes for a JSON document."""
    return [asdict(change) for change in changes]


def outcome_documents(outcomes: Iterable[Outcome]) -> list[dict[str, object]]:
    """Return outcomes for a JSON document."""
    return [asdict(outcome) for outcome in outcomes]


def draw_plan(
    output: Output, plan: Plan, wording: Wording, *, targets: int, failed: Mapping[str, str], diffs: bool
) -> None:
    """Draw a plan for people; without `diffs`, draw only the table and say how to see the lines.

    `targets` is the number of targets compared; `failed` names those that could not be read, with the reason.
    """
    if diffs:
        for change in plan.changes:
            output.line(change.target, "bold")
            for line in change.diff.splitlines():
                output.line(f"  {line}", {"+": "green", "-": "red"}.get(line[:1], ""))
            output.line()
    if plan.changes:
        draw_changes(output, plan.changes)
    for name, reason in sorted(failed.items()):
        output.line(f"{name}: {reason}", "red")
    count = len(plan.changes)
    rest = targets - count - len(failed)
    output.line(f"{count} to change, {rest} {wording.unchanged}. Plan {plan.hash[:6]}")
    if plan.changes and not diffs:
        output.line(f"The lines themselves: {wording.command} {plan.changes[0].target}, or give --diff.")


def draw_changes(output: Output, changes: Iterable[Change], *more: Sequence[Cell]) -> None:
    """Draw the table of changes and how disruptive they are, with the rows of `more` below."""
    rows: list[Sequence[Cell]] = [
        [change.target, change.what, (change.word, _EFFECT_STYLE.get(change.effect, ""))]
        for change in changes
    ]
    output.table(["What this changes", "", "effect"], [*rows, *more])


def heading(plan: Plan, groups: Sequence[Sequence[str]], wording: Wording) -> str:
    """Return one line with the number of changes, the groups of targets, and the most disruptive effect."""
    count = len(plan.changes)
    parts = [f"{count} {wording.target}{'s' if count != 1 else ''}"]
    together = [group for group in groups if len(group) > 1]
    parts += [f"together {' – '.join(group)}" for group in together[:1]]
    parts += [f"and {len(together) - 1} more groups"] if len(together) > 1 else []
    worst = max(plan.changes, key=lambda change: list(Effect).index(change.effect))
    parts += [worst.word, wording.order] if count > 1 else [worst.word]
    return f"Plan {plan.hash[:6]}  {', '.join(parts)}"


def draw_outcomes(
    output: Output, outcomes: Sequence[Outcome], untold: Iterable[Outcome], *, journal: str = ""
) -> None:
    """Draw the outcomes that the step screen has not shown yet (`untold`), then the number of each kind.

    `journal` is the number of the operation in the journal.
    """
    for outcome in untold:
        output.line(f"{outcome.target}: {outcome.status.value.replace('_', ' ')}", "red")
        output.line(f"    {outcome.reason}")
    count = {status: sum(outcome.status is status for outcome in outcomes) for status in Status}
    parts = [f"{number} {status.value.replace('_', ' ')}" for status, number in count.items() if number]
    code = exit_code(outcomes)
    end = f"{f' · journal {journal}' if journal else ''}{f' · exit {code}' if code else ''}"
    output.line(f"{', '.join(parts)}{end}")
