"""Marks for the consequences of each part's loss, on the map and in the tree: letter, pattern and colour."""

from __future__ import annotations

from collections.abc import Mapping

from baubau_ops.inventory.resilience.impacts import Resilience, Severity
from baubau_ops.inventory.views.map.svg import Mark

_DOTS = '<circle cx="2" cy="2" r="1" fill="{0}"/><circle cx="6" cy="6" r="1" fill="{0}"/>'
_STRIPES = '<path d="M0 8L8 0" stroke="{0}" stroke-width="1.2"/>'
_CROSSES = '<path d="M0 8L8 0M0 0L8 8" stroke="{0}" stroke-width="1.4"/>'
_FULL = '<rect width="8" height="8" fill="{0}"/>'

SEVERITY_MARKS: Mapping[Severity, Mark] = {
    severity: Mark(letter, meaning, colour, pattern.format(colour), dashes)
    for severity, letter, meaning, colour, pattern, dashes in (
        (Severity.EXPOSED, "1", "its loss leaves a POP or site one path only", "#5b7f95", _DOTS, "10 2"),
        (Severity.DEGRADED, "O", "its loss takes a link over its capacity", "#a07800", _STRIPES, "6 3"),
        (Severity.CUT, "C", "its loss cuts off a site", "#c2571a", _CROSSES, "2 3"),
        (Severity.SERVICE, "S", "its loss takes a service away from every site", "#a3122b", _FULL, "none"),
    )
}
"""By severity; a loss without effect has no mark."""


def resilience_marks(found: Resilience) -> dict[str, Mark]:
    """Return the marks by name, for each device, link and shared risk of the backbone whose loss has an effect."""
    return {
        impact.loss.id: SEVERITY_MARKS[impact.severity]
        for impact in found.backbone
        if impact.severity is not Severity.NONE
    }
