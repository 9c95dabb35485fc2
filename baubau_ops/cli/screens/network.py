"""How plans, applies and verdicts of the network look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Cell, Output
from baubau_ops.core.plan import Effect, Outcome, Status, exit_code

if TYPE_CHECKING:
    from baubau_ops.cli.terminal.apply import ApplyScreen
    from baubau_ops.drills.trials import Trial
    from baubau_ops.inventory.city.topology import Topology
    from baubau_ops.network.change.apply import Report
    from baubau_ops.network.change.plan import NetworkPlan
    from baubau_ops.network.compare.verdict import Finding
    from baubau_ops.network.verify.network import NetworkVerdict

EFFECT_STYLE = {
    Effect.hitless: "green",
    Effect.installs: "green",
    Effect.restarts: "yellow",
    Effect.interrupts: "bold red",
    Effect.replaces: "bold red",
    Effect.destroys: "bold red",
}


def show_plan(output: Output, made: NetworkPlan, devices: int) -> None:
    """Show each device's diff, then a table of what changes and how disruptive it is."""
    document = {
        "hash": made.as_plan().hash,
        "devices": devices,
        "changes": made.as_plan().changes,
        "waiting": sorted(made.waiting),
        "failed": {name: str(error) for name, error in made.failed.items()},
    }
    output.show(document, lambda: draw_plan(output, made, devices, diffs=True))


def draw_plan(output: Output, made: NetworkPlan, devices: int, *, diffs: bool) -> None:
    """Draw a plan for people; without `diffs` the table alone, and how to see the lines."""
    if diffs:
        for change in made.changes:
            output.line(change.device, "bold")
            for line in change.diff.splitlines():
                output.line(f"  {line}", {"+": "green", "-": "red"}.get(line[:1], ""))
            output.line()
    if made.changes:
        rows: list[list[Cell]] = [
            [change.target, change.what, (change.word, EFFECT_STYLE.get(change.effect, ""))]
            for change in made.as_plan().changes
        ]
        output.table(["What this changes", "", "effect"], rows)
    for name, error in sorted(made.failed.items()):
        output.line(f"{name}: {error}", "red")
    rest = devices - len(made.changes) - len(made.failed)
    output.line(
        f"{len(made.changes)} to change, {rest} run their intended text. Plan {made.as_plan().hash[:6]}"
    )
    if made.changes and not diffs:
        output.line(f"The lines themselves: baubau net plan {made.changes[0].device}, or give --diff.")


def expect_changes(screen: ApplyScreen, made: NetworkPlan, topology: Topology) -> None:
    """Tell the screen of an apply what will change, in one line of heading and by groups."""
    from baubau_ops.network.change.plan import groups

    found = groups(topology, made)
    if found:
        screen.expect(found, heading(made, found))


def heading(made: NetworkPlan, found: Sequence[Sequence[str]]) -> str:
    """Say in a line how much is changed, what of it together, and how disruptive the worst of it is."""
    count = len(made.changes)
    parts = [f"{count} router{'s' if count != 1 else ''}"]
    together = [group for group in found if len(group) > 1]
    parts += [f"together {' – '.join(group)}" for group in together[:1]]
    parts += [f"and {len(together) - 1} more groups"] if len(together) > 1 else []
    worst = max(made.as_plan().changes, key=lambda change: list(Effect).index(change.effect))
    parts += [worst.word, "core outward"] if count > 1 else [worst.word]
    return f"Plan {made.as_plan().hash[:6]}  {', '.join(parts)}"


def show_apply(output: Output, report: Report, untold: Sequence[Outcome]) -> None:
    """Show the outcomes that the screen of the apply left `untold`, then how many there are of each kind."""
    document = {"journal": report.name, "outcomes": [asdict(outcome) for outcome in report.outcomes]}

    def draw() -> None:
        for outcome in untold:
            output.line(f"{outcome.target}: {outcome.status.value.replace('_', ' ')}", "red")
            output.line(f"    {outcome.reason}")
        count = {status: sum(outcome.status is status for outcome in report.outcomes) for status in Status}
        parts = [f"{number} {status.value.replace('_', ' ')}" for status, number in count.items() if number]
        journal = f" · journal {report.name}" if report.name else ""
        code = exit_code(report.outcomes)
        output.line(f"{', '.join(parts)}{journal}{f' · exit {code}' if code else ''}")

    output.show(document, draw)


def show_verdict(
    output: Output,
    result: NetworkVerdict,
    trials: Sequence[Trial] = (),
    *,
    untried: int = 0,
    every: bool = False,
) -> None:
    """Show what is wrong, causes first and what is alike joined, then how much was looked at; so for each loss tried.

    What may only follow from a cause is counted, and shown with `every`.
    """
    document = {
        "checks": result.checks,
        "findings": [asdict(finding) for finding in result.findings],
        "probes": result.probes,
        "failures": [_trial(trial) for trial in trials],
    }

    def draw() -> None:
        _draw_findings(output, result.findings, every=every)
        output.line(result.summary)
        if result.report is not None:
            tried = f"{result.report.meetings} of {result.report.all_meetings} pairs of machines"
            output.line(f"Tried between {tried}: each with every zone, here and elsewhere.", "dim")
        for trial in trials:
            if not trial.fine:
                output.line(f"Without {trial.loss.id}:", "bold")
                _draw_findings(output, trial.findings, every=every)
        if untried:
            output.line(
                f"Nothing was broken ({untried} asked for): first what is wrong already must be right."
            )
        if trials:
            sites = sum(trial.sites for trial in trials)
            agree = sites - sum(len(trial.disagreeing) for trial in trials)
            fine = sum(trial.fine for trial in trials)
            output.line(
                f"{fine} of {len(trials)} losses as `inventory resilience` says; "
                f"site by site {agree} of {sites} agree"
            )

    output.show(document, draw)


def _draw_findings(output: Output, findings: Sequence[Finding], *, every: bool) -> None:
    from baubau_ops.network.compare.summary import brief

    told = brief(findings)
    for finding in (*told.findings, *(told.consequences if every else ())):
        output.line(f"{finding.device}  {finding.check}  {finding.subject}".rstrip(), "red")
        output.line(f"    {finding}")
    if told.consequences and not every:
        output.line(f"{told.summary} All of them: -v", "dim")


def _trial(trial: Trial) -> dict[str, object]:
    return {
        "loss": trial.loss.id,
        "kind": trial.loss.kind,
        "silent": trial.silent,
        "foretold": [asdict(cut) for cut in trial.impact.cuts],
        "sites": trial.sites,
        "disagreeing": sorted(trial.disagreeing),
        "settled": trial.settled,
        "checks": trial.routing.checks,
        "open": trial.report.open,
        "silenced": trial.silenced,
        "closed": trial.report.closed,
        "provable": trial.provable,
        "findings": [asdict(finding) for finding in trial.findings],
    }
