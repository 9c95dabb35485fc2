"""`baubau doctor`: the machine's features, the missing ones with their cost and remedy."""

from __future__ import annotations

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, single
from baubau_ops.cli.output import Cell
from baubau_ops.lab.host import machine
from baubau_ops.lab.host.machine import Finding, State

app = single()

_STYLES = {State.present: "green", State.missing: "red", State.unknown: "yellow"}


@command(app, example="baubau doctor")
def doctor(context: Context) -> int:
    """Check what this machine offers and what is missing.

    Every feature is tried. Each missing one is listed with what does not work without it and the command that
    fixes it. Exit code 0 if the twin can run here, else 2.
    """
    findings = machine.look()
    lacking = machine.lacking(findings)
    context.output.show(
        {"ready": not lacking, "findings": findings},
        lambda: _draw(context, findings, lacking),
    )
    return 2 if lacking else 0


def _draw(context: Context, findings: tuple[Finding, ...], lacking: tuple[Finding, ...]) -> None:
    out = context.output
    out.table(("feature", "", "found"), [_row(finding) for finding in findings])
    absent = [finding for finding in findings if finding.state is not State.present]
    if absent:
        out.line()
        out.table(("missing", "cost", "remedy"), [(each.name, each.cost, each.remedy) for each in absent])
    out.line()
    if lacking:
        names = ", ".join(finding.name for finding in lacking)
        out.line(f"The twin lacks: {names}. Everything else runs without it.", "bold red")
    else:
        out.line("Everything the twin needs is present.", "bold green")


def _row(finding: Finding) -> tuple[Cell, ...]:
    style = _STYLES[finding.state]
    if finding.state is State.missing and not finding.needed:
        style = "yellow"
    return (finding.name, (finding.state.value, style), finding.detail)
