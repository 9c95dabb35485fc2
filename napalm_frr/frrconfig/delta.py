"""The exact delta: the few lines that turn one running configuration into another and preserve sessions.

An attribute of a neighbor, interface or route-map is overwritten in place; it is only deleted and recreated if FRR
refuses to overwrite it. Changed lines of no known class are left to frr-reload, which runs afterwards
(`Delta.unknown` names them). Reading back the configuration then proves that the delta had the intended result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from napalm_frr.frrconfig import grammar
from napalm_frr.frrconfig.tree import Config, Difference, Path, diff

_POLICY = re.compile(
    r"(ip|ipv6) prefix-list .+|(ipv6 )?access-list .+|route-map .+"
    r"|bgp (as-path access-list|(large-|ext)?community-list) .+"
)
# Contexts for which empty is equivalent to absent: their lines are removed one by one.
_SHELL = re.compile(r"interface .+|address-family .+|bfd")
_NEIGHBOR = re.compile(r"(?:no )?neighbor (\S+) .+")
_DEFINITION = re.compile(r"neighbor (\S+) (remote-as \S+|peer-group( \S+)?|interface .+)")
# Removing the first also removes the second.
_IMPLIED = re.compile(r"(neighbor \S+ bfd|ip ospf bfd) profile \S+")
_USES_PROFILE = re.compile(r".*\bbfd (profile \S+)")
_FIRST = (
    re.compile(r"(no )?bgp .+"),
    re.compile(r"neighbor \S+ peer-group"),
    re.compile(r"neighbor \S+ remote-as .+"),
    re.compile(r"neighbor \S+ (peer-group|interface) .+"),
)
# These lines open the neighbor's session: its filters and everything in its OPEN message must come before them.
_LAST = re.compile(r"neighbor \S+ activate")
_MAKE_POLICY, _REMOVE, _MAKE, _DROP_POLICY = range(4)


@dataclass(frozen=True, slots=True)
class Delta:
    """Lines for vtysh, in order; `unknown` names the changed lines for which the driver has no class."""

    lines: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Step:
    """One command in its context; a policy is created before, and removed after, all lines that may refer to it."""

    phase: int
    path: Path
    command: str = ""


def delta(running: Config, candidate: Config) -> Delta:
    """Compute the delta between two configurations."""
    change = _Change(diff(running, candidate), running, candidate)
    steps = sorted(change.steps(), key=lambda step: step.phase)
    unknown = tuple(" / ".join((*path, line)) for path, line in change.unknown())
    return Delta(lines=tuple(_written(steps)), unknown=unknown)


class _Change:
    """A difference, with the data that is needed to order and write its commands."""

    def __init__(self, difference: Difference, running: Config, candidate: Config) -> None:
        self.removed = difference.removed
        self.added = difference.added
        self.running = running
        self.candidate = candidate
        self.dropped = {
            (*path, line)
            for path, line in self.removed
            if running.is_context((*path, line)) and not _SHELL.fullmatch(line)
        }
        self.gone = {
            (path, match.group(1)): line
            for path, line in self.removed
            if (match := _DEFINITION.fullmatch(line))
            and not self._has_neighbor(candidate, path, match.group(1))
        }

    def unknown(self) -> Iterator[tuple[Path, str]]:
        """Yield the changed lines of no known class, and members that change their peer group."""
        for path, line in (*self.removed, *self.added):
            if not self._inside_dropped(path) and self._is_unknown(path, line):
                yield path, line

    def steps(self) -> Iterator[_Step]:
        """Yield the removals, then the additions, each with its phase."""
        made = {key for path, line in self.added if (key := self._key(path, line))}
        old = {key: (path, line) for path, line in self.removed if (key := self._key(path, line))}
        yield from self._removals(made)
        yield from self._neighbor_removals()
        for path, line in _ordered(self.added):
            if self._is_unknown(path, line):
                continue
            phase = _MAKE_POLICY if _is_policy(path, line) else _MAKE
            setting = grammar.setting(path, line)
            if setting and setting.replace and (before := old.get((path, *setting.key))):
                yield _Step(phase, path, _undo(*before))
            if self.candidate.is_context((*path, line)):
                yield _Step(phase, (*path, line))
            else:
                yield _Step(phase, path, line)
        yield from self._renewals()

    def _renewals(self) -> Iterator[_Step]:
        """Repeat the lines of sessions that use a recreated BFD profile.

        A session that lost its profile keeps bfdd's default timers when a profile with that name is recreated (seen
        with FRR 8.4.4), although the running configuration looks correct.
        """
        made = {line for path, line in self.added if path == ("bfd",)}
        added = set(self.added)
        for path, line in self.candidate.walk():
            user = _USES_PROFILE.fullmatch(line)
            if user and user.group(1) in made and (path, line) not in added:
                yield _Step(_MAKE, path, line)

    def _removals(self, made: set[tuple[Path | str, ...]]) -> Iterator[_Step]:
        removed = set(self.removed)
        for path, line in self.removed:
            if self._inside_dropped(path) or _SHELL.fullmatch(line) or self._of_gone_neighbor(path, line):
                continue
            if self._is_unknown(path, line) or self._key(path, line) in made:
                continue
            if (implied := _IMPLIED.fullmatch(line)) and (path, implied.group(1)) in removed:
                continue
            phase = _REMOVE
            if _is_policy(path, line):
                phase = _MAKE_POLICY if path and path[0].startswith("route-map") else _DROP_POLICY
            if path and path[0] == "bfd":
                phase = _DROP_POLICY if len(path) == 1 else _MAKE_POLICY
            yield _Step(phase, path, _undo(path, line))

    def _neighbor_removals(self) -> Iterator[_Step]:
        """Yield one command for each removed neighbor, members before their group."""
        groups = [key for key, line in self.gone.items() if line.endswith(" peer-group")]
        members = [key for key in self.gone if key not in groups]
        for path, name in (*members, *groups):
            if not self._inside_dropped(path):
                suffix = " peer-group" if (path, name) in groups else ""
                yield _Step(_REMOVE, path, f"no neighbor {name}{suffix}")

    def _key(self, path: Path, line: str) -> tuple[Path | str, ...]:
        setting = grammar.setting(path, line)
        return (path, *setting.key) if setting else ()

    def _inside_dropped(self, path: Path) -> bool:
        return any(path[:depth] in self.dropped for depth in range(1, len(path) + 1))

    def _of_gone_neighbor(self, path: Path, line: str) -> bool:
        match = _NEIGHBOR.fullmatch(line)
        return match is not None and (path[:1], match.group(1)) in self.gone

    def _is_unknown(self, path: Path, line: str) -> bool:
        if line.startswith("address-family "):
            return False
        return grammar.setting(path, line) is None or self._redefines(path, line)

    def _redefines(self, path: Path, line: str) -> bool:
        """Return whether a line changes the group of a remaining neighbor, or whether the neighbor has an AS."""
        match = _DEFINITION.fullmatch(line)
        if match is None:
            return False
        lasting = all(
            self._has_neighbor(side, path, match.group(1)) for side in (self.running, self.candidate)
        )
        changed = {key for p, text in self.removed if (key := self._key(p, text))} & {
            key for p, text in self.added if (key := self._key(p, text))
        }
        return lasting and self._key(path, line) not in changed

    @staticmethod
    def _has_neighbor(config: Config, path: Path, name: str) -> bool:
        return any(
            (match := _DEFINITION.fullmatch(line)) and match.group(1) == name for line in config.lines(path)
        )


def _undo(path: Path, line: str) -> str:
    setting = grammar.setting(path, line)
    return setting.undo if setting else grammar.negate(line)


def _is_policy(path: Path, line: str) -> bool:
    return bool(_POLICY.fullmatch(path[0] if path else line)) or (path[0] if path else line) == "bfd"


def _ordered(added: Iterable[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Keep the candidate's order, but put settings of neighbors between their definition and activation."""
    items = list(added)
    rank: dict[str, int] = {}
    for path, line in items:
        rank.setdefault(path[0] if path else line, len(rank))

    def weight(item: tuple[Path, str]) -> tuple[int, int, int]:
        path, line = item
        first = next((n for n, pattern in enumerate(_FIRST) if pattern.fullmatch(line)), len(_FIRST))
        first += bool(_LAST.fullmatch(line))
        in_bgp = bool(path) and path[0].startswith("router bgp")
        return rank[path[0] if path else line], len(path), first if in_bgp else 0

    return sorted(items, key=weight)


def _written(steps: Iterable[_Step]) -> Iterator[str]:
    """Write steps as input for vtysh, entering and leaving contexts."""
    for path, group in groupby(steps, key=lambda step: step.path):
        for depth, header in enumerate(path):
            yield f"{' ' * depth}{header}"
        yield from (f"{' ' * len(path)}{step.command}" for step in group if step.command)
        for depth in reversed(range(len(path))):
            leave = "exit-address-family" if path[depth].startswith("address-family") else "exit"
            yield f"{' ' * (depth + 1 if leave != 'exit' else depth)}{leave}"
