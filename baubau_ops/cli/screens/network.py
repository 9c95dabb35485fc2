"""The screens of the network domain: plans, applies and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output
from baubau_ops.cli.screens.plan import (
    Wording,
    draw_outcomes,
    draw_plan,
    heading,
    outcome_documents,
    plan_document,
)
from baubau_ops.cli.terminal.steps import Steps, StepScreen

if TYPE_CHECKING:
    from baubau_ops.drills.trials import Trial
    from baubau_ops.inventory.city.topology import Topology
    from baubau_ops.network.change.apply import Report
    from baubau_ops.network.change.plan import NetworkPlan
    from baubau_ops.network.compare.verdict import Finding
    from baubau_ops.network.verify.network import NetworkVerdict

WORDING = Wording(target="router", unchanged="up to date", order="core outward", command="baubau net plan")
STEPS = Steps(
    names={
        "applied": "applied",
        "checked": "checks",
        "confirmed": "confirmed",
        "rolled back": "rolled back",
    },
    last="confirmed",
    undone="rolled back",
)


def show_plan(output: Output, made: NetworkPlan, devices: int) -> None:
    """Show each router's diff, then a table of the changes and how disruptive they are."""
    document = plan_document(made.as_plan()) | {
        "devices": devices,
        "waiting": sorted(made.waiting),
        "failed": _failed(made),
    }
    output.show(document, lambda: draw_network_plan(output, made, devices, diffs=True))


def draw_network_plan(output: Output, made: NetworkPlan, devices: int, *, diffs: bool) -> None:
    """Draw a plan of `devices` routers for people, with or without the changed lines."""
    draw_plan(output, made.as_plan(), WORDING, targets=devices, failed=_failed(made), diffs=diffs)


def _failed(made: NetworkPlan) -> dict[str, str]:
    return {name: str(error) for name, error in made.failed.items()}


def expect_changes(screen: StepScreen, made: NetworkPlan, topology: Topology) -> None:
    """Tell the screen of an apply what will change, as a heading and by groups."""
    from baubau_ops.network.change.groups import groups

    found = groups(topology, made)
    if found:
        screen.expect(found, heading(made.as_plan(), found, WORDING))


def draw_report(output: Output, report: Report, screen: StepScreen) -> None:
    """Draw the result of an apply, except for what its screen has already shown."""
    draw_outcomes(output, report.outcomes, screen.untold(report.outcomes), journal=report.name)


def show_report(output: Output, report: Report, screen: StepScreen) -> None:
    """Show the result of an apply."""
    document = {"journal": report.name, "outcomes": outcome_documents(report.outcomes)}
    output.show(document, lambda: draw_report(output, report, screen))


def show_verdict(
    output: Output,
    result: NetworkVerdict,
    trials: Sequence[Trial] = (),
    *,
    untried: int = 0,
    every: bool = False,
) -> None:
    """Show findings, causes first and similar ones merged, then the number of checks; repeat this for each tried loss.

    Probable consequences of a cause are only counted, unless `every` is set.
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
                f"{fine} of {len(trials)} losses as `inventory resilience` predicts; "
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
        "predicted": [asdict(cut) for cut in trial.impact.cuts],
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
