"""The real fleet over fake devices that keep state: running, confirmed, armed; faults can be put into each.

A fake has the limits of the real thing: the fleet's workers are what they are, and a step out of its order is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from baubau_ops.core.errors import FailedError, UnreachableError
from baubau_ops.core.secrets import Secrets
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.fleet.fleet import Fleet
from baubau_ops.network.platforms.frr.platform import Frr
from baubau_ops.network.platforms.session import REVERT_SECONDS


@dataclass
class FakeRouter:
    """A device with what a session needs; it goes back by itself when `reverts` is set."""

    name: str
    running: str = "old"
    confirmed: str = "old"
    previous: str = "older"
    armed: str | None = None
    """The text that waits to be applied or confirmed."""
    unreachable: bool = False
    arm_fails: str = ""
    apply_fails: str = ""
    confirm_fails: str = ""
    revert_fails: str = ""
    reverts: bool = False
    """Goes back by its own timer after a revert that did not get through."""
    appears_with: FakeRouter | None = None
    """Not reachable before that router runs something new."""
    calls: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    """The calls of the whole fleet in their order, each with its router."""

    @property
    def answers(self) -> bool:
        waits = self.appears_with is not None and self.appears_with.running == "old"
        return not self.unreachable and not waits

    @property
    def is_pending(self) -> bool:
        return self.armed is not None

    def take(self, call: str, failure: str) -> None:
        """Note a step that is taken on the router, and fail as it is told to."""
        self.calls.append(call)
        self.told.append((call, self.name))
        if failure:
            raise FailedError(f"{self.name}: {failure}")

    def compare(self, candidate: str) -> str:
        return "" if candidate == self.running else f"-{self.running}\n+{candidate}\n"

    def go_back(self) -> None:
        self.running, self.armed = self.confirmed, None


class FakeSession:
    """A session with a fake router: the steps in their order only."""

    def __init__(self, router: FakeRouter, min_revert_in: int) -> None:
        self._router = router
        self._min_revert_in = min_revert_in
        self._candidate: str | None = None

    def load(self, text: str) -> None:
        self._reached()
        self._candidate = text

    def diff(self) -> str:
        router = self._reached()
        return "" if self._candidate is None else router.compare(self._candidate)

    def arm(self, revert_in: int, message: str) -> bool:
        router = self._reached()
        assert message
        self._require(revert_in >= self._min_revert_in, "the time to revert is too short")
        self._require(not router.is_pending, "a change is pending")
        self._require(self._candidate is not None, "no candidate is loaded")
        assert self._candidate is not None
        if not router.compare(self._candidate):
            return False
        router.take("arm", router.arm_fails)
        router.armed = self._candidate
        return True

    def apply(self) -> None:
        router = self._reached()
        self._require(router.armed is not None and router.running == router.confirmed, "nothing is armed")
        assert router.armed is not None
        if router.apply_fails:  # a device takes back at once what it could not apply
            router.armed = None
        router.take("apply", router.apply_fails)
        router.running = router.armed

    def confirm(self) -> None:
        router = self._reached()
        self._require(router.is_pending, "nothing is pending")
        self._require(router.running == router.armed, "what is armed was not applied")
        router.take("confirm", router.confirm_fails)
        router.previous, router.confirmed, router.armed = router.confirmed, router.running, None

    def revert(self) -> None:
        router = self._reached()
        router.take("revert", router.revert_fails)
        if not router.is_pending:
            router.confirmed = router.previous
        router.go_back()

    def pending(self) -> bool:
        router = self._reached()
        if router.reverts and router.calls[-1:] == ["revert"]:
            router.go_back()
        return router.is_pending

    def run(self, script: str) -> str:
        self._reached()
        return script

    def close(self) -> None:
        """What is pending stays so."""

    def _reached(self) -> FakeRouter:
        if not self._router.answers:
            raise UnreachableError(f"{self._router.name} cannot be reached")
        return self._router

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise FailedError(f"{self._router.name}: {otherwise}")


class FakePlatform(Frr):
    """Fake routers by name, and who was asked for a session. Their diffs are FRR's."""

    def __init__(self, routers: Iterable[FakeRouter]) -> None:
        self.routers = {router.name: router for router in routers}
        self.asked: set[str] = set()

    def connect(
        self, device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS
    ) -> FakeSession:
        assert environment
        self.asked.add(device)
        if not self.routers[device].answers:
            raise UnreachableError(f"{device} cannot be reached")
        return FakeSession(self.routers[device], min_revert_in)


class FakeFleet(Fleet):
    """The real fleet; what it drives is not real."""

    def __init__(self, *routers: FakeRouter) -> None:
        self.platform = FakePlatform(routers)
        super().__init__(dict.fromkeys(self.platform.routers, self.platform), nowhere(), min_revert_in=0)
        self.order: list[tuple[str, str]] = []
        for router in routers:
            router.told = self.order

    @property
    def routers(self) -> dict[str, FakeRouter]:
        return self.platform.routers

    @property
    def asked(self) -> set[str]:
        """All that a session was ever wanted with."""
        return self.platform.asked


def nowhere() -> Environment:
    """An environment in which nothing is reached over SSH."""
    return Environment(
        name="nowhere",
        ssh_config=Path("/dev/null"),
        secrets=Secrets({}),
        state=Path("/nonexistent"),
        asks=False,
        connect_timeout=1.0,
        command_timeout=1.0,
    )
