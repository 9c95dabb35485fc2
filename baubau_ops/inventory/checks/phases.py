"""Checks that the plan's phases name existing kinds and media, and that no kind has more sites than its total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.phases import Phase
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.site import Site

_FILE = "city.yml"


def phases(city: City) -> Iterator[Finding]:
    """Check that years are in order and that each phase occurs once."""
    seen: dict[str, Phase] = {}
    for index, phase in enumerate(city.phases):
        path = ("phases", index)
        if phase.first > phase.last:
            message = f"the first year {phase.first} is after the last {phase.last}. Exchange them."
            yield Finding(_FILE, (*path, "first"), message)
        if phase.name in seen:
            yield Finding(_FILE, (*path, "name"), f'there is a phase "{phase.name}" already. Rename one.')
        before = city.phases[index - 1] if index else None
        if before is not None and phase.first <= before.last:
            message = f"phase {phase.name} begins before phase {before.name} ends ({before.last})."
            yield Finding(_FILE, (*path, "first"), f"{message} Let one follow the other.")
        seen.setdefault(phase.name, phase)
        for number, target in enumerate(phase.coverage):
            for at, kind in enumerate(target.kinds):
                if kind in target.kinds[:at]:
                    where = (*path, "coverage", number, "kinds", at)
                    yield Finding(_FILE, where, f'"{kind}" is listed twice. Remove one.')


def totals(city: City, sites: Iterable[Site]) -> Iterator[Finding]:
    """Check that the total of each kind is at least the number of its sites that have a file."""
    listed = Counter(site.kind for site in sites)
    for name, kind in city.kinds.items():
        if listed[name] > kind.total:
            message = (
                f'{kind.total} is below the {listed[name]} sites of kind "{name}" in sites/.'
                " Raise the total, or give the others another kind."
            )
            yield Finding(_FILE, ("kinds", name, "total"), message)
