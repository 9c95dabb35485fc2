"""What a platform offers: everything that differs between kinds of router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from baubau_ops.core.errors import BaubauError
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.diff import DiffLine
from baubau_ops.network.platforms.session import REVERT_SECONDS, Session
from baubau_ops.network.platforms.translations import Search, TranslationEvent
from baubau_ops.network.state.router_state import RouterState


@dataclass(frozen=True, slots=True)
class LintProblem:
    """Something wrong with a text, or the reason why nobody can tell."""

    device: str
    """Empty where it concerns all."""
    line: int
    """Of the device's text, from 1; 0 where it concerns the whole."""
    message: str
    kind: Literal["wrong", "could not lint"] = "wrong"
    remedy: str = ""
    by: Literal["parser", "rule"] = "parser"
    """What says so: a parser of the platform's own (the driver's included), or a rule of ours."""

    def __str__(self) -> str:
        place = f"{self.device}:{self.line}" if self.line else self.device
        return f"{place}: {self.message}" if place else self.message


class Platform(Protocol):
    """One kind of router. What reads one over its session raises what the session does.

    One that can tell of single lines of its texts has the methods of `lines.Lines`, too.
    """

    @property
    def name(self) -> str:
        """As the inventory calls it."""

    @property
    def suffix(self) -> str:
        """Of the files that its texts are written to: `.conf`."""

    def render(self, router: Router) -> str:
        """Write a router's whole configuration. Secrets stand in it as `${secret:NAME}`."""

    def render_day0(self, router: Router) -> str:
        """Write what a router starts its life with; the model is reduced to that (see `derive.day0`)."""

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        """Check texts, by device, before any router is touched; a check that cannot be made is a problem, too."""

    def read_diff(self, diff: str) -> tuple[DiffLine, ...]:
        """Read what a session's `diff` showed, or the difference of two texts."""

    def mask_keys(self, diff: str) -> str:
        """Put `core.secrets.MASK` in the place of every key that is not a placeholder: one that a device holds."""

    def connect(
        self, device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS
    ) -> Session:
        """Log in to a device; UnreachableError. `min_revert_in` is the least that `arm` accepts, seconds."""

    def read_state(self, device: str, session: Session) -> RouterState:
        """Read its sessions and routes; what it does not answer is `Unread`."""

    def read_counters(self, device: str, session: Session) -> Mapping[str, int]:
        """Read how many packets each of its drop counters (see `model.filters`) has counted."""

    def count_lost_sessions(self, device: str, session: Session) -> int:
        """Count how often its BGP and BFD sessions have gone down since it started."""

    def check(self, router: Router, session: Session) -> Verdict:
        """Compare with the model what it does beside routing: what changes only when somebody changes it."""

    def unchecked(self, router: Router, error: BaubauError) -> Verdict:
        """The verdict of `check` where an error kept it from looking."""

    def search_translations(
        self, device: str, session: Session, wanted: Search
    ) -> Sequence[TranslationEvent]:
        """Search the record of whose traffic had which public address and port."""
