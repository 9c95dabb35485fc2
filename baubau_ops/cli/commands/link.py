"""`baubau link`: the connections of agencies, clinics, schools and parks, as a service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from baubau_ops.cli.commands.inventory import Wide, draw_descriptions, draw_list
from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.screens.network import STEPS, draw_report, expect_changes
from baubau_ops.cli.screens.plan import change_documents, draw_changes, outcome_documents
from baubau_ops.core.errors import InputError
from baubau_ops.core.plan import exit_code

if TYPE_CHECKING:
    from baubau_ops.core.journal import Journal
    from baubau_ops.core.plan import Change
    from baubau_ops.inventory.city.inventory import Inventory
    from baubau_ops.inventory.edit.rates import RateEdit
    from baubau_ops.inventory.edit.site import Edit
    from baubau_ops.network.change.plan import NetworkPlan

Changes: TypeAlias = "tuple[Change, ...]"
AnEdit = TypeVar("AnEdit", bound="Edit")

app = group("OPD links: connect an office, see what it has, disconnect it.")

SiteId = Annotated[str, typer.Argument(metavar="SITE", help="The site's id, such as dinas-pariwisata.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Apply = Annotated[
    bool, typer.Option("--apply", help="Also change the routers: the POP first, then the site's own.")
]
Dismantle = Annotated[
    bool, typer.Option("--apply", help="Also change the POP; on the twin the site's router goes, too.")
]


@command(
    app,
    example="baubau link add dinas-pariwisata --kind agency --name 'Dinas Pariwisata' --pop murhum"
    " --media fibre --committed 50M --peak 100M --segments office,cctv,wifi",
)
def add(
    context: Context,
    site: SiteId,
    kind: Annotated[str, typer.Option(help="One of the city's kinds of sites, such as agency.")],
    name: Annotated[str, typer.Option(help="The site's full name.")],
    pop: Annotated[str, typer.Option(help="The POP it hangs on.")],
    media: Annotated[str, typer.Option(help="fibre, leased, radio, … (city.yml's link classes).")],
    committed: Annotated[
        str, typer.Option(help="Promised rate: 50M, or 50M/20M for down/up, seen from the site.")
    ],
    peak: Annotated[str, typer.Option(help="Rate it may use while nobody else needs it, written alike.")],
    segments: Annotated[str, typer.Option(help="Zones, with commas: office,cctv,wifi.")],
    backup_pop: Annotated[
        str | None,
        typer.Option(help="Another POP, for a second link that takes over.", show_default=False),
    ] = None,
    kecamatan: Annotated[str | None, typer.Option(help="The POP's unless given.", show_default=False)] = None,
    status: Annotated[str, typer.Option(help="built or planned.")] = "planned",
    dry_run: DryRun = False,
    apply: Apply = False,
) -> int:
    """Connect a new site. Shows what changes, asks, writes its file and numbers, applies if told to."""
    from baubau_ops.flows.link import record
    from baubau_ops.inventory.edit.site import NewSite, add_site, plan_addition

    _refuse_both(dry_run, apply)
    if not dry_run:
        context.will_ask(f"Add {site}?")
    folder = context.inventory_folder()
    new = NewSite(
        id=site,
        name=name,
        kind=kind,
        pop=pop,
        media=media,
        committed=committed,
        peak=peak,
        segments=tuple(part.strip() for part in segments.split(",") if part.strip()),
        kecamatan=kecamatan,
        status=status,
        backup_pop=backup_pop,
    )
    if apply:
        context.open_environment()  # is it up, and does it run this city? Asked before anything is written
    edit, found = _planned(context, lambda: plan_addition(folder, new))
    _show(context, edit, found, is_new=True, again=_again(context, apply))
    if dry_run:
        return _document(context, edit, found, None)
    context.confirm(f"Add {site}?")
    journal = _journal(context)
    written, found = _written(context, lambda: add_site(folder, new), edit, found)
    if _router(written.after, site) != _router(edit.after, site):
        context.output.line("Somebody else took these numbers meanwhile. What was written:")
        context.output.line(f"       {_router(written.after, site)}\n")
    record(journal, "add", written, found)
    outcomes = _apply(context, folder, written, found, is_new=True) if apply else None
    return _document(context, written, found, outcomes)


@command(app, example="baubau link remove dinas-pariwisata")
def remove(context: Context, site: SiteId, dry_run: DryRun = False, apply: Dismantle = False) -> int:
    """Remove a site: its file goes, its numbers go into quarantine. Refused while something needs it."""
    from baubau_ops.flows.link import record
    from baubau_ops.inventory.edit.site import plan_removal, remove_site

    _refuse_both(dry_run, apply)
    if not dry_run:
        context.will_ask(f"Remove {site}?")
    folder = context.inventory_folder()
    if apply:
        context.open_environment()
    edit, found = _planned(context, lambda: plan_removal(folder, site))
    _show(context, edit, found, is_new=False, again=_again(context, apply))
    if dry_run:
        return _document(context, edit, found, None)
    context.confirm(f"Remove {site}?")
    journal = _journal(context)
    written, found = _written(context, lambda: remove_site(folder, site), edit, found)
    record(journal, "remove", written, found)
    outcomes = _apply(context, folder, written, found, is_new=False) if apply else None
    return _document(context, written, found, outcomes)


@command(app, example="baubau link rate dinkes --committed 80M --peak 150M")
def rate(
    context: Context,
    site: SiteId,
    committed: Annotated[
        str | None, typer.Option(help="Promised rate: 80M, or 80M/40M for down/up, seen from the site.")
    ] = None,
    peak: Annotated[
        str | None, typer.Option(help="Rate it may use while nobody else needs it, written alike.")
    ] = None,
    pop: Annotated[
        str | None, typer.Option(help="Which link, where the site has two.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    apply: Apply = False,
) -> int:
    """Change a site's rates: two values in its file. What is not given stays."""
    from baubau_ops.flows.link import record
    from baubau_ops.inventory.edit.rates import NewRates, change_rates, plan_rates

    _refuse_both(dry_run, apply)
    if committed is None and peak is None:
        raise InputError("No rate is given.", remedy="Give --committed, --peak or both.")
    question = f"Change the rates of {site}?"
    if not dry_run:
        context.will_ask(question)
    folder = context.inventory_folder()
    new = NewRates(site=site, committed=committed, peak=peak, pop=pop)
    if apply:
        context.open_environment()
    edit, found = _planned(context, lambda: plan_rates(folder, new))
    _show_rates(context, edit, found, again=_again(context, apply))
    if dry_run or edit.is_nothing:
        return _document(context, edit, found, None)
    context.confirm(question)
    journal = _journal(context)
    written, found = _written(context, lambda: change_rates(folder, new), edit, found)
    record(journal, "rate", written, found)
    outcomes = _apply(context, folder, written, found, is_new=None) if apply else None
    return _document(context, written, found, outcomes)


