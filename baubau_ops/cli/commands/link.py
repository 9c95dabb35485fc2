"""`baubau link`: the connections of agencies, clinics, schools and parks, as a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from baubau_ops.cli.commands.inventory import Wide
from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.output import Output
from baubau_ops.cli.screens import link as screens
from baubau_ops.cli.screens.inventory import draw_descriptions, draw_list
from baubau_ops.cli.screens.network import STEPS, draw_report, expect_changes
from baubau_ops.core.errors import InputError
from baubau_ops.core.plan import exit_code

if TYPE_CHECKING:
    from baubau_ops.core.plan import Outcome
    from baubau_ops.flows.link import LinkChange, LinkPlan
    from baubau_ops.inventory.edit.site import Edit

AnEdit = TypeVar("AnEdit", bound="Edit")

app = group("OPD links: connect an office, see what it has, disconnect it.")

SiteId = Annotated[str, typer.Argument(metavar="SITE", help="The site's id, such as dinas-pariwisata.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Apply = Annotated[
    bool, typer.Option("--apply", help="Also change the routers: first the POP, then the site's own.")
]
Dismantle = Annotated[
    bool, typer.Option("--apply", help="Also change the POP; on the twin, remove the site's router, too.")
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
    pop: Annotated[str, typer.Option(help="The POP it connects to.")],
    media: Annotated[str, typer.Option(help="fibre, leased, radio, … (city.yml's link classes).")],
    committed: Annotated[
        str, typer.Option(help="Committed rate: 50M, or 50M/20M for down/up, seen from the site.")
    ],
    peak: Annotated[str, typer.Option(help="Rate it may use when capacity is free; same format.")],
    segments: Annotated[str, typer.Option(help="Zones, with commas: office,cctv,wifi.")],
    backup_pop: Annotated[
        str | None,
        typer.Option(help="Another POP, for a backup link.", show_default=False),
    ] = None,
    kecamatan: Annotated[
        str | None, typer.Option(help="The site's kecamatan (default: the POP's).", show_default=False)
    ] = None,
    status: Annotated[str, typer.Option(help="built or planned.")] = "planned",
    dry_run: DryRun = False,
    apply: Apply = False,
) -> int:
    """Connect a new site. Shows the change, asks, writes its file and numbers; --apply changes the routers."""
    from baubau_ops.flows.link import addition
    from baubau_ops.inventory.edit.site import NewSite

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
    change = addition(context.inventory_folder(), new, context.platforms())
    question = f"Add {site}?"
    return _carry_out(context, change, question, screens.draw_addition, dry_run=dry_run, apply=apply)


@command(app, example="baubau link remove dinas-pariwisata")
def remove(context: Context, site: SiteId, dry_run: DryRun = False, apply: Dismantle = False) -> int:
    """Remove a site: its file goes, its numbers go into quarantine. Refused while something needs it."""
    from baubau_ops.flows.link import removal

    change = removal(context.inventory_folder(), site, context.platforms())
    question = f"Remove {site}?"
    return _carry_out(context, change, question, screens.draw_removal, dry_run=dry_run, apply=apply)


@command(app, example="baubau link rate dinkes --committed 80M --peak 150M")
def rate(
    context: Context,
    site: SiteId,
    committed: Annotated[
        str | None, typer.Option(help="Committed rate: 80M, or 80M/40M for down/up, seen from the site.")
    ] = None,
    peak: Annotated[
        str | None, typer.Option(help="Rate it may use when capacity is free; same format.")
    ] = None,
    pop: Annotated[
        str | None, typer.Option(help="Which link, where the site has two.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    apply: Apply = False,
) -> int:
    """Change a site's rates in its file. A rate that is not given stays."""
    from baubau_ops.flows.link import rating
    from baubau_ops.inventory.edit.rates import NewRates

    if committed is None and peak is None:
        raise InputError("No rate is given.", remedy="Give --committed, --peak or both.")
    new = NewRates(site=site, committed=committed, peak=peak, pop=pop)
    change = rating(context.inventory_folder(), new, context.platforms())
    question = f"Change the rates of {site}?"
    return _carry_out(context, change, question, screens.draw_rates, dry_run=dry_run, apply=apply)


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
    context.output.show(found, lambda: draw_descriptions(context.output, found))


@command(app, name="list", example="baubau link list")
def list_(context: Context, wide: Wide = False) -> None:
    """List every site with its POP, rates and state."""
    from baubau_ops.inventory.views.listing import rows

    found = rows(context.open_inventory(), "sites")
    context.output.show(found, lambda: draw_list(context.output, "sites", found, wide=wide))


def _carry_out(
    context: Context,
    change: LinkChange[AnEdit],
    question: str,
    draw: Callable[[Output, LinkPlan[AnEdit]], None],
    *,
    dry_run: bool,
    apply: bool,
) -> int:
    """Show a change, ask, write it, and apply it with --apply; return the exit code."""
    from baubau_ops.core.journal import Journal

    if dry_run and apply:
        raise InputError("--dry-run and --apply exclude each other.", remedy="Give one of them.")
    if not dry_run:
        context.will_ask(question)
    if apply:
        context.open_environment()  # checks that it is up and runs this city, before anything is written
    output = context.output
    with output.working("plan"):  # this takes seconds for thousands of routers
        planned = change.plan()
    if not output.is_json:
        draw(output, planned)
    if not planned.edit.is_nothing and not apply:
        env = "" if context.environment == "lab:default" else f" --env {context.environment}"
        output.line(f"Nothing is sent to a router. Afterwards: baubau net apply{env}")
    if dry_run or planned.edit.is_nothing:
        return _finish(output, planned, ())
    context.confirm(question)
    with output.working("write"):
        written = change.write(planned, Journal(context.journal))
    numbers = screens.numbers(written.edit.after, written.edit.site)
    if numbers != screens.numbers(planned.edit.after, planned.edit.site):
        output.line("Somebody else took these numbers meanwhile. What was written:")
        output.line(f"       {numbers}\n")
    return _finish(output, written, _apply(context, change, written) if apply else ())


def _apply(context: Context, change: LinkChange[AnEdit], written: LinkPlan[AnEdit]) -> Sequence[Outcome]:
    """Apply the written change and show its progress; the user has already approved it as a whole."""
    with context.output.step_screen(STEPS) as screen:
        report = change.apply(
            written,
            context.open_environment,
            lambda made: expect_changes(screen, made, written.edit.after.topology),
            twin=context.twin,
            on_event=screen,
        )
    if not context.output.is_json:
        draw_report(context.output, report, screen)
    return report.outcomes


def _finish(output: Output, planned: LinkPlan[AnEdit], outcomes: Sequence[Outcome]) -> int:
    """Print the JSON document if it is requested; return the exit code."""
    if output.is_json:
        output.show(screens.document(planned, outcomes), lambda: None)
    return exit_code(outcomes)
