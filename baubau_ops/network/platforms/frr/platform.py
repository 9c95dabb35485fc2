"""The platform `frr`: each function is imported only when it is called.

The renderer takes longer to import than it takes to read a router.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from baubau_ops.core.errors import BaubauError
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.diff import DiffLine
from baubau_ops.network.platforms.lines import Key, Removal, Written
from baubau_ops.network.platforms.platform import LintProblem, Platform
from baubau_ops.network.platforms.session import REVERT_SECONDS, Session
from baubau_ops.network.platforms.translations import Search, TranslationEvent
from baubau_ops.network.state.router_state import RouterState


class Frr:
    """FRR on Debian: its packet filter, queues, kernel settings and helpers are in one configuration."""

    name = "frr"
    suffix = ".conf"

    def render(self, router: Router) -> str:
        from baubau_ops.network.platforms.frr.render.text import render_router

        return render_router(router)

    def render_day0(self, router: Router) -> str:
        from baubau_ops.network.platforms.frr.render.text import render_day0

        return render_day0(router)

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        from baubau_ops.network.platforms.frr.lint.lint import lint

        return lint(texts)

    def read_diff(self, diff: str) -> tuple[DiffLine, ...]:
        from baubau_ops.network.platforms.frr.diff import read_diff

        return read_diff(diff)

    def mask_keys(self, diff: str) -> str:
        from baubau_ops.network.platforms.frr.diff import mask_keys

        return mask_keys(diff)

    def connect(
        self, device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS
    ) -> Session:
        from baubau_ops.network.platforms.frr.session import connect

        return connect(device, environment, min_revert_in=min_revert_in)

    def read_state(self, device: str, session: Session) -> RouterState:
        from baubau_ops.network.platforms.frr.state.read import read_state

        return read_state(device, session)

    def read_counters(self, device: str, session: Session) -> Mapping[str, int]:
        from baubau_ops.network.platforms.frr.state.read import read_counters

        return read_counters(device, session)

    def count_lost_sessions(self, device: str, session: Session) -> int:
        from baubau_ops.network.platforms.frr.state.read import lost_sessions

        return lost_sessions(device, session)

    def check(self, router: Router, session: Session) -> Verdict:
        from baubau_ops.network.platforms.frr.verify.kernel import check_kernel, read_kernel

        return check_kernel(router, read_kernel(router, session))

    def unchecked(self, router: Router, error: BaubauError) -> Verdict:
        from baubau_ops.network.platforms.frr.verify.kernel import check_kernel

        return check_kernel(router, error)

    def search_translations(
        self, device: str, session: Session, wanted: Search
    ) -> Sequence[TranslationEvent]:
        from baubau_ops.network.platforms.frr.translations import search

        return search(device, session, wanted)

    def written(self, router: Router) -> tuple[Written, ...]:
        from baubau_ops.network.platforms.frr.lines.origins import written

        return written(router)

    def keys(self, text: str) -> Sequence[Key]:
        from baubau_ops.network.platforms.frr.lines.keys import keys

        return keys(text)

    def removals(self, routers: Mapping[str, Router]) -> tuple[Removal, ...]:
        from baubau_ops.network.platforms.frr.lines.classes import removals

        return removals(routers)


PLATFORM: Platform = Frr()
