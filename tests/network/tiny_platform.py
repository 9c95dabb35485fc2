"""A second platform, which exists only here: another text, and a driver over routers that live in this process.

A text has a line for everything, in any order:

    router NAME                     port NAME ADDRESS
    bgp ASN                         adjacency PORT cost COST key KEY
    network PREFIX                  session PEER as ASN key KEY
    queue PORT NAME RATE CEIL       permit NAME
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from baubau_ops.core.errors import BaubauError, FailedError, UnreachableError
from baubau_ops.core.secrets import MASK
from baubau_ops.inventory.environment import Environment
from baubau_ops.network.compare.checks import Checked, Problem, verdict
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.diff import About, DiffLine
from baubau_ops.network.platforms.platform import LintProblem
from baubau_ops.network.platforms.session import REVERT_SECONDS, Session
from baubau_ops.network.platforms.translations import Search, TranslationEvent
from baubau_ops.network.state.router_state import RouterState


@dataclass
class TinyRouter:
    """What runs, what would run after a restart, and what waits for its confirm."""

    running: str
    confirmed: str = ""
    armed: str | None = None
    revert_at: float = 0.0
    session: TinySession | None = None
    """The one that is open: it takes no second."""
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.confirmed = self.running


@dataclass
class TinyRouters:
    """Routers by name, and the clock by which they go back."""

    routers: dict[str, TinyRouter]
    now: float = 0.0
    reaches: Callable[[str], bool] = lambda _: True
    state: Callable[[str], RouterState] | None = None

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for router in self.routers.values():
            if router.armed is not None and self.now >= router.revert_at:
                router.running, router.armed = router.confirmed, None
                router.log.append("went back")


class TinySession:
    """A session with one router."""

    def __init__(self, name: str, routers: TinyRouters, min_revert_in: int) -> None:
        self._name, self._routers, self._min_revert_in = name, routers, min_revert_in
        self._candidate: str | None = None
        router = self._router()
        if router.session is not None:
            raise UnreachableError(f"{name}: somebody else is logged in")
        router.session = self

    def load(self, text: str) -> None:
        self._router()
        self._candidate = text

    def diff(self) -> str:
        return "".join(difference(self._router().running, self._loaded()))

    def arm(self, revert_in: int, message: str) -> bool:
        router = self._router()
        self._require(bool(message), "a change needs a name")
        self._require(revert_in >= self._min_revert_in, f"less than {self._min_revert_in} s")
        self._require(router.armed is None, "a change is pending")
        if not self.diff():
            return False
        router.armed, router.revert_at = self._loaded(), self._routers.now + revert_in
        router.log.append("arm")
        return True

    def apply(self) -> None:
        router = self._router()
        self._require(router.armed is not None and router.log[-1] == "arm", "nothing is armed")
        router.running = router.armed or ""
        router.log.append("apply")

    def confirm(self) -> None:
        router = self._router()
        self._require(router.armed is not None and router.log[-1] == "apply", "nothing was applied")
        router.confirmed, router.armed = router.running, None
        router.log.append("confirm")

    def revert(self) -> None:
        router = self._router()
        self._require(router.armed is not None, "nothing is pending")
        router.running, router.armed = router.confirmed, None
        router.log.append("revert")

    def pending(self) -> bool:
        return self._router().armed is not None

    def run(self, script: str) -> str:
        self._require(script == "show running", f"what is {script}?")
        return self._router().running

    def close(self) -> None:
        self._routers.routers[self._name].session = None

    def _router(self) -> TinyRouter:
        if not self._routers.reaches(self._name):
            raise UnreachableError(f"{self._name} cannot be reached")
        return self._routers.routers[self._name]

    def _loaded(self) -> str:
        self._require(self._candidate is not None, "no candidate is loaded")
        return self._candidate or ""

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise FailedError(f"{self._name}: {otherwise}")


class Tiny:
    """The platform `tiny`."""

    name = "tiny"
    suffix = ".tiny"

    def __init__(self) -> None:
        self.routers = TinyRouters({})

    def render(self, router: Router) -> str:
        return "".join(f"{line}\n" for line in _lines(router))

    def render_day0(self, router: Router) -> str:
        return self.render(router)

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        return [
            LintProblem(device, number, f"{line.split()[0]} is no word of ours.")
            for device, text in texts.items()
            for number, line in enumerate(text.splitlines(), 1)
            if line.split()[0] not in _ABOUT
        ]

    def read_diff(self, diff: str) -> tuple[DiffLine, ...]:
        return tuple(map(_read, diff.splitlines()))

    def mask_keys(self, diff: str) -> str:
        before = (line.partition(" key ") for line in diff.splitlines())
        return "".join(
            f"{text}{mark}{key if key.startswith('${secret:') else MASK}\n" if mark else f"{text}\n"
            for text, mark, key in before
        )

    def connect(
        self, device: str, environment: Environment, *, min_revert_in: int = REVERT_SECONDS
    ) -> Session:
        assert environment.name
        return TinySession(device, self.routers, min_revert_in)

    def read_state(self, device: str, session: Session) -> RouterState:
        session.run("show running")
        assert self.routers.state is not None
        return self.routers.state(device)

    def read_counters(self, device: str, session: Session) -> Mapping[str, int]:
        session.run("show running")
        return {"deny_zone": len(device)}

    def count_lost_sessions(self, device: str, session: Session) -> int:
        session.run("show running")
        return self.routers.routers[device].log.count("apply")

    def check(self, router: Router, session: Session) -> Verdict:
        running = session.run("show running").splitlines()
        queues = [line for line in _lines(router) if line.startswith("queue ")]
        missing = [Problem("queue", line, f"{line}: is not there.") for line in queues if line not in running]
        return verdict(router.name, [Checked("queues", tuple(missing), len(queues))])

    def unchecked(self, router: Router, error: BaubauError) -> Verdict:
        problem = Problem("", "", f"Queues could not be checked: {error}", "could not check")
        return verdict(router.name, [Checked("queues", (problem,))])

    def search_translations(
        self, device: str, session: Session, wanted: Search
    ) -> Sequence[TranslationEvent]:
        session.run("show running")
        raise FailedError(f"{device}: there are no translations in {wanted.inside}")


def _lines(router: Router) -> Iterator[str]:
    yield f"router {router.name}"
    for port in router.interfaces:
        yield f"port {port.name} {port.address}"
        if port.ospf:
            yield f"adjacency {port.name} cost {port.ospf.cost} key ${{secret:{port.ospf.secret}}}"
    if bgp := router.routing.bgp:
        yield f"bgp {bgp.asn}"
        yield from (f"network {network.prefix}" for network in bgp.networks)
        for one in bgp.neighbours:
            yield f"session {one.address} as {one.asn} key ${{secret:{one.secret}}}"
    for shaped in router.shaped:
        for one in shaped.classes:
            yield f"queue {shaped.port} {one.queue} {one.rate} {one.ceil}"
    yield from (f"permit {counter}" for counter in router.filters.counters)


_ABOUT = {
    "router": About.COSMETIC,
    "port": About.ADDRESS,
    "adjacency": About.ADJACENCY,
    "bgp": About.BGP,
    "session": About.SESSION,
    "network": About.OTHER,
    "queue": About.OTHER,
    "permit": About.OTHER,
}


def _read(line: str) -> DiffLine:
    sign, text = line[0], line[1:]
    assert sign in ("+", "-")
    word, name = text.split()[:2]
    about = _ABOUT[word]
    makes = about in (About.ADJACENCY, About.BGP, About.SESSION)
    return DiffLine(
        "+" if sign == "+" else "-",
        text,
        about,
        port=name if word in ("port", "adjacency", "queue") else "",
        peer=name if word == "session" else "",
        creates=makes,
        resets=makes,
        agreed=about is About.SESSION,
    )


def difference(old: str, new: str) -> Iterator[str]:
    """What one text has and the other lacks, line by line."""
    before, after = old.splitlines(), new.splitlines()
    yield from (f"-{line}\n" for line in before if line not in after)
    yield from (f"+{line}\n" for line in after if line not in before)
