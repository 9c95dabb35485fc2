"""The screen for the coverage of rendered lines by checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output

if TYPE_CHECKING:
    from baubau_ops.network.coverage.result import Coverage

_WIDEST = 60
"""Largest number of characters of an example that a table shows."""

_TITLES = {
    "parser": "parsers, offline",
    "router": "the router refuses it",
    "verify": "comparison with the intent",
    "probe": "packets",
    "rule": "only a rule of the linter",
    "plan": "only the comparison of configurations",
    "nothing": "nothing",
}


def show_coverage(output: Output, result: Coverage) -> None:
    """Show how many classes each check noticed, and the classes that no check noticed."""
    document = {
        "share": round(result.share, 4),
        "proven": round(result.proven, 4),
        "noticed_by": result.by_notice,
        "untested": result.untested,
        "harmless": result.harmless,
        "not_tried": result.missing,
        "tested": result.tested,
    }
    output.show(document, lambda: _draw(output, result))


def _draw(output: Output, result: Coverage) -> None:
    output.table(
        ["noticed by", "classes"],
        [[_TITLES[name], str(count)] for name, count in result.by_notice.items()],
        right=["classes"],
    )
    if result.untested:
        output.line()
        output.table(
            ["untested", "router", "line"],
            [[one.line_class, one.device, one.example[:_WIDEST]] for one in result.untested],
        )
    output.line()
    noticed = len(result.tested) - len(result.untested)
    output.line(
        f"{noticed} of {len(result.tested)} classes noticed ({result.share:.1%};"
        f" without the linter's rules {result.proven:.1%});"
        f" {len(result.missing)} not tried, {len(result.harmless)} harmless and not counted."
    )
