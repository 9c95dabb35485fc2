"""`baubau net`: the routers' configurations, from the inventory to the devices and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.screens.network import (
    STEPS,
    draw_network_plan,
    expect_changes,
    show_plan,
    show_report,
    show_verdict,
)
from baubau_ops.core.errors import InputError
from baubau_ops.core.plan import exit_code
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.core.units import counted

if TYPE_CHECKING:
    from baubau_ops.inventory.city.topology import Topology

SHORT_PLAN = 3
"""Largest number of routers for which the prompt follows all changed lines instead of a summary."""

app = group("Routers: render, check, plan, apply and verify their configuration.")

Devices = Annotated[
    list[str] | None, typer.Argument(help="Routers, by device name or POP id (default: all).")
]


@command(app, example="baubau net render -o /tmp/texts")
def render(
    context: Context,
    devices: Devices = None,
    folder: Annotated[
        Path | None, typer.Option("-o", "--folder", help="Write one file a router there.", file_okay=False)
    ] = None,
) -> None:
    """Render the intended configuration of routers. Secrets stay placeholders."""
    from baubau_ops.network.render.configurations import render as rendered
    from baubau_ops.network.render.files import write_texts

    inventory = context.open_inventory()
    chosen = _chosen(inventory.topology, devices)
    if folder is not None:
        with context.output.progress() as on_event:
            written = write_texts(inventory, folder, chosen, context.platforms(), on_event=on_event)
        context.output.show(
            {"folder": str(folder), "devices": written},
            lambda: context.output.line(f"{counted(len(written), 'text')} written to {folder}."),
        )
        return
    texts = rendered(inventory, context.platforms(), chosen)
    context.output.show(texts, lambda: context.output.line("\n".join(texts.values()).rstrip("\n")))


@command(app, example="baubau net bootstrap ce-dinkes")
def bootstrap(context: Context, device: Annotated[str, typer.Argument(help="A router.")]) -> None:
    """Print the day-0 configuration of a new router."""
    from baubau_ops.network.render.configurations import bootstrap as day0

    inventory = context.open_inventory()
    (name,) = _chosen(inventory.topology, [device])
    text = day0(inventory, name, context.platforms())
    context.output.show({"device": name, "text": text}, lambda: context.output.line(text.rstrip("\n")))


@command(app, example="baubau net lint")
def lint(context: Context, devices: Devices = None) -> int:
    """Check configurations with the routers' own parsers."""
    from baubau_ops.network.platforms.registry import platforms_of
    from baubau_ops.network.render.configurations import render as rendered
    from baubau_ops.network.render.lint import lint as find

    inventory = context.open_inventory()
    texts = rendered(inventory, context.platforms(), _chosen(inventory.topology, devices))
    routers = (inventory.topology.nodes[name] for name in texts)
    problems = find(texts, platforms_of(routers, context.platforms()))

    def draw() -> None:
        for problem in problems:
            context.output.line(str(problem))
        found = counted(len(problems), "problem") if problems else "no problem"
        context.output.line(f"{counted(len(texts), 'text')}, {found}.")

    context.output.show({"texts": len(texts), "problems": problems}, draw)
    return 1 if problems else 0


@command(app, example="baubau net plan --detailed-exitcode")
def plan(
    context: Context,
    devices: Devices = None,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when there are changes.")
    ] = False,
) -> int:
    """Show what would change and how disruptive it is. Nothing is changed."""
    from baubau_ops.network.change.apply import make_plan
    from baubau_ops.network.fleet.fleet import Fleet
    from baubau_ops.network.render.configurations import render as rendered

    inventory = context.open_inventory()
    environment = context.open_environment()
    chosen = rendered(inventory, environment.platforms, _chosen(inventory.topology, devices))
    with Fleet.of(inventory.topology, environment) as fleet:
        made = make_plan(inventory, chosen, fleet, environment)
    show_plan(context.output, made, len(chosen))
    if made.failed:
        return 5 if made.unreachable == frozenset(made.failed) else 1
    return 3 if detailed and made.changes else 0


@command(app, example="baubau net apply --yes")
def apply(
    context: Context,
    devices: Devices = None,
    budget: Annotated[
        int, typer.Option(help="Failures tolerated before stopping (unreachable routers count).", min=0)
    ] = 0,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the changed lines of every router, too.")
    ] = False,
) -> int:
    """Apply the intended configuration; failed checks roll back.

    It works in waves. Every router holds a revert timer until its change is confirmed. Shows the plan and asks first.
    """
    context.will_ask("Apply this?")
    from baubau_ops.network.change.apply import Application
    from baubau_ops.network.change.plan import NetworkPlan

    inventory = context.open_inventory()
    environment = context.open_environment()
    chosen = _chosen(inventory.topology, devices)

    def approve(made: NetworkPlan) -> None:
        if not context.output.is_json:
            is_short = not context.assume_yes and len(made.changes) <= SHORT_PLAN
            draw_network_plan(
                context.output, made, len(chosen), diffs=diff or bool(context.verbosity) or is_short
            )
        if made.changes:
            context.confirm(f"Apply this to {environment.name}?")
        expect_changes(screen, made, inventory.topology)

    with context.output.step_screen(STEPS) as screen:
        application = Application(inventory, environment, budget=budget, on_event=screen)
        report = application.run(approve, devices=chosen)
    show_report(context.output, report, screen)
    return exit_code(report.outcomes)


