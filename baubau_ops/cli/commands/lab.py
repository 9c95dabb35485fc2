"""`baubau lab`: the city's twin on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.core import settings
from baubau_ops.core.errors import InputError

if TYPE_CHECKING:
    from baubau_ops.lab.injector import LabInjector
    from baubau_ops.lab.twin import Status

app = group("The twin: the whole city booted on this machine, to try everything on first.")

Name = Annotated[
    str | None,
    typer.Option("--name", help="Twin name (default: from --env).", show_default=False),
]
Place = Annotated[str, typer.Argument(help="A machine of the twin; a POP's router also by the POP's id.")]
Link = Annotated[str, typer.Argument(help="A link, such as core-1--wolio: its two ends, in either order.")]

MANY = 24
"""Number of names that a list shows; those of the small city fit."""
PROFILES = {"small": "examples/small", "city": "inventory"}


@command(app, example="baubau lab up --profile small")
def up(
    context: Context,
    profile: Annotated[
        str | None, typer.Option(help="small, city, or the folder of an inventory.", show_default=False)
    ] = None,
    routers: Annotated[
        int | None,
        typer.Option(
            help="Boot a synthetic city with this many routers instead, to measure on.", show_default=False
        ),
    ] = None,
    name: Name = None,
) -> None:
    """Boot the twin, or update the running one from its inventory.

    Running machines are left alone; what the inventory gained or lost is added or removed. After an
    interruption, the next `up` continues.
    """
    from baubau_ops.flows import twin as flow

    twin = _twin(context, name)
    if routers is not None and (profile or context.inventory):
        raise InputError(
            "--routers generates a city; --profile and --inventory name one.", remedy="Give one."
        )
    with context.output.progress() as on_event:
        if routers is not None:
            flow.up_generated(twin, routers, on_event=on_event)
        else:
            flow.up(twin, _folder(context, profile, twin), on_event=on_event)
    _show_status(context, twin)


@command(app, example="baubau lab status")
def status(context: Context, name: Name = None) -> None:
    """Show what is up and which links are cut."""
    _show_status(context, _twin(context, name))


@command(
    app,
    name="exec",
    example="baubau lab exec pop-wolio -- vtysh -c 'show ip ospf neighbor'",
    context_settings={"ignore_unknown_options": True},
)
def execute(
    context: Context,
    place: Place,
    arguments: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="The command to run there.")],
    name: Name = None,
) -> int:
    """Run a command as root on a machine of the twin.

    It runs on a booted machine's console or in a bare one's namespace; its exit code is returned.
    """
    return _run(context, name, place, arguments)


@command(app, example="baubau lab shell core-1")
def shell(context: Context, place: Place, name: Name = None) -> int:
    """Open a shell as root on a machine of the twin."""
    return _run(context, name, place, ["/bin/bash"])


@command(app, example="baubau lab ssh-config > /tmp/twin && ssh -F /tmp/twin core-1")
def ssh_config(context: Context, name: Name = None) -> None:
    """Print the OpenSSH configuration of booted machines.

    In-band, from the bastion, with pinned host keys.
    """
    from baubau_ops.lab.environment import environment

    path = environment(_twin(context, name)).ssh_config
    text = path.read_text()
    context.output.show({"path": str(path), "text": text}, lambda: context.output.line(text.rstrip("\n")))


@command(app, name="break", example="baubau lab break wolio--murhum --silent")
def cut(
    context: Context,
    link: Link,
    silent: Annotated[bool, typer.Option("--silent", help="Keep both ports up.")] = False,
    name: Name = None,
) -> None:
    """Cut a link.

    Both ports go down; with --silent they stay up and traffic stops.
    """
    _injector(context, name).cut(link, silent=silent)
    how = "silently: both ends stay up" if silent else "both ends are down"
    context.output.show(
        {"link": link, "silent": silent}, lambda: context.output.line(f"{link} is cut, {how}.")
    )


@command(app, example="baubau lab heal wolio--murhum")
def heal(
    context: Context,
    link: Annotated[str | None, typer.Argument(help="A link (default: all that are cut).")] = None,
    name: Name = None,
) -> None:
    """Restore a link, or all."""
    injector = _injector(context, name)
    if link is None:
        mended = injector.mend_all()
    else:
        injector.mend(link)
        mended = [link]
    words = f"{', '.join(mended)}: restored." if mended else "No link is cut."
    context.output.show({"mended": mended}, lambda: context.output.line(words))


@command(app, example="baubau lab power pop-wolio off")
def power(
    context: Context,
    node: Annotated[str, typer.Argument(help="A booted machine; a POP's router also by the POP's id.")],
    switch: Annotated[Literal["off", "on"], typer.Argument(help="off cuts the power, on boots the machine.")],
    name: Name = None,
) -> None:
    """Cut a booted machine's power, or boot it and wait."""
    injector = _injector(context, name)
    if switch == "off":
        injector.power_off(node)
    else:
        injector.power_on(node)
    context.output.show({"node": node, "power": switch}, lambda: context.output.line(f"{node} is {switch}."))


