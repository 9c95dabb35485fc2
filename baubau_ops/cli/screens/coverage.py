"""The coverage of the city for people: one table for each target, and the cheapest next sites."""

from __future__ import annotations

from collections.abc import Sequence

from baubau_ops.cli.output import Cell, Output
from baubau_ops.inventory.views.coverage import Coverage, Group, Progress, Step

_COUNTS = ("total", "built", "planned", "missing")


def draw_coverage(output: Output, found: Coverage) -> None:
    """Print every target, then the kinds of site that no target names."""
    for progress in found.targets:
        _draw_target(output, progress)
        output.line()
    aimed_at = {kind.name for progress in found.targets for kind in progress.kinds}
    others = [kind for kind in found.kinds if kind.name not in aimed_at]
    if others:
        output.line("Other kinds of site" if found.targets else "Kinds of site", "bold")
        output.table(["kind", *_COUNTS], [[kind.name, *_counted(kind)] for kind in others], right=_COUNTS)
        output.line()
    if any(kind.assumed for kind in found.kinds):
        output.line("* This total is assumed: a survey has still to confirm it.")


def _draw_target(output: Output, progress: Progress) -> None:
    whole, medium = progress.whole, progress.media[0]
    kinds = ", ".join(kind.name for kind in progress.kinds)
    years = f"{progress.first}–{progress.last}"
    output.line(
        f"Phase {progress.phase} ({years}): at least {progress.target:g} % of {kinds} on {medium}", "bold"
    )
    reached = f"{whole.reached} of {whole.total} sites ({whole.share} %) are on {medium}"
    output.line(f"{reached}; with what is planned {whole.promised} ({whole.promised_share} %).")
    output.line(_verdict(progress))
    if progress.unconfirmed:
        some = "All" if progress.unconfirmed == whole.reached else f"{progress.unconfirmed}"
        output.line(f"{some} of these {whole.reached} links are assumed: a survey has still to confirm them.")
    output.line()
    columns = [*_COUNTS, medium, "%", "with planned", "% then"]
    rows = [_row(kind) for kind in progress.kinds]
    output.table(["kind", *columns], [*rows, _row(whole)], right=columns)
    output.line()
    listed = [_row(group) for group in progress.kecamatan]
    missing = str(progress.unlisted)
    rest: list[Cell] = ["(in no file)", missing, "0", "0", missing, "0", "", "0", ""]
    output.table(["kecamatan", *columns], [*listed, rest], right=columns)
    _draw_steps(output, progress)


def _verdict(progress: Progress) -> str:
    needed, whole = progress.needed, progress.whole
    if whole.reached >= needed:
        return f"The target ({needed} sites) is reached."
    lacking = f"The target needs {needed}: {needed - whole.reached} more"
    unplanned = needed - whole.promised
    return f"{lacking}, {unplanned} of them not planned yet." if unplanned > 0 else f"{lacking}, all planned."


def _draw_steps(output: Output, progress: Progress) -> None:
    steps = progress.next
    if steps:
        output.line()
        count = "site" if len(steps) == 1 else f"{len(steps)} sites"
        output.line(f"The cheapest next {count}", "bold")
        columns = ["km", "Rp", "Rp, sum", "% then"]
        output.table(["site", "kecamatan", "now", *columns], [_step(step) for step in steps], right=columns)
        gain = f"{progress.whole.share} % → {steps[-1].share} %"
        basis = ", by assumed costs" if progress.assumed else ""
        output.line(f"Together: Rp {steps[-1].sum:,}{basis}; {gain}.")
        if any(step.is_usual_km for step in steps):
            output.line("~ The usual length for this kind: the site's file says none.")
    if progress.unpriced:
        output.line(f"{progress.unpriced} sites have no known cost (city.yml: cost, km) and are not ranked.")


def _row(group: Group) -> list[Cell]:
    shares = [str(group.reached), f"{group.share:.1f}", str(group.promised), f"{group.promised_share:.1f}"]
    return [group.name, *_counted(group), *shares]


def _counted(group: Group) -> Sequence[str]:
    total = f"{group.total}{'*' if group.assumed else ''}"
    return [total, str(group.built), str(group.planned), str(group.missing)]


def _step(step: Step) -> list[Cell]:
    km = "" if step.km is None else f"{'~' if step.is_usual_km else ''}{step.km:g}"
    return [step.site, step.kecamatan, step.now, km, f"{step.cost:,}", f"{step.sum:,}", f"{step.share:.1f}"]
