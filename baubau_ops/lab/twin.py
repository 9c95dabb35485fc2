"""The lifecycle of a twin: up (also repeated, after a crash or after a change to the city), status, down.

The present state is always read from the kernel, never from a record: so every step can be killed and repeated.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.files import lock
from baubau_ops.core.settings import run_dir, state_dir
from baubau_ops.core.units import counted
from baubau_ops.lab import ssh
from baubau_ops.lab.host import capacity, netns
from baubau_ops.lab.host.cgroups import named as groups_named
from baubau_ops.lab.host.names import PLANT, check_name, lock_path, places
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.build import root_of
from baubau_ops.lab.layout.layout import Booted, End, Layout
from baubau_ops.lab.nodes import bare, booted
from baubau_ops.lab.nodes.plant import Cut, Plant, plant_port
from baubau_ops.lab.probes.responding import start_responder, stop_responder
from baubau_ops.lab.record import Record
from baubau_ops.lab.store import Store

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 300.0
"""Seconds to wait for another `up` or `down` of the same twin."""

NODES_PER_CORE = 3
"""Nodes that boot at the same time on each core; more would only wait for each other."""


@dataclass(frozen=True, slots=True)
class Status:
    """The present state of a twin."""

    name: str
    inventory: Path | None
    """The folder of the city that it runs; None when it never came up."""
    complete: bool
    """False while `up` has not finished, or was killed."""
    running: Sequence[str]
    """Names of the booted machines that are powered on."""
    off: Sequence[str]
    machines: Sequence[str]
    links: Sequence[str]
    cuts: dict[str, Cut]
    """Kind of cut for each link or port that is cut."""
    unplugged: Sequence[str]
    """Ports (`<machine>:<port>`) that have lost their wire while their machine still configures them."""
    images: dict[str, str]
    """Image of each booted machine, by the machine's name."""


def up(
    twin: str,
    layout: Layout,
    *,
    inventory: Path,
    state: Path,
    texts: Iterable[str] = (),
    on_event: OnEvent = ignore,
) -> None:
    """Make the twin match `layout`: boot and wire what is missing, remove what is no longer needed.

    Running machines only gain or lose ports. `state` is the environment's folder; `texts` are the configurations
    that routers will get later: their secrets are generated now. Raises MissingError, before anything is changed,
    when the machine is too small.
    """
    check_name(twin)
    running = _running(twin)
    more = [each for each in layout.booted.values() if each.name not in running]
    capacity.check([each.memory for each in more], kind=_kind(more))
    with lock(lock_path(twin), timeout=LOCK_TIMEOUT):
        record = Record(twin)
        state = record.claim(inventory, state)
        capacity.raise_limits(len(layout.wires), on_event)
        roots = {name: root_of(image, on_event) for name, image in layout.images.items()}
        store = Store(state)
        store.create()
        store.secrets_for([*layout.texts, *texts])
        began = time.monotonic()
        _reconcile(twin, layout, store, record, roots, on_event)
        ssh.write_config(twin, store, layout.addresses)
        record.complete(layout)
        kinds = Counter(each.image for each in layout.booted.values())
        parts = [counted(count, kind) for kind, count in kinds.items()]
        detail = ", ".join([*parts, f"{len(layout.bare)} machines", f"{len(layout.wires)} wires"])
        on_event(Event("done", "twin", detail=detail, seconds=time.monotonic() - began))


def _reconcile(
    twin: str,
    layout: Layout,
    store: Store,
    record: Record,
    roots: Mapping[str, Path],
    on_event: OnEvent,
) -> None:
    plant = Plant(twin)
    plant.create()
    old = record.layout()
    there = set(places(twin)) - {PLANT}
    running = _running(twin) & set(layout.booted)
    unchanged = {name for name, each in layout.bare.items() if old is not None and old.bare.get(name) == each}
    kept = there & (running | unchanged)
    new = layout.places - kept
    if there - kept:
        stop_responder(twin)  # the responder's sockets would keep their namespaces alive
        _remove(twin, there - kept)
    _forget(twin, layout, store)
    _remove_wires(twin, plant, layout, kept & set(layout.booted))
    _make(twin, plant, layout, new)
    started = [] if record.was_complete else [layout.booted[name] for name in sorted(running)]
    to_boot = [each for each in layout.booted.values() if each.name in new]
    _prepare(twin, to_boot, store, roots)
    _boot(twin, to_boot, started, store, on_event)
    start_responder(twin, layout, restart=old != layout)


def _remove(twin: str, surplus: Iterable[str]) -> None:
    """Remove places that the city no longer has, and dead or changed places that will be recreated."""
    booted.end(twin, sorted(surplus))
    netns.delete([name_of(twin, place) for place in sorted(surplus)])


def _forget(twin: str, layout: Layout, store: Store) -> None:
    """Remove the disks and keys of machines that the city no longer has."""
    for disk in booted.disks(twin):
        if disk.name not in layout.booted:
            booted.discard(twin, disk.name)
            store.forget(disk.name)


