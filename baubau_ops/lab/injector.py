"""Injects faults on the twin: cuts and mends wires in the plant, powers booted machines off and on."""

from __future__ import annotations

from baubau_ops.core.errors import InputError
from baubau_ops.core.files import lock
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.topology import pop_device
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import lock_path, places
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Booted, End, Layout, Wire
from baubau_ops.lab.nodes import booted
from baubau_ops.lab.nodes.plant import Plant
from baubau_ops.lab.record import Record
from baubau_ops.lab.store import Store

LOCK_TIMEOUT = 60.0
"""Seconds to wait for another change to the same twin."""


class LabInjector:
    """The injector of a running twin (see `inventory.environment.Injector`)."""

    def __init__(self, twin: str, layout: Layout) -> None:
        self.twin = twin
        self.layout = layout
        self._plant = Plant(twin)

    def cut(self, link: str, *, silent: bool) -> None:
        """Stop all traffic on a link: silently, so that both ports stay up, or with both ports down."""
        wire, end = find_link(self.layout, link)
        with lock(lock_path(self.twin), timeout=LOCK_TIMEOUT):
            if end is None:
                self._plant.cut(wire, silent=silent, powered=self._powered())
            else:
                self._plant.cut_off(wire, end, silent=silent, powered=self._powered())

    def mend(self, link: str) -> None:
        """Let traffic pass again on a link; do nothing when it is not cut."""
        wire, end = find_link(self.layout, link)
        with lock(lock_path(self.twin), timeout=LOCK_TIMEOUT):
            if end is None:
                self._plant.mend(wire, powered=self._powered())
            else:
                self._plant.rejoin(wire, end, powered=self._powered())

    def mend_all(self) -> list[str]:
        """Mend every link that is cut; return the links that were cut."""
        with lock(lock_path(self.twin), timeout=LOCK_TIMEOUT):
            laid, powered = self._plant.laid().values(), self._powered()
            for each in (each for each in laid if each.cuts):
                wire = self.layout.wires[each.id]
                for end in each.apart:
                    self._plant.rejoin(wire, end, powered)
                if each.cut:
                    self._plant.mend(wire, powered)
            return [name for each in laid for name in each.cuts]

    def power_off(self, node: str) -> None:
        """Cut a booted machine's power: it loses its running state, and its neighbours lose carrier."""
        node = find_booted(self.layout, node).name
        with lock(lock_path(self.twin), timeout=LOCK_TIMEOUT):
            if node in places(self.twin):
                self._plant.settle(self.layout.wires_of(node), powered=self._powered() - {node})
                booted.end(self.twin, [node])
                netns.delete([name_of(self.twin, node)])

    def power_on(self, node: str) -> None:
        """Boot a machine from its disk in a new namespace, and wait until its console answers."""
        machine = find_booted(self.layout, node)
        node = machine.name
        with lock(lock_path(self.twin), timeout=LOCK_TIMEOUT):
            if node in places(self.twin):
                return
            wires = self.layout.wires_of(node)
            netns.add([name_of(self.twin, node)])
            self._plant.plug([(wire, end) for wire in wires for end in wire.at(node)], fresh={node})
            self._plant.replug(node)
            self._plant.settle(wires, powered=self._powered())
            booted.boot_all(
                self.twin,
                [machine],
                volumes=self._store().volumes,
                at_once=1,
                on_ready=lambda _node, _seconds: None,
            )

    def _store(self) -> Store:
        state = Record(self.twin).state
        assert state is not None, "a twin that is up has said where its state lies"
        return Store(state)

    def _powered(self) -> set[str]:
        return set(places(self.twin))


def find_link(layout: Layout, link: str) -> tuple[Wire, End | None]:
    """Return a wire by its id, or by its ends in either order, with POP ids for POPs (`wolio--murhum`).

    With a port where `link` is one machine's part of a LAN (`<machine>:<port>`).
    """
    known: dict[str, tuple[Wire, End | None]] = {
        str(end): (wire, end) for wire in layout.wires.values() if wire.is_lan for end in wire.ends
    }
    known |= {alias: (wire, None) for wire in layout.wires.values() for alias in _aliases(wire)}
    if link not in known:
        raise InputError(
            f'The twin has no link "{link}".{did_you_mean(link, known)}',
            remedy="All links: baubau lab status",
        )
    return known[link]


def _aliases(wire: Wire) -> set[str]:
    a, separator, b = wire.id.partition("--")
    if not separator:
        return {wire.id}
    parallel = b.removeprefix(wire.ends[1].place)  # "-b" for a second link between the same two
    ends = [{end.place, end.place.removeprefix("pop-")} for end in wire.ends]
    names = {f"{x}--{y}{parallel}" for x in ends[0] for y in ends[1]}
    return names | {f"{y}--{x}{parallel}" for x in ends[0] for y in ends[1]} | {f"{a}--{b}"}


def find_booted(layout: Layout, name: str) -> Booted:
    """Return a booted machine by its name, or a POP's router by the POP's id; InputError for anything else."""
    for candidate in (name, pop_device(name)):
        if candidate in layout.booted:
            return layout.booted[candidate]
    raise InputError(f'The twin boots no "{name}".{did_you_mean(name, layout.booted)}')
