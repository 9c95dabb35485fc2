"""Tries incomplete configurations on running routers, each under the router's own revert timer, so that none stays.

This is made for a twin: a router may lose all its sessions, and be reachable again only after it has rolled back.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from baubau_ops.core.errors import BaubauError, FailedError, MissingError, UnreachableError
from baubau_ops.core.files import lock
from baubau_ops.core.poll import settle
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.compare.router import check
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.coverage.result import Notice
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.expect.network import expected
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet
from baubau_ops.network.fleet.reading import check_settings, read_states
from baubau_ops.network.platforms.lines import Removal
from baubau_ops.network.platforms.platform import LintProblem
from baubau_ops.network.platforms.session import Session
from baubau_ops.network.probe.pairs import pairs
from baubau_ops.network.probe.prove import probe
from baubau_ops.network.render.lint import lint
from baubau_ops.network.verify.network import counters_of

REVERT_IN = 60
"""Seconds after which a router rolls back by itself; probing the whole city takes less."""
QUIET = 2.5
"""Seconds for which a good or a bad result must last: after a change, even a healthy network needs to converge."""
LATE = 10.5
"""Seconds for which a good result must last if problems show late: BGP notices a lost neighbour only after its hold
time of 9 s."""
PATIENCE = 20.0
"""Seconds in which a comparison must come to a lasting result, good or bad."""
RECOVER = 90.0
"""Seconds in which a network must recover from the loss of a core."""


@contextmanager
def open_bench(inventory: Inventory, environment: Environment) -> Iterator[TwinBench]:
    """Yield a bench on a network that is as intended; FailedError if it is not, or if another change is in progress."""
    with (
        lock(environment.state / "apply.lock"),
        Fleet.of(inventory.topology, environment, min_revert_in=REVERT_IN) as fleet,
    ):
        bench = TwinBench(inventory, environment, fleet)
        bench.require_intended()
        yield bench


class TwinBench:
    """Removes classes from the configurations of one environment's routers."""

    def __init__(self, inventory: Inventory, environment: Environment, fleet: Fleet) -> None:
        """`fleet` must accept REVERT_IN (its `min_revert_in`). MissingError if there is no place to probe from."""
        if environment.vantage is None:
            raise MissingError(f"{environment.name} has no machines to send probes from.")
        self._vantage = environment.vantage
        self._fleet = fleet
        self._secrets = environment.secrets
        self._expected = expected(inventory).routers
        self._models = derive(inventory)
        self._texts = {name: fleet.platforms[name].render(model) for name, model in self._models.items()}
        self._topology = inventory.topology
        self._pairs = pairs(inventory, self._vantage.machines())

    def require_intended(self) -> None:
        """Refuse to begin if the network is not as intended: the results would mean nothing."""
        verdict = settle(lambda: self._verdict(self._expected), lambda verdict: verdict.fine, PATIENCE)
        if not verdict.fine:
            first = verdict.findings[0] if verdict.findings else "nothing was read"
            raise FailedError(f"The network is not as intended: {first}", remedy="baubau net apply")
        if wrong := self.probe():
            raise FailedError(f"The policy does not hold: {wrong}", remedy="baubau net verify --probe")

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        """Check configurations as before an apply."""
        return lint(texts, self._fleet.platforms)

    def remove(self, removal: Removal) -> tuple[Notice, str] | None:
        """Apply the configuration, armed. If the router cannot be reached afterwards, it has applied it."""

        def commit(_device: str, session: Session) -> bool:
            session.load(self._secrets.fill(removal.text))
            if not session.arm(REVERT_IN, f"coverage {removal.line_class}"):
                return False
            session.apply()
            return True

        answer = self._fleet.run([removal.device], commit)[removal.device]
        if answer is False:
            return Notice.NOTHING, ""
        if isinstance(answer, BaubauError) and not isinstance(answer, UnreachableError):
            return Notice.ROUTER, str(answer)
        return None

    def verify(self, removal: Removal) -> str:
        """Read the router and its neighbours until they have been good, or bad, for long enough."""
        device = removal.device
        late = removal.shows_late
        near = {device, *(link.far(device).node for link in self._topology.links_of(device))} & set(
            self._expected
        )
        since, was_fine = time.monotonic(), True

        def lasts(verdict: Verdict) -> bool:
            nonlocal since, was_fine
            now = time.monotonic()
            if verdict.fine != was_fine:
                since, was_fine = now, verdict.fine
            return now - since >= (LATE if late and verdict.fine else QUIET)

        verdict = settle(lambda: self._verdict(sorted(near)), lasts, PATIENCE)
        if verdict.fine:
            verdict = check_settings(self._fleet, [self._models[device]])
        return str(verdict.findings[0]) if verdict.findings else ""

    def probe(self) -> str:
        """Try all pairs."""
        report = probe(self._pairs, self._vantage, counters_of(self._fleet))
        return report.failures[0].reason if report.failures else ""

    def restore(self, device: str) -> None:
        """Roll back, or wait until the router has done so; then wait for its surroundings."""
        end_change = _intended(self._secrets.fill(self._texts[device]))

        def ended() -> bool | BaubauError:
            answer = self._fleet.run([device], end_change)[device]
            if answer is not True:
                self._fleet.close_session(device)
            return answer

        answer = settle(ended, lambda answer: answer is True, REVERT_IN + RECOVER, interval=0.5)
        if answer is not True:
            raise FailedError(f"{device} did not come back: {answer}", remedy=f"baubau net apply {device}")
        everyone = list(self._expected)
        verdict = settle(lambda: self._verdict(everyone), lambda verdict: verdict.fine, RECOVER, interval=0.5)
        if not verdict.fine:
            raise FailedError(f"After {device} was restored: {verdict.findings[0]}")

    def _verdict(self, devices: Iterable[str]) -> Verdict:
        seen = read_states(self._fleet, devices)
        return Verdict.join(check(self._expected[name], answer) for name, answer in seen.items())


def _intended(text: str) -> DeviceTask[bool]:
    """Make the task that ends a pending change and returns whether the router runs its intended configuration."""

    def task(_device: str, session: Session) -> bool:
        if session.pending():
            session.revert()
        session.load(text)
        return not session.diff()

    return task
