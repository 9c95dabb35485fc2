"""The story of one OPD link on the small city's twin: from nothing to packets, and through a fibre cut."""

from __future__ import annotations

import shutil
from pathlib import Path

from baubau_ops.core import settings
from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.events import OnEvent, ignore
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Status
from baubau_ops.core.units import format_rate
from baubau_ops.drills.outage import cut_silently
from baubau_ops.flows import twin as flow
from baubau_ops.flows.link import addition
from baubau_ops.flows.story import Story
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import pop_device, site_device
from baubau_ops.inventory.edit.site import NewSite
from baubau_ops.inventory.environment import Environment, Injector, Vantage
from baubau_ops.inventory.load import load
from baubau_ops.inventory.views.map.svg import Highlights, draw_map
from baubau_ops.lab import twin as lab
from baubau_ops.lab.environment import environment, inventory_of
from baubau_ops.network.change.apply import Application, Report
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.fleet.reading import lost_sessions
from baubau_ops.network.verify.network import verify_network

OFFICE = NewSite(
    id="dinas-pariwisata",
    name="Dinas Pariwisata",
    kind="agency",
    pop="murhum",
    media="fibre",
    committed="50M",
    peak="100M",
    segments=("office", "cctv", "wifi"),
    status="built",
)
SPAN = "pop-murhum--pop-wolio"
"""A span on the office's shortest path to the data center."""
TOLERANCE = 0.10
"""Tolerated relative deviation of a measured rate from the promised one."""


class Demo:
    """One run of the story on its own twin. If a step fails, `story` is complete up to that step."""

    def __init__(self, twin: str, on_event: OnEvent = ignore) -> None:
        self.twin = twin
        self.story = Story("Kota Baubau: one OPD link, from the inventory to packets", on_event)
        self._on_event = on_event

    @property
    def folder(self) -> Path:
        """The copy of the small city that the demo edits: the checkout stays unchanged."""
        return settings.state_dir(f"lab:{self.twin}").parent / f"{self.twin}-city"

    def tell(self) -> None:
        """Run all steps except the last; an error is raised and stays in the story."""
        city = self._boot()
        self._configure(city)
        self._prove(city)
        city = self._open_office()
        self._use_office(city)
        self._cut(city)

    def end(self) -> None:
        """Take everything down; this is safe at any time and can be repeated."""
        with self.story.step("Mend it, take the twin down, leave nothing") as step:
            self.clean_up()
            step.found = "no namespace, mount or process left"

    def clean_up(self) -> None:
        """Remove the twin and the copy of the city."""
        lab.down(self.twin, on_event=self._on_event)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _boot(self) -> Inventory:
        if inventory_of(self.twin) is not None:
            raise InputError(
                f'A twin "{self.twin}" is up already.',
                remedy=f"Remove it: baubau lab down --name {self.twin}",
            )
        with self.story.step("Boot the city's twin") as step:
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.copytree(settings.root() / "examples/small", self.folder)
            city = flow.up(self.twin, self.folder, on_event=self._on_event)
            vantage = _vantage(self._environment())
            step.found = f"{len(city.topology.ours)} routers, {len(vantage.machines())} other machines"
            step.drawing = draw_map(city)
        return city

    def _configure(self, city: Inventory) -> None:
        with self.story.step("Configure all routers from nothing") as step:
            application = Application(city, self._environment(), on_event=self._on_event)
            applied = _changed(application.run(_unasked))
            again = application.run(_unasked)
            if again.plan.changes:
                raise FailedError(f"A second plan still has {len(again.plan.changes)} changes.")
            step.found = f"{applied} of {len(city.topology.ours)}, a second plan is empty"

    def _prove(self, city: Inventory) -> None:
        with self.story.step("Compare it with the intent, prove the policy by packets") as step:
            step.found = self._verify(city, probe=True)

    def _open_office(self) -> Inventory:
        with self.story.step(f"Open an office: {OFFICE.name}") as step:
            opening = addition(self.folder, OFFICE, self._environment().platforms)
            written = opening.write(opening.plan(), Journal(self._environment().state / "journal.jsonl"))
            report = opening.apply(
                written, self._environment, _unasked, twin=self.twin, on_event=self._on_event
            )
            _changed(report)
            city = load(self.folder)
            step.found = f"{len(written.devices)} routers changed, {written.untouched} left alone"
            step.details += [f"{one.target}: {one.what}, {one.word}" for one in written.changes]
            step.drawing = draw_map(city, Highlights(new=frozenset({site_device(OFFICE.id)})))
        return city

    def _use_office(self, city: Inventory) -> None:
        with self.story.step("Its traffic: what it may reach, what it may not, how fast") as step:
            seen = self._verify(city, probe=True, only=OFFICE.id)
            vantage = _vantage(self._environment())
            pair = (pop_device(OFFICE.pop), site_device(OFFICE.id))
            with Fleet.of(city.topology, self._environment()) as fleet:
                before = lost_sessions(fleet, pair)
                down = vantage.throughput("host-services", f"{OFFICE.id}-office")
                up = vantage.throughput(f"{OFFICE.id}-office", "host-services")
                lost = lost_sessions(fleet, pair) - before
            link = city.sites[OFFICE.id].links[0]
            step.details += [
                seen,
                f"down {format_rate(down)}bit/s, up {format_rate(up)}bit/s, {lost} sessions lost",
            ]
            for direction, measured, promised in (("down", down, link.peak.down), ("up", up, link.peak.up)):
                if abs(measured - promised) > TOLERANCE * promised:
                    raise FailedError(
                        f"{direction}: {format_rate(measured)} measured, {format_rate(promised)} promised"
                    )
            if lost:
                raise FailedError(f"the full link dropped {lost} routing sessions")
            step.found = f"{seen}; {down / 1e6:.1f} of {link.peak.down / 1e6:.0f} Mbit/s, no session lost"

    def _cut(self, city: Inventory) -> None:
        with self.story.step(f"Cut the fibre {SPAN} without a signal") as step:
            surroundings = self._environment()
            vantage, injector = _vantage(surroundings), _injector(surroundings)
            outage = cut_silently(
                vantage, injector, SPAN, f"{OFFICE.id}-office", city.numbers.services["dns"]
            )
            found = f"{outage.longest * 1000:.0f} ms ({outage.lost} of {outage.sent} probes, 5 ms apart)"
            step.found = f"lost {found}"
            step.drawing = draw_map(city, Highlights(cut=frozenset({SPAN})))

    def _verify(self, city: Inventory, *, probe: bool, only: str | None = None) -> str:
        verdict = verify_network(city, self._environment(), probe=probe, only=only, on_event=self._on_event)
        if verdict.exit_code:
            raise FailedError(
                f"{verdict.summary}: {verdict.findings[0]}" if verdict.findings else verdict.summary
            )
        return verdict.summary

    def _environment(self) -> Environment:
        return environment(self.twin)


def _unasked(_made: NetworkPlan) -> None:
    """Approve without asking, because the twin belongs to the demo."""


def _changed(report: Report) -> int:
    """Return how many routers an apply changed; FailedError when one failed."""
    for outcome in report.outcomes:
        if outcome.status not in (Status.changed, Status.unchanged):
            raise FailedError(f"{outcome.target}: {outcome.status.value}: {outcome.reason}")
    return sum(outcome.status is Status.changed for outcome in report.outcomes)


def _vantage(surroundings: Environment) -> Vantage:
    assert surroundings.vantage is not None, "a twin has one"
    return surroundings.vantage


def _injector(surroundings: Environment) -> Injector:
    assert surroundings.injector is not None, "a twin has one"
    return surroundings.injector