@command(app, example="baubau link show dinkes")
def show(context: Context, site: SiteId) -> None:
    """Show a site's link: numbers, rates, ports, segments, file."""
    from baubau_ops.core.suggest import did_you_mean
    from baubau_ops.inventory.views.describe import describe

    inventory = context.open_inventory()
    if site not in inventory.sites:
        guess = did_you_mean(site, inventory.sites)
        raise InputError(f'There is no site "{site}".{guess}', remedy="See them with: baubau link list")
    found = [one for one in describe(inventory, site) if one.kind == "site"]
    context.output.show(found, lambda: draw_descriptions(context, found))


@command(app, name="list", example="baubau link list")
def list_(context: Context, wide: Wide = False) -> None:
    """List every site with its POP, rates and state."""
    from baubau_ops.inventory.views.listing import rows

    found = rows(context.open_inventory(), "sites")
    context.output.show(found, lambda: draw_list(context, "sites", found, wide=wide))


def _journal(context: Context) -> Journal:
    """The journal, when it can take a record: nothing is written that could not be recorded."""
    from baubau_ops.core.journal import Journal

    journal = Journal(context.journal)
    journal.require()
    return journal


def _planned(context: Context, plan: Callable[[], AnEdit]) -> tuple[AnEdit, Changes]:
    """Plan an edit, and what it changes on the routers: of thousands it takes seconds."""
    from baubau_ops.flows.link import changes

    with context.output.working("plan"):
        edit = plan()
        return edit, changes(edit)


def _written(
    context: Context, write: Callable[[], AnEdit], planned: Edit, found: Changes
) -> tuple[AnEdit, Changes]:
    """Write what was planned, which somebody else's edit may have made another one meanwhile."""
    from baubau_ops.flows.link import changes

    with context.output.working("write"):
        edit = write()
        is_same = (edit.text, edit.lock_text) == (planned.text, planned.lock_text)
        return edit, found if is_same else changes(edit)


def _refuse_both(dry_run: bool, apply: bool) -> None:
    if dry_run and apply:
        raise InputError("--dry-run and --apply exclude each other.", remedy="Give one of them.")


def _again(context: Context, apply: bool) -> str:
    if apply:
        return ""
    env = "" if context.environment == "lab:default" else f" --env {context.environment}"
    return f"Nothing is sent to a router. Afterwards: baubau net apply{env}"


