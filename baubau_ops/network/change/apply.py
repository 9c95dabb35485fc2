"""Bring the routers to their intended configurations: plan, approve, then one batch of transactions after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from baubau_ops.core.errors import InputError
from baubau_ops.core.events import OnEvent, ignore
from baubau_ops.core.files import lock
from baubau_ops.core.journal import Journal
from baubau_ops.core.plan import Effect, Outcome, Status
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Role
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.change import plan
from baubau_ops.network.change.check import NetworkCheck
from baubau_ops.network.change.groups import groups
from baubau_ops.network.change.plan import NetworkPlan
from baubau_ops.network.change.transaction import Limits, Transaction
from baubau_ops.network.change.waves import Group, batches, layer
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.render import configurations, lint

Approve = Callable[[NetworkPlan], None]
"""Shows the plan and asks for approval; raises if the answer is no."""


@dataclass(slots=True)
class Report:
    """What an apply did."""

    plan: NetworkPlan
    outcomes: list[Outcome] = field(default_factory=list)
    """One outcome for every selected device."""
    name: str = ""
    """Name of the apply in the journal; empty if there was nothing to do."""


class Application:
    """One apply: its inputs and its steps."""

    def __init__(
        self,
        inventory: Inventory,
        environment: Environment,
        *,
        limits: Limits | None = None,
        budget: int = 0,
        on_event: OnEvent = ignore,
    ) -> None:
        """`budget` is the number of devices that may fail or be unreachable before nothing more is begun."""
        self._inventory = inventory
        self._environment = environment
        self._limits = limits or Limits()
        self._budget = budget
        self._on_event = on_event
        self._journal = Journal(environment.state / "journal.jsonl")

    def run(self, approve: Approve, *, devices: Iterable[str] = ()) -> Report:
        """Apply the intended configurations to `devices` (all of ours by default).

        InputError if numbers are not locked yet or a configuration does not pass lint; also whatever `approve` raises.
        """
        refuse_proposed(self._inventory)
        chosen = configurations.render(self._inventory, self._environment.platforms, (*devices,) or None)
        with (
            lock(self._environment.state / "apply.lock"),
            Fleet.of(self._inventory.topology, self._environment) as fleet,
        ):
            made = make_plan(self._inventory, chosen, fleet, self._environment)
            report = Report(made)
            approve(made)
            if made.changes:
                lint.require_clean({change.device: change.text for change in made.changes}, fleet.platforms)
                self._change(report, fleet)
                self._note_spared(report)
            report.outcomes = _complete(report.outcomes, made, chosen, self._budget)
        return report

    def _change(self, report: Report, fleet: Fleet) -> None:
        made = report.plan
        topology = self._inventory.topology
        begun = self._journal.append(
            "apply", plan=made.as_plan().hash, devices=[c.device for c in made.changes]
        )
        report.name = f"{begun.number:06}"
        check = NetworkCheck(self._inventory, fleet, made)
        plans = {change.device: change for change in made.changes}
        first, later = stages(groups(topology, made), made)
        for stage in (first, later):
            down = made.unreachable | (frozenset(made.waiting) if stage is first else frozenset())
            for batch in batches(topology, stage, installing=made.installing, down=down):
                if _failures(report.outcomes) + len(made.unreachable) > self._budget:
                    return
                members = frozenset(device for group in batch for device in group)
                transaction = Transaction(
                    name=report.name,
                    fleet=fleet,
                    secrets=self._environment.secrets,
                    check=check,
                    layer=partial(layer, topology),
                    journal=self._journal,
                    limits=self._limits,
                    on_event=self._on_event,
                )
                outcomes = transaction.run(
                    batch,
                    plans,
                    waiting=members & frozenset(made.waiting),
                    dependents=check.dependents(members),
                    settle=check.settle_time(members),
                )
                report.outcomes += outcomes
                intended = (Status.changed, Status.unchanged)
                check.accept(outcome.target for outcome in outcomes if outcome.status in intended)

    def _note_spared(self, report: Report) -> None:
        """Journal the outcome of devices that were not started because the failure budget was spent."""
        done = {outcome.target for outcome in report.outcomes}
        for change in report.plan.changes:
            if change.device not in done:
                self._journal.append("device", apply=report.name, target=change.device, result="not begun")


def make_plan(
    inventory: Inventory, texts: Mapping[str, str], fleet: Fleet, environment: Environment
) -> NetworkPlan:
    """Compare what the devices of `texts` run with what they should run."""
    topology = inventory.topology
    new = [node.name for node in topology.with_role(Role.POP, Role.SITE) if node.name in texts]
    day0 = {name: configurations.bootstrap(inventory, name, environment.platforms) for name in new}
    return plan.make(topology, texts, day0, fleet, environment.secrets)


def refuse_proposed(inventory: Inventory) -> None:
    """InputError if some numbers are only proposed: numbers must be locked before they are applied."""
    if inventory.proposed:
        names = ", ".join(sorted(inventory.proposed))
        raise InputError(
            f"The numbers of {names} are only proposed.", remedy="Lock them with: baubau inventory allocate"
        )


def stages(groups: Sequence[Group], made: NetworkPlan) -> tuple[list[Group], list[Group]]:
    """Split groups into those with a device that answers now, and those in which all devices wait for others."""
    first = [group for group in groups if not set(group) <= set(made.waiting)]
    return first, [group for group in groups if group not in first]


def _failures(outcomes: Iterable[Outcome]) -> int:
    return sum(
        outcome.status in (Status.failed, Status.rolled_back, Status.unreachable) for outcome in outcomes
    )


def _complete(
    done: Sequence[Outcome], made: NetworkPlan, chosen: Iterable[str], budget: int
) -> list[Outcome]:
    """An outcome for every selected device, sorted by name."""
    known = {outcome.target: outcome for outcome in done}
    failed = _failures(done) + len(made.unreachable)
    for name in chosen:
        if name in known:
            continue
        error = made.failed.get(name)
        if error is not None:
            status = Status.unreachable if name in made.unreachable else Status.failed
            known[name] = Outcome(name, status, str(error))
        elif name in made.waiting or made.devices[name].effect is not Effect.none:
            reason = f"stopped before it: {failed} failed or did not answer, --budget allows {budget}"
            known[name] = Outcome(name, Status.not_run, reason)
        else:
            known[name] = Outcome(name, Status.unchanged, "up to date")
    return [known[name] for name in sorted(known)]
