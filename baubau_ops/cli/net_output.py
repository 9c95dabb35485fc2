"""How plans, applies and verdicts of the network look."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Cell, Output
from baubau_ops.core.plan import Effect, Status

if TYPE_CHECKING:
    from baubau_ops.network.apply import Report
    from baubau_ops.network.plan import NetworkPlan
    from baubau_ops.network.verification import NetworkVerdict

EFFECT_STYLE = {
    Effect.hitless: "green",
    Effect.install: "green",
    Effect.session_flap: "yellow",
    Effect.link_down: "bold red",
}
_STATUS_STYLE = {Status.changed: "green", Status.unchanged: "dim"}


def show_plan(output: Output, made: NetworkPlan, devices: int, *, diffs: bool = True) -> None:
    """Show each device's diff, then a table of what changes and how disruptive it is."""
    document = {
        "hash": made.as_plan().hash,
        "devices": devices,
        "changes": made.as_plan().changes,
        "waiting": sorted(made.waiting),
        "failed": {name: str(error) for name, error in made.failed.items()},
    }
    output.show(document, lambda: _draw_plan(output, made, devices, diffs))


def _draw_plan(output: Output, made: NetworkPlan, devices: int, diffs: bool) -> None:
    if diffs:
        for change in made.changes:
            output.line(change.device, "bold")
            for line in change.diff.splitlines():
                output.line(f"  {line}", {"+": "green", "-": "red"}.get(line[:1], ""))
            output.line()
    if made.changes:
        rows: list[list[Cell]] = [
            [change.device, change.change.what, (change.effect.value, EFFECT_STYLE.get(change.effect, ""))]
            for change in made.changes
        ]
        output.table(["What this changes", "", "effect"], rows)
    for name, error in sorted(made.failed.items()):
        output.line(f"{name}: {error}", "red")
    rest = devices - len(made.changes) - len(made.failed)
    output.line(
        f"{len(made.changes)} to change, {rest} run their intended text. Plan {made.as_plan().hash[:6]}"
    )


def show_apply(output: Output, report: Report) -> None:
    """Show what became of every device that did not simply stay as it was."""
    document = {"journal": report.name, "outcomes": [asdict(outcome) for outcome in report.outcomes]}

    def draw() -> None:
        count = {status: sum(outcome.status is status for outcome in report.outcomes) for status in Status}
        for outcome in report.outcomes:
            if outcome.status not in (Status.unchanged, Status.changed):
                style = _STATUS_STYLE.get(outcome.status, "red")
                output.line(f"{outcome.target}: {outcome.status.value.replace('_', ' ')}", style)
                output.line(f"    {outcome.reason}")
        parts = [f"{number} {status.value.replace('_', ' ')}" for status, number in count.items() if number]
        journal = f" · journal {report.name}" if report.name else ""
        output.line(f"{', '.join(parts)}{journal}")

    output.show(document, draw)


def show_verdict(output: Output, result: NetworkVerdict) -> None:
    """Show what is wrong, causes first and what is alike joined, then how much was looked at."""
    from baubau_ops.network.brief import brief

    document = {
        "checks": result.checks,
        "findings": [asdict(finding) for finding in result.findings],
        "probes": result.probes,
    }

    def draw() -> None:
        for finding in brief(result.findings):
            output.line(f"{finding.device}  {finding.check}  {finding.subject}", "red")
            output.line(f"    {finding}")
        output.line(result.summary)

    output.show(document, draw)
