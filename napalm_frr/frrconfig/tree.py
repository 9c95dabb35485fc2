"""FRR's configuration as data: contexts and their lines, compared without regard to order.

For higher layers, `diff(parse(running), parse(candidate))` gives the lines that a change adds and removes
(`Difference.added`, `.removed`), each with its context. A forecast of the disruption needs this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str, ...]
"""The headers of the contexts around a line, outermost first; () is the top level."""

_NOISE = re.compile(
    r"(Building configuration\.\.\.|Current configuration:|end|exit(-[a-z-]+)?|frr version .*)"
)
_HEADERS: dict[str, re.Pattern[str]] = {
    "": re.compile(r"interface \S.*|router \S.*|route-map \S+ (permit|deny) \d+|bfd|vrf \S+|line vty"),
    "router": re.compile(r"address-family \S.*"),
    "bfd": re.compile(r"(profile|peer) \S.*"),
}
# Without lines these contexts are only empty shells, which FRR prints inconsistently.
_SHELLS = re.compile(r"interface \S.*|address-family \S.*|bfd|vrf \S+")
# Lines in which FRR reports the kernel's sysctls; they are configuration only if a text contains them.
_MIRRORS = ("no ip forwarding", "no ipv6 forwarding", "ip forwarding", "ipv6 forwarding")
_DEFAULTS = ("frr defaults traditional",)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration: the lines of each context in order, including the headers of inner contexts."""

    contexts: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def lines(self, path: Path = ()) -> tuple[str, ...]:
        """Return the lines of a context; none if it does not exist."""
        return self.contexts.get(path, ())

    def is_context(self, path: Path) -> bool:
        """Return whether a path names a context."""
        return path in self.contexts

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, str]]:
        """Yield every line with its context, depth first, in order."""
        for line in self.lines(path):
            yield path, line
            if self.is_context((*path, line)):
                yield from self.walk((*path, line))


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two configurations: added and removed lines with their contexts."""

    added: tuple[tuple[Path, str], ...]
    removed: tuple[tuple[Path, str], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def parse(text: str) -> Config:
    """Parse a configuration as FRR prints it: indentation marks contexts; comments and `exit` lines are dropped."""
    significant = [
        (len(line) - len(line.lstrip(" ")), line.strip())
        for line in text.splitlines()
        if line.strip() and line.strip()[0] not in "!#" and not _NOISE.fullmatch(line.strip())
    ]
    contexts: dict[Path, dict[str, None]] = {(): {}}
    stack: list[tuple[int, str]] = []
    for number, (indent, line) in enumerate(significant):
        while stack and stack[-1][0] >= indent:
            stack.pop()
        path = tuple(header for _, header in stack)
        contexts[path][line] = None
        followed = number + 1 < len(significant) and significant[number + 1][0] > indent
        if followed or _is_header(path, line):
            contexts.setdefault((*path, line), {})
            stack.append((indent, line))
    return Config({path: tuple(lines) for path, lines in contexts.items()})


def render(config: Config) -> str:
    """Write a configuration as FRR prints it (including `exit` lines), in its own order."""
    return "".join(f"{line}\n" for line in _rendered(config, (), 0))


def diff(running: Config, candidate: Config) -> Difference:
    """Compare two configurations context by context; the order of lines does not matter.

    Where order matters in FRR, the line or header itself has a sequence number.
    """
    before, after = _essential(running, candidate), _essential(candidate, candidate)
    old, new = set(before.walk()), set(after.walk())
    return Difference(
        added=tuple(item for item in after.walk() if item not in old),
        removed=tuple(item for item in before.walk() if item not in new),
    )


def show(difference: Difference) -> str:
    """Write a difference for people: each changed context with its header, then its lines with - and +."""
    changes: dict[Path, list[tuple[str, str]]] = {}
    for sign, items in (("-", difference.removed), ("+", difference.added)):
        for path, line in items:
            changes.setdefault(path, []).append((sign, line))
    return "".join(f"{line}\n" for line in _shown(changes, ()))


def _shown(changes: dict[Path, list[tuple[str, str]]], path: Path) -> Iterator[str]:
    depth = len(path)
    changed = changes.get(path, [])
    for sign, line in changed:
        yield f"{sign}{' ' * depth}{line}"
        yield from _shown(changes, (*path, line))
    inner = {other[depth] for other in changes if len(other) > depth and other[:depth] == path}
    for header in sorted(inner - {line for _, line in changed}):
        yield f" {' ' * depth}{header}"
        yield from _shown(changes, (*path, header))


def _is_header(path: Path, line: str) -> bool:
    kind = path[0].split()[0] if path else ""
    pattern = _HEADERS.get(kind)
    return len(path) < 2 and pattern is not None and pattern.fullmatch(line) is not None


def _essential(config: Config, candidate: Config) -> Config:
    """Drop lines without effect: defaults, empty contexts, and the kernel's sysctls that the candidate omits."""
    named = set(candidate.lines())
    noise = {line for line in _MIRRORS if line not in named} | set(_DEFAULTS)
    contexts: dict[Path, tuple[str, ...]] = {}

    def keep(path: Path) -> bool:
        kept = []
        for line in config.lines(path):
            if config.is_context((*path, line)):
                filled = keep((*path, line))
                if filled or not _SHELLS.fullmatch(line):
                    kept.append(line)
            elif path or line not in noise:
                kept.append(line)
        contexts[path] = tuple(kept)
        return bool(kept)

    keep(())
    live = {(*path, line) for path, lines in contexts.items() for line in lines} | {()}
    return Config({path: lines for path, lines in contexts.items() if path in live})


def _rendered(config: Config, path: Path, depth: int) -> Iterator[str]:
    for line in config.lines(path):
        yield f"{' ' * depth}{line}"
        if config.is_context((*path, line)):
            yield from _rendered(config, (*path, line), depth + 1)
            yield f"{' ' * depth}{'exit-address-family' if line.startswith('address-family') else 'exit'}"
            yield "!"