@command(app, example="baubau net verify --probe")
def verify(
    context: Context,
    probe: Annotated[
        bool, typer.Option("--probe", help="Also prove the policy with real packets, allowed and denied.")
    ] = False,
    fail: Annotated[
        int,
        typer.Option(help="Then inject this many single failures on the twin, and check each.", min=0),
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed injects the same failures.")] = 1,
) -> int:
    """Compare the network with the intent. With --probe, prove the policy by packets.

    Adjacencies, timers, prefixes and kernel routes: all expected ones exist, and no others.
    """
    from baubau_ops.network.verify.network import verify_network

    inventory = context.open_inventory()
    environment = context.open_environment()
    with context.output.progress() as on_event:
        loss_trials, losses = None, []
        if fail:
            from baubau_ops.drills.trials import LossTrials, draw_losses

            losses = draw_losses(inventory, fail, seed)
            loss_trials = LossTrials(inventory, environment, seed=seed, on_event=on_event)
        result = verify_network(inventory, environment, probe=probe or bool(fail), on_event=on_event)
        trials = list(loss_trials.run(losses)) if loss_trials and not result.exit_code else []
    untried = len(losses) - len(trials)
    show_verdict(context.output, result, trials, untried=untried, every=bool(context.verbosity))
    return result.exit_code or int(not all(trial.fine for trial in trials))


@command(app, example="baubau net blame ce-dinkes --grep 'ip address'")
def blame(
    context: Context,
    device: Annotated[str, typer.Argument(help="A router.")],
    line: Annotated[
        int | None, typer.Option("--line", help="Only this line of its configuration.", min=1)
    ] = None,
    grep: Annotated[str | None, typer.Option("--grep", help="Only lines that contain this text.")] = None,
) -> None:
    """Show where each line of a router's configuration comes from.

    Names the places in the inventory and the line of the template.
    """
    from baubau_ops.cli.screens.blame import show_blame
    from baubau_ops.network.blame.lines import blame as find

    inventory = context.open_inventory()
    (name,) = _chosen(inventory.topology, [device])
    with context.output.progress() as on_event:
        lines = find(inventory, name, context.platforms(), on_event=on_event)
    if line is not None and line > len(lines):
        raise InputError(f"The configuration of {name} has {len(lines)} lines.")
    wanted = [one for one in lines if line in (None, one.number) and (grep or "") in one.text]
    show_blame(context.output, name, wanted, chosen=line is not None or grep is not None)


@command(app, example="baubau net translations --public 198.51.100.7:40123 --at 2026-11-22T14:03")
def translations(
    context: Context,
    site: Annotated[str | None, typer.Option("--site", help="Only this site's.")] = None,
    inside: Annotated[str | None, typer.Option("--inside", help="Only this inside address's.")] = None,
    public: Annotated[
        str | None, typer.Option("--public", help="Only to this public address, or ADDRESS:PORT.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="At this time (UTC), plus or minus a minute.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="From this time (UTC; default: an hour ago).")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until this time (UTC; default: now).")] = None,
) -> None:
    """Find who used which public address and port, and when."""
    from baubau_ops.cli.screens.translations import query, show_translations
    from baubau_ops.network.fleet.fleet import Fleet
    from baubau_ops.network.translations import search

    inventory = context.open_inventory()
    wanted = query(inventory, site=site, inside=inside, public=public, at=at, since=since, until=until)
    with Fleet.of(inventory.topology, context.open_environment()) as fleet:
        found = search(inventory, fleet, wanted)
    show_translations(context.output, found)


@command(app, example="baubau net coverage --classes 'ospf.j2:*'")
def coverage(
    context: Context,
    classes: Annotated[
        str,
        typer.Option(help="Only classes whose name or line matches this shell pattern.", metavar="<pattern>"),
    ] = "*",
    show: Annotated[bool, typer.Option("--show", help="Show earlier results; try nothing.")] = False,
) -> int:
    """List lines whose loss no check notices.

    Each class of lines is removed from a router of the twin in turn.

    A class takes some seconds. A stopped run continues where it was. Exit 1 below 95 %.
    """
    from baubau_ops.cli.screens.line_coverage import show_coverage
    from baubau_ops.network.coverage.measure import chosen, removals, run
    from baubau_ops.network.coverage.record import known
    from baubau_ops.network.coverage.result import ENOUGH

    if context.twin is None:
        raise InputError(
            "Coverage removes lines from routers, so it runs only on a twin.", remedy="Use --env lab:NAME."
        )
    inventory = context.open_inventory()
    wanted = chosen(removals(inventory, context.platforms()), classes)
    if not wanted:
        raise InputError(f'No class of lines matches "{classes}".')
    file = context.state / "coverage.jsonl"
    if not show:
        from baubau_ops.network.coverage.trial import open_bench

        with (
            context.output.progress() as on_event,
            open_bench(inventory, context.open_environment()) as bench,
        ):
            run(wanted, bench, file, on_event=on_event)
    result = known(wanted, file)
    show_coverage(context.output, result)
    return 0 if result.share >= ENOUGH and not result.missing else 1


def _chosen(topology: Topology, devices: list[str] | None) -> list[str]:
    """Return the names of the given routers; InputError for one that does not exist or is not ours."""
    from baubau_ops.inventory.city.topology import Role

    ours = {node.name for node in topology.ours}
    if not devices:
        return sorted(ours)
    chosen = []
    for given in devices:
        node = topology.find(given)
        if node is None or node.name not in ours:
            known = [*ours, *(pop.id for pop in topology.with_role(Role.POP))]
            raise InputError(f'There is no router "{given}".{did_you_mean(given, known)}')
        chosen.append(node.name)
    return sorted(set(chosen))
