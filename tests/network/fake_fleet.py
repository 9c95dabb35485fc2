"""A fleet of fake routers that keep state: running, confirmed, pending; faults can be put into each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from baubau_ops.core.errors import BaubauError, FailedError, UnreachableError


@dataclass
class FakeRouter:
    """What the transaction needs of a NAPALM driver; it goes back by itself when `reverts` is set."""

    name: str
    running: str = "old"
    confirmed: str = "old"
    previous: str = "older"
    candidate: str = ""
    pending: bool = False
    unreachable: bool = False
    apply_fails: str = ""
    confirm_fails: str = ""
    rollback_fails: str = ""
    reverts: bool = False
    """Goes back by its own timer after a rollback that did not get through."""
    appears_with: FakeRouter | None = None
    """Not reachable before that router runs something new."""
    arm_fails: str = ""
    before_apply: Callable[[], object] | None = None
    calls: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    """The calls of the whole fleet in their order, each with its router."""

    @property
    def answers(self) -> bool:
        waits = self.appears_with is not None and self.appears_with.running == "old"
        return not self.unreachable and not waits

    def _note(self, call: str) -> None:
        self.calls.append(call)
        self.told.append((call, self.name))

    def load_replace_candidate(self, config: str) -> None:
        self.candidate = config

    def compare_config(self) -> str:
        return "" if self.candidate == self.running else f"-{self.running}\n+{self.candidate}\n"

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        assert message
        assert revert_in is not None
        if self.arm_fails:
            raise ValueError(self.arm_fails)
        self._note("arm")
        assert self.before_apply is not None
        self.before_apply()
        self._note("apply")
        if self.apply_fails:
            raise ValueError(self.apply_fails)
        self.running, self.pending = self.candidate, True

    def confirm_commit(self) -> None:
        self._note("confirm")
        if self.confirm_fails:
            raise ValueError(self.confirm_fails)
        self.previous, self.confirmed, self.pending = self.confirmed, self.running, False

    def has_pending_commit(self) -> bool:
        if self.reverts and self.calls[-1:] == ["rollback"]:
            self.running, self.pending = self.confirmed, False
        return self.pending

    def rollback(self) -> None:
        self._note("rollback")
        if self.rollback_fails:
            raise ValueError(self.rollback_fails)
        if self.pending:
            self.running, self.pending = self.confirmed, False
        else:
            self.running = self.confirmed = self.previous


class FakeFleet:
    """Runs tasks at the same time, and turns exceptions into answers as the real one does."""

    def __init__(self, *routers: FakeRouter) -> None:
        self.routers = {router.name: router for router in routers}
        self.order: list[tuple[str, str]] = []
        self.asked: set[str] = set()
        """All that anything was ever asked of."""
        for router in routers:
            router.told = self.order

    def run(self, devices: Iterable[str], task: Callable[[str, Any], Any]) -> dict[str, Any]:
        names = list(devices)
        self.asked.update(names)
        with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
            return dict(zip(names, pool.map(lambda name: self._one(name, task), names), strict=True))

    def _one(self, name: str, task: Callable[[str, Any], Any]) -> Any:
        router = self.routers[name]
        if not router.answers:
            return UnreachableError(f"{name} cannot be reached")
        try:
            return task(name, router)
        except BaubauError as error:
            return error
        except Exception as error:
            return FailedError(f"{name}: {error}")