def _remove_wires(twin: str, plant: Plant, layout: Layout, running: Collection[str]) -> None:
    """Remove wires that the city no longer has, and their ports.

    A running machine keeps a port that is still configured: a real port does not vanish with its cable, and a
    router's configuration is changed later, by other code.
    """
    wanted = {end for wire in layout.wires.values() for end in wire.ends}
    surplus = plant.ports() - {plant_port(end) for end in wanted}
    there = (
        {End(place, port) for place in running for port in netns.ports(name_of(twin, place))}
        if surplus
        else set()
    )
    kept = {
        end
        for end in there
        if plant_port(end) in surplus and netns.is_configured(name_of(twin, end.place), end.port)
    }
    plant.unplug(kept)
    plant.drop(surplus - {plant_port(end) for end in kept})
    off = set(layout.booted) - set(running)  # their configured ports are seen once they run
    plant.forget(end for end in plant.unplugged() - kept if end in wanted or end.place not in off)
    plant.take_away(plant.laid().keys() - layout.wires.keys())
    plant.forget_cuts(layout.wires.values())


def _make(twin: str, plant: Plant, layout: Layout, new: Collection[str]) -> None:
    """Lay the missing wires, create new places and plug in every unplugged port."""
    plant.lay(layout.wires.values())
    netns.add([name_of(twin, place) for place in sorted(new)])
    end_systems = [layout.bare[place] for place in sorted(new) if place in layout.bare]
    for machine in end_systems:
        bare.quiet(twin, machine)
    laid = plant.laid()
    missing = [
        (wire, end)
        for wire in layout.wires.values()
        for end in wire.ends
        if end.place in new or plant_port(end) not in laid[wire.id].ports
    ]
    plant.plug(missing, fresh=new)
    for place in sorted(set(new) & {end.place for end in plant.unplugged()}):
        plant.replug(place)
    plant.settle(layout.wires.values(), powered=layout.places)
    for machine in end_systems:
        bare.configure(twin, machine)


def _prepare(twin: str, machines: Iterable[Booted], store: Store, roots: Mapping[str, Path]) -> None:
    """Give each machine without a disk a new one with its initial files; `roots` holds the images by name."""
    secrets = store.secrets()
    for each in machines:
        files = {path: replace(file, text=secrets.fill(file.text)) for path, file in each.files.items()}
        booted.prepare(twin, replace(each, files=files), store.identity(each.name), roots[each.image])


def _boot(
    twin: str, new: Sequence[Booted], started: Sequence[Booted], store: Store, on_event: OnEvent
) -> None:
    """Boot machines from their disks; wait for them and for machines that a killed `up` had started."""
    if not new and not started:
        return
    began = time.monotonic()
    total = len(new) + len(started)
    done = itertools.count(1)

    def ready(name: str, seconds: float) -> None:
        on_event(Event("progress", "boot", done=next(done), total=total, seconds=seconds, detail=name))

    on_event(Event("start", "boot", total=total))
    at_once = NODES_PER_CORE * len(os.sched_getaffinity(0))
    booted.boot_all(twin, new, volumes=store.volumes, started=started, at_once=at_once, on_ready=ready)
    answer = "answers at its console" if total == 1 else "answer at their consoles"
    detail = f"{counted(total, _kind([*new, *started]))} {answer}"
    on_event(Event("done", "boot", detail=detail, seconds=time.monotonic() - began))


def _kind(machines: Iterable[Booted]) -> str:
    """The kind of some machines in one word: their image's name if all have the same image."""
    images = {each.image for each in machines}
    return images.pop() if len(images) == 1 else "machine"


def _running(twin: str) -> set[str]:
    """The places that have a booted system."""
    prefix = name_of(twin, "")
    return {
        name.removeprefix(prefix) for name in netns.inits([name_of(twin, place) for place in places(twin)])
    }


def down(twin: str, *, on_event: OnEvent = ignore) -> bool:
    """Remove everything that belongs to a twin, found by name alone; return whether there was anything.

    It works after any crash, and can be repeated after its own.
    """
    check_name(twin)
    with lock(lock_path(twin), timeout=LOCK_TIMEOUT):
        began = time.monotonic()
        record = Record(twin)
        stop_responder(twin)
        left = places(twin)
        prefix = name_of(twin, "")
        ended = {*left, *(name.removeprefix(prefix) for name in groups_named(prefix))}
        booted.end(twin, ended)
        # The plant is removed last: while it exists, the rest of the twin may exist too.
        last = sorted(left, key=lambda place: place == PLANT)
        netns.delete_at_once([name_of(twin, place) for place in last])
        booted.unmount([run_dir(twin)])
        Store(record.state or state_dir(f"lab:{twin}")).remove()
        existed = bool(left) or run_dir(twin).exists()
        shutil.rmtree(run_dir(twin), ignore_errors=True)
        if existed:
            on_event(Event("done", "down", detail=f"{twin} is gone", seconds=time.monotonic() - began))
        lock_path(twin).unlink()
        return existed


def status(twin: str) -> Status:
    """Return the present state of a twin."""
    record = Record(twin)
    there = set(places(twin))
    running = _running(twin)
    images = {disk.name: booted.image_of(disk) for disk in booted.disks(twin)}
    plant = Plant(twin) if PLANT in there else None
    laid = plant.laid() if plant else {}
    unplugged = plant.unplugged() if plant else ()
    return Status(
        name=twin,
        inventory=record.inventory,
        complete=record.is_complete,
        running=sorted(running),
        off=sorted(images.keys() - running),
        machines=sorted(there - images.keys() - running - {PLANT}),
        links=sorted(wire for wire in laid if ":" not in wire),
        cuts={name: cut for wire in laid.values() for name, cut in wire.cuts.items()},
        unplugged=sorted(map(str, unplugged)),
        images=images,
    )
