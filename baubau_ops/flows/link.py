"""Links as a service: plan, write and apply the changes that connect, disconnect or re-rate a site."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from baubau_ops.core.events import OnEvent, ignore
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Change, Effect, exit_code
from baubau_ops.inventory.checks.admission import Room, tightest
from baubau_ops.inventory.edit.rates import NewRates, RateEdit, change_rates, plan_rates
from baubau_ops.inventory.edit.site import Edit, NewSite, add_site, plan_addition, plan_removal, remove_site
from baubau_ops.inventory.load import load
from baubau_ops.network.change.forecast import effect_of, summary
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.effect_words import WORDS
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.registry import AS_INTENDED, StandIns, platform_of

if TYPE_CHECKING:
    from baubau_ops.inventory.environment import Environment
    from baubau_ops.network.change.apply import Approve, Report

_WHOLE = 1_000_000
"""Lines of context in a diff: the forecast must see the block that contains a line."""

AnEdit = TypeVar("AnEdit", bound=Edit)


@dataclass(frozen=True, slots=True)
class LinkPlan(Generic[AnEdit]):
    """An edit of a site, and its changes on the routers."""

    edit: AnEdit
    changes: tuple[Change, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the changed routers that still exist afterwards."""
        ours = {node.name for node in self.edit.after.topology.ours}
        return tuple(change.target for change in self.changes if change.target in ours)

    @property
    def untouched(self) -> int:
        """Number of the city's routers that do not change."""
        return len(self.edit.after.topology.ours) - len(self.devices)

    @property
    def room(self) -> Room | None:
        """Headroom afterwards on the tightest link that may carry the site's traffic; None for a removed site."""
        site = self.edit.site
        return tightest(self.edit.after, site) if site in self.edit.after.sites else None


@dataclass(frozen=True, slots=True)
class LinkChange(Generic[AnEdit]):
    """One change of a site's link: it can be planned repeatedly, is written once, and is then applied."""

    action: Literal["add", "remove", "rate"]
    folder: Path
    """Folder of the city."""
    work_out: Callable[[], AnEdit]
    """Function that returns the edit and writes nothing; InputError when the edit is impossible."""
    save: Callable[[], AnEdit]
    """Function that computes the edit again and writes it."""
    stand_ins: StandIns
    """Which platform stands in for which in the target environment."""

    def plan(self) -> LinkPlan[AnEdit]:
        """Compute the edit and its changes on the routers. InputError when the edit is impossible."""
        edit = self.work_out()
        return LinkPlan(edit, changes(edit, self.stand_ins))

    def write(self, planned: LinkPlan[AnEdit], journal: Journal) -> LinkPlan[AnEdit]:
        """Write what was planned and record it; return what was written.

        It differs from the plan if somebody else has edited the inventory meanwhile. Nothing is written if it
        cannot be recorded.
        """
        journal.require()
        edit = self.save()
        is_same = (edit.text, edit.lock_text) == (planned.edit.text, planned.edit.lock_text)
        written = LinkPlan(edit, planned.changes if is_same else changes(edit, self.stand_ins))
        devices = sorted(change.target for change in written.changes)
        journal.append("link", action=self.action, site=edit.site, file=edit.file, devices=devices)
        return written

    def apply(
        self,
        written: LinkPlan[AnEdit],
        open_environment: Callable[[], Environment],
        approve: Approve,
        *,
        twin: str | None,
        on_event: OnEvent = ignore,
    ) -> Report:
        """Apply the written change to the routers that it affects.

        A twin follows the inventory: before the apply when it gains a router, afterwards when it loses one. The
        environment is opened once the twin has gained its router. `twin` is None for real machines.
        """
        # The modules that only an apply needs take longer to import than a plan takes to compute.
        from baubau_ops.flows import twin as twins
        from baubau_ops.network.change.apply import Application

        if twin is not None and self.action == "add":
            twins.up(twin, self.folder, on_event=on_event)
        city = load(self.folder)  # not the edit's inventory, in which the new numbers are only proposed
        application = Application(city, open_environment(), on_event=on_event)
        report = application.run(approve, devices=written.devices)
        # The router's machine is removed last: until then the POP's configuration names its port.
        if twin is not None and self.action == "remove" and not exit_code(report.outcomes):
            twins.up(twin, self.folder, on_event=on_event)
        return report


def addition(folder: Path, new: NewSite, stand_ins: StandIns = AS_INTENDED) -> LinkChange[Edit]:
    """Connect a new site of the city in `folder`."""
    work_out, save = partial(plan_addition, folder, new), partial(add_site, folder, new)
    return LinkChange("add", folder, work_out, save, stand_ins)


def removal(folder: Path, site: str, stand_ins: StandIns = AS_INTENDED) -> LinkChange[Edit]:
    """Disconnect a site and remove it."""
    work_out, save = partial(plan_removal, folder, site), partial(remove_site, folder, site)
    return LinkChange("remove", folder, work_out, save, stand_ins)


def rating(folder: Path, new: NewRates, stand_ins: StandIns = AS_INTENDED) -> LinkChange[RateEdit]:
    """Change the rates of a site's link."""
    work_out, save = partial(plan_rates, folder, new), partial(change_rates, folder, new)
    return LinkChange("rate", folder, work_out, save, stand_ins)


def changes(edit: Edit, stand_ins: StandIns = AS_INTENDED) -> tuple[Change, ...]:
    """Compare the configurations before and after an edit; return the devices that differ, sorted by name.

    A new router is shown as to be installed; a removed one with its whole configuration removed. Only routers with
    different models are rendered: two or three of thousands.
    """
    before, after = derive(edit.before), derive(edit.after)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    found = (_change(before.get(name), after.get(name), stand_ins) for name in names)
    return tuple(change for change in found if change is not None)


def _change(before: Router | None, after: Router | None, stand_ins: StandIns) -> Change | None:
    """Return the change of a router; None if its configuration stays the same."""
    if before is None:
        assert after is not None, "it is there before or after"
        text = platform_of(after, stand_ins).render(after)
        return _made(after.name, "new router", Effect.installs, _diff(after.name, "", text))
    old = platform_of(before, stand_ins).render(before)
    if after is None:
        diff = _diff(before.name, old, "")
        return _made(before.name, "router to be dismantled", Effect.destroys, diff)
    platform = platform_of(after, stand_ins)
    new = platform.render(after)
    if old == new:
        return None
    lines = platform.read_diff(_diff(after.name, old, new, context=_WHOLE))
    return _made(after.name, summary(lines), effect_of(lines), _diff(after.name, old, new))


def _made(device: str, what: str, effect: Effect, diff: str) -> Change:
    return Change(device, what, effect, WORDS[effect], diff)


def _diff(device: str, before: str, after: str, context: int = 2) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{device} now", f"{device} then", n=context, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)