@command(app, example="baubau lab down")
def down(context: Context, name: Name = None) -> None:
    """Take the twin down, also after a crash.

    Only the images and the journal stay.
    """
    from baubau_ops.flows.twin import require_root
    from baubau_ops.lab import twin as lab

    require_root()
    twin = _twin(context, name)
    with context.output.progress() as on_event:
        existed = lab.down(twin, on_event=on_event)
    words = f'The twin "{twin}" is gone.' if existed else f'There is no twin "{twin}".'
    context.output.show({"name": twin, "removed": existed}, lambda: context.output.line(words))


def _twin(context: Context, name: str | None) -> str:
    if name is None:
        kind, _, name = context.environment.partition(":")
        if kind != "lab":
            raise InputError(
                f"{context.environment} is not a twin.", remedy="Give --env lab:NAME or --name NAME."
            )
        name = name or "default"
    settings.run_dir(name)  # refuses an invalid name of a twin
    return name


def _folder(context: Context, profile: str | None, twin: str) -> Path:
    from baubau_ops.lab.environment import inventory_of

    if profile is not None and context.inventory is not None:
        raise InputError("--profile and --inventory both name a city.", remedy="Give one of them.")
    if context.inventory is not None:
        return context.inventory
    if profile is None:
        return inventory_of(twin) or settings.root() / PROFILES["small"]
    folder = settings.root() / PROFILES[profile] if profile in PROFILES else Path(profile)
    if not folder.is_dir():
        raise InputError(
            f'The profile "{profile}" is not a folder: {folder}.',
            remedy=f"Profiles: {', '.join(PROFILES)}, or the folder of an inventory.",
        )
    return folder


def _injector(context: Context, name: str | None) -> LabInjector:
    from baubau_ops.flows.twin import require_root
    from baubau_ops.lab.environment import layout_of
    from baubau_ops.lab.injector import LabInjector

    require_root()
    twin = _twin(context, name)
    return LabInjector(twin, layout_of(twin))


def _run(context: Context, name: str | None, place: str, arguments: list[str]) -> int:
    from baubau_ops.flows.twin import require_root
    from baubau_ops.lab import console
    from baubau_ops.lab.environment import layout_of

    require_root()
    twin = _twin(context, name)
    argv = console.command(twin, layout_of(twin), place, arguments)
    code = subprocess.run(argv, check=False).returncode
    return code if code >= 0 else 128 - code


def _show_status(context: Context, twin: str) -> None:
    from baubau_ops.flows.twin import require_root
    from baubau_ops.lab import twin as lab

    require_root()
    found = lab.status(twin)
    context.output.show(found, lambda: _draw(context, found))


def _draw(context: Context, found: Status) -> None:
    out = context.output
    if not found.running and not found.machines:
        out.line(f'No twin "{found.name}" is up. Start it with: baubau lab up --name {found.name}')
        return
    state = "up" if found.complete else f"not complete: run baubau lab up --name {found.name}"
    out.line(
        f"Twin {found.name}: {state}, runs {found.inventory}", "bold green" if found.complete else "bold red"
    )
    every = bool(context.verbosity)
    for image in dict.fromkeys(found.images.get(name, "") for name in (*found.running, *found.off)):
        running = [name for name in found.running if found.images.get(name, "") == image]
        off = [name for name in found.off if found.images.get(name, "") == image]
        title = f"{image.capitalize()}s" if image else "Booted"
        out.line(f"{title:<10} {len(running)} running: {_listed(running, every)}")
        if off:
            out.line(f"           {len(off)} without power: {', '.join(off)}", "yellow")
    out.line(f"Machines   {len(found.machines)}: {_listed(found.machines, every)}")
    out.line(f"Links      {len(found.links)}: {_listed(found.links, every)}")
    for link, how in found.cuts.items():
        out.line(f"           {link} is {how}", "yellow")
    for port in found.unplugged:
        out.line(f"           {port} has no cable but is still configured", "yellow")


def _listed(names: Sequence[str], every: bool) -> str:
    """Return names for a screen; all of them with -v."""
    if every or len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(names[:MANY])} and {len(names) - MANY} more (-v)"
