"""`baubau inventory`: the city as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.screens import inventory as screens
from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.units import counted

app = group("The city as data: check it, look at it, give numbers.")

Wide = Annotated[bool, typer.Option("--wide", help="Show every column.")]


@command(app, example="baubau inventory check --inventory examples/small")
def check(context: Context) -> None:
    """Read every file and list all errors."""
    from baubau_ops.inventory import environment_file

    inventory = context.open_inventory()
    proposed = sorted(inventory.proposed)
    counts = {
        "files": inventory.file_count + environment_file.check(inventory.folder),
        "sites": len(inventory.sites),
        "routers": len(inventory.topology.ours),
    }

    def draw() -> None:
        context.output.line(f"{screens.listed(counts)}, {counted(len(proposed), 'number')} proposed. OK")
        if proposed:
            context.output.line("To lock them: baubau inventory allocate")

    context.output.show({**counts, "proposed": proposed}, draw)


@command(app, example="baubau inventory show wolio")
def show(
    context: Context,
    name: Annotated[str, typer.Argument(help="A site, POP, device, link, service, zone or segment.")],
) -> None:
    """Show one object: numbers, ports, neighbours, file and line."""
    from baubau_ops.inventory.views.describe import describe

    found = describe(context.open_inventory(), name)
    context.output.show(found, lambda: screens.draw_descriptions(context.output, found))


@command(app, name="list", example="baubau inventory list sites --where pop=wolio")
def list_(
    context: Context,
    what: Annotated[str, typer.Argument(help="sites, pops, devices, links, services or zones.")] = "sites",
    where: Annotated[
        list[str] | None, typer.Option("--where", help="Only rows with COLUMN=VALUE. Repeatable.")
    ] = None,
    wide: Wide = False,
) -> None:
    """List sites, POPs, devices, links, services or zones."""
    from baubau_ops.inventory.views.listing import rows

    filters = dict(_filter(text) for text in where or [])
    found = rows(context.open_inventory(), what, filters)
    context.output.show(found, lambda: screens.draw_list(context.output, what, found, wide=wide))


def _filter(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not sign or not column:
        raise InputError(f'"{text}" is not a filter: write COLUMN=VALUE, for example pop=wolio.')
    return column, value


@command(app, example="baubau inventory coverage")
def coverage(context: Context) -> None:
    """Show how far the city is on its plan.

    By kind of site and by kecamatan, with the ten cheapest next sites.
    """
    from baubau_ops.cli.screens.coverage import draw_coverage
    from baubau_ops.inventory.views.coverage import coverage as covered

    found = covered(context.open_inventory())
    context.output.show(found, lambda: draw_coverage(context.output, found))


@command(app, example="baubau inventory resilience core-1")
def resilience(
    context: Context,
    loss: Annotated[
        str | None,
        typer.Argument(help="Only this device, link or shared-risk group, in full.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Include failures without effect.")] = False,
) -> None:
    """Show what every single failure cuts off or overloads.

    Also the parts left with one path, the single points of failure and the worst double failures.
    """
    from baubau_ops.cli.screens import resilience as screen
    from baubau_ops.inventory.resilience.impacts import resilience as survey

    found, output = survey(context.open_inventory()), context.output
    if loss is None:
        output.show(screen.document(found), lambda: screen.draw_resilience(output, found, is_all=every))
        return
    impact = screen.impact_of(found, loss)
    output.show(screen.loss_document(impact), lambda: screen.draw_loss(output, impact))


@command(app, example="baubau inventory schema -o schemas")
def schema(
    context: Context,
    name: Annotated[
        str | None, typer.Argument(help="city, backbone, datacenter, services, policy, site or environment.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--folder", help="Write one file for each kind there.", file_okay=False),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Write reference pages for people instead.")
    ] = False,
) -> None:
    """Print or write the JSON Schemas, or reference pages."""
    from baubau_ops.core.files import write_atomic
    from baubau_ops.inventory.views import reference
    from baubau_ops.inventory.views.schema import MODELS
    from baubau_ops.inventory.views.schema import schema as schema_of

    if markdown:
        files = {f"{name}.md": reference.page(name)} if name else reference.pages()
        document: object = files
    else:
        schemas = {each: schema_of(each) for each in ([name] if name else MODELS)}
        files = {f"{each}.schema.json": _pretty(body) for each, body in schemas.items()}
        document = schemas[name] if name else schemas
    if folder is None:
        text = "\n".join(files.values()) if markdown else _pretty(document)
        context.output.show(document, lambda: context.output.line(text.rstrip("\n")))
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FailedError(f"{folder} cannot be made: {error.strerror}.") from error
    for file, content in files.items():
        write_atomic(folder / file, content)
    written = [str(folder / file) for file in files]
    context.output.show({"files": written}, lambda: context.output.line("\n".join(written)))


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


@command(app, example="baubau inventory graph --svg city.svg --resilience")
def graph(
    context: Context,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="Write the map there, for a browser or for print.", dir_okay=False),
    ] = None,
    resilience: Annotated[
        bool, typer.Option("--resilience", help="Mark the consequences of each failure.")
    ] = False,
) -> None:
    """Draw the topology: rings, POPs and sites as text, or as a map."""
    from baubau_ops.core.files import write_atomic
    from baubau_ops.inventory.city.rings import rings
    from baubau_ops.inventory.resilience.impacts import resilience as survey
    from baubau_ops.inventory.views.map.marks import SEVERITY_MARKS, resilience_marks
    from baubau_ops.inventory.views.map.svg import Highlights, draw_map
    from baubau_ops.inventory.views.tree import graph_text

    inventory = context.open_inventory()
    marks = resilience_marks(survey(inventory)) if resilience else {}
    letters = {name: mark.letter for name, mark in sorted(marks.items())}
    if svg is not None:
        write_atomic(svg, draw_map(inventory, Highlights(marks=marks)))
    facts = {
        "rings": [
            {"start": ring.start, "pops": ring.pops, "end": ring.end} for ring in rings(inventory.backbone)
        ],
        "svg": str(svg) if svg else None,
        "marks": letters,
    }

    def draw() -> None:
        if svg is not None:
            context.output.line(f"The map of {inventory.city.name}: {svg}")
            return
        context.output.line(graph_text(inventory, letters))
        if marks:
            context.output.line()
        for mark in SEVERITY_MARKS.values() if marks else ():
            context.output.line(f"[{mark.letter}] {mark.meaning}")

    context.output.show(facts, draw)


@command(app, example="baubau inventory generate --sites 1000 --seed 7 /tmp/city")
def generate(
    context: Context,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
    sites: Annotated[int, typer.Option("--sites", help="Number of sites.", show_default=False)],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same city.")] = 1,
) -> None:
    """Write a valid synthetic city of any size, for trials."""
    from baubau_ops.inventory.generate.city import generate as generate_city

    with context.output.progress() as on_event:
        made = generate_city(folder, sites=sites, seed=seed, on_event=on_event)
    counts = {
        "files": made.file_count + 1,  # plus the lock
        "sites": len(made.sites),
        "pops": len(made.backbone.pops),
        "routers": len(made.topology.ours),
    }
    text = f"{screens.listed(counts).replace(' pop', ' POP')}: {folder}"
    context.output.show({"folder": str(folder), **counts}, lambda: context.output.line(text))


@command(app, example="baubau inventory allocate")
def allocate(
    context: Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be locked; write nothing.")
    ] = False,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Resolve numbers taken twice: the entry never applied moves.")
    ] = False,
) -> None:
    """Lock the proposed numbers in allocations.yml."""
    if resolve:
        _resolve(context, dry_run)
        return
    from baubau_ops.inventory.edit.site import lock_numbers
    from baubau_ops.inventory.load import load
    from baubau_ops.inventory.numbers.lockfile import entry

    folder = context.inventory_folder()
    before = load(folder) if dry_run else lock_numbers(folder)
    locked = {item: entry(before.numbers, item) for item in sorted(before.proposed)}
    released = sorted(set(before.allocations.quarantine) - set(before.numbers.quarantine))
    facts = {"written": not dry_run, "locked": locked, "released": released}
    context.output.show(facts, lambda: screens.draw_locked(context.output, locked, released, dry_run))


def _resolve(context: Context, dry_run: bool) -> None:
    from baubau_ops.inventory.edit.resolve import resolve
    from baubau_ops.inventory.numbers.lockfile import has_conflict

    folder = context.inventory_folder()
    is_merged = has_conflict(folder)
    moves = resolve(folder, _applied_devices(context).__contains__, dry_run=dry_run)
    facts = {"written": bool(moves or is_merged) and not dry_run, "merged": is_merged, "moves": moves}
    context.output.show(facts, lambda: screens.draw_moves(context.output, moves, is_merged, dry_run))


def _applied_devices(context: Context) -> frozenset[str]:
    """Return the devices that the environment's journal records as configured."""
    from baubau_ops.core.journal import Journal

    records = Journal(context.journal).records()
    return frozenset(
        str(record.data["target"])
        for record in records
        if record.kind == "device" and record.data.get("result") == "confirmed" and "target" in record.data
    )
