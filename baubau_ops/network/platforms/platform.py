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
    """A mistake in a configuration, or the reason why it could not be checked."""

    device: str
    """Empty if it concerns all devices."""
    line: int
    """Line of the device's configuration, from 1; 0 if it concerns all of it."""
    message: str
    kind: Literal["wrong", "could not lint"] = "wrong"
    remedy: str = ""
    by: Literal["parser", "rule"] = "parser"
    """What found it: one of the platform's own parsers (including the driver's), or one of our rules."""

    def __str__(self) -> str:
        place = f"{self.device}:{self.line}" if self.line else self.device
        return f"{place}: {self.message}" if place else self.message


class Platform(Protocol):
    """One kind of router. Methods that read a router raise the errors of its session.

    A platform with information about single lines also has the methods of `lines.Lines`.
    """

    @property
    def name(self) -> str:
        """The name in the inventory."""

    @property
    def suffix(self) -> str:
        """Suffix of the files that its configurations are written to, such as `.conf`."""

    def render(self, router: Router) -> str:
        """Write a router's whole configuration. Secrets appear in it as `${secret:NAME}`."""

    def render_day0(self, router: Router) -> str:
        """Write the configuration that a router starts with; the model is reduced to that (see `derive.day0`)."""

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        """Check configurations, by device, before any router is touched; an impossible check is a problem, too."""

    def read_diff(self, diff: str) -> tuple[DiffLine, ...]:
        """Parse the output of a session's `diff`, or the difference of two configurations."""

    def mask_keys(self, diff: str) -> str:
        """Replace every key that is not a placeholder, and so comes from a device, by `core.secrets.MASK`."""

    def connect(
        self, device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS
    ) -> Session:
        """Log in to a device; UnreachableError. `min_revert_in` is the smallest time that `arm` accepts, seconds."""

    def read_state(self, device: str, session: Session) -> RouterState:
        """Read its sessions and routes; what cannot be read becomes `Unread`."""

    def read_counters(self, device: str, session: Session) -> Mapping[str, int]:
        """Read the packet count of each of its drop counters (see `model.filters`)."""

    def count_lost_sessions(self, device: str, session: Session) -> int:
        """Count how often its BGP and BFD sessions have gone down since it started."""

    def check(self, router: Router, session: Session) -> Verdict:
        """Compare what it does besides routing with the model: the part that only people or tools change."""

    def unchecked(self, router: Router, error: BaubauError) -> Verdict:
        """The verdict of `check` if an error prevented it."""

    def search_translations(
        self, device: str, session: Session, wanted: Search
    ) -> Sequence[TranslationEvent]:
        """Search the log of which inside address used which public address and port."""
