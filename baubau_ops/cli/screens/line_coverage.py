"""How the coverage of rendered lines by checks looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output

if TYPE_CHECKING:
    from baubau_ops.network.coverage.measure import Coverage

_WIDEST = 60
"""Characters of an example that a table shows."""

_TITLES = {
    "lint": "linters, before any router is touched",
    "router": "router refuses the text",
    "verify": "comparison with the intent",
    "probe": "packets",
    "plan": "nothing but the comparison of texts",
    "nothing": "nothing at all",
}


def show_coverage(output: Output, result: Coverage) -> None:
    """Show who noticed how many classes, and those that no check noticed."""
    document = {
        "share": round(result.share, 4),
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
    counted = f"{noticed} of {len(result.tested)} classes noticed ({result.share:.1%})"
    output.line(
        f"{counted}; {len(result.missing)} not tried, {len(result.harmless)} harmless and not counted."
    )