def _show(context: Context, edit: Edit, found: Changes, *, is_new: bool, again: str) -> None:
    if context.output.is_json:
        return
    line = context.output.line
    inventory = edit.after if is_new else edit.before
    line(f"{'New' if is_new else 'Gone'}   {edit.file}")
    if edit.site in inventory.numbers.sites:  # a site without a link has none
        line(f"       {_router(inventory, edit.site)}")
    added, removed = edit.lock_lines
    line(f"Lock   {edit.file.parents[1] / 'allocations.yml'}   +{added} −{removed} lines, no number moved")
    if is_new:
        _show_room(context, edit.after, edit.site)
    line()
    _show_changes(context, edit, found, again)


def _router(inventory: Inventory, site: str) -> str:
    """A site's router and its numbers, in a line."""
    from baubau_ops.inventory.city.topology import site_device

    numbers = inventory.numbers.sites[site]
    prefixes = [f"{zone} {prefix}" for zone, prefix in sorted(numbers.segments.items())]
    return f"router {', '.join([site_device(site), *prefixes, f'AS {numbers.asn}'])}"


def _show_room(context: Context, after: Inventory, site: str) -> None:
    """Say what is left for others on the tightest link that may carry a site's traffic."""
    from baubau_ops.core.units import format_rate
    from baubau_ops.inventory.checks.admission import tightest

    room = tightest(after, site)
    if room is not None:
        whole = room.left // 10**6 * 10**6  # equal ways leave fractions
        left = f"{format_rate(whole)} of {format_rate(room.room)} are left on {room.label}"
        context.output.line(f"Room   after this, {left}, the tightest on its ways, after any single loss")


def _show_rates(context: Context, edit: RateEdit, found: Changes, *, again: str) -> None:
    from baubau_ops.core.units import format_rate

    line = context.output.line
    line(f"Changed  {edit.file}, link to POP {edit.new.pop}")
    for what, old, new in (
        ("committed", edit.old.committed, edit.new.committed),
        ("peak", edit.old.peak, edit.new.peak),
    ):
        shown = [f"{format_rate(rates.down)} down, {format_rate(rates.up)} up" for rates in (old, new)]
        line(f"         {what} {shown[0]}" + (f" → {shown[1]}" if old != new else ", as it was"))
    line()
    if edit.is_nothing:
        line("The link has these rates already. Nothing to do.")
    else:
        _show_room(context, edit.after, edit.site)
        line()
        _show_changes(context, edit, found, again)


def _show_changes(context: Context, edit: Edit, found: Changes, again: str) -> None:
    from baubau_ops.flows.link import unchanged

    if context.output.is_json:
        return
    line = context.output.line
    draw_changes(context.output, found, [f"({unchanged(edit.after, found)} others)", "nothing", ""])
    line()
    if again:
        line(again)


def _document(
    context: Context, edit: Edit, found: Changes, outcomes: tuple[list[dict[str, object]], int] | None
) -> int:
    """Print the JSON document, if one is wanted; return the exit code."""
    if context.output.is_json:
        from baubau_ops.inventory.checks.admission import tightest

        facts: dict[str, object] = {
            "site": edit.site,
            "file": str(edit.file),
            "changes": change_documents(found),
            "outcomes": outcomes[0] if outcomes else [],
            "room": None if edit.site not in edit.after.sites else tightest(edit.after, edit.site),
        }
        context.output.show(facts, lambda: None)
    return outcomes[1] if outcomes else 0


def _apply(
    context: Context, folder: Path, edit: Edit, found: Changes, *, is_new: bool | None
) -> tuple[list[dict[str, object]], int]:
    """Apply to the routers that the edit changes; the twin follows before if it gains, after if it loses.

    `is_new` is None when the routers stay the same ones.
    """
    from baubau_ops.flows import twin as flow
    from baubau_ops.flows.link import devices_of
    from baubau_ops.inventory.load import load
    from baubau_ops.network.change.apply import Application

    def approved(made: NetworkPlan) -> None:
        """The change was approved as a whole."""
        expect_changes(screen, made, written.topology)

    with context.output.step_screen(STEPS) as screen:
        if context.twin is not None and is_new:
            flow.up(context.twin, folder, on_event=screen)
        written = load(folder)  # not edit.after: its new numbers were only proposed then
        application = Application(written, context.open_environment(), on_event=screen)
        report = application.run(approved, devices=devices_of(edit, found))
        code = exit_code(report.outcomes)
        if context.twin is not None and is_new is False and code == 0:  # a text that names the port needs it
            flow.up(context.twin, folder, on_event=screen)
    if not context.output.is_json:
        draw_report(context.output, report, screen)
    return outcome_documents(report.outcomes), code
