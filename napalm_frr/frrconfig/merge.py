"""Computes the result of a merge: the running configuration with a candidate's lines added or removed."""

from __future__ import annotations

import re

from napalm_frr.frrconfig import grammar
from napalm_frr.frrconfig.tree import Config, Path

# Lines that FRR itself prints with `no`: a merge adds them; in all other lines `no` removes something.
_NEGATIVE = re.compile(
    r"no (ip ospf passive|ip(v6)? forwarding|neighbor \S+ (activate|send-community.*)|passive-interface \S+"
    r"|bgp (default ipv4-unicast|ebgp-requires-policy|network import-check|enforce-first-as"
    r"|suppress-duplicates|log-neighbor-changes|deterministic-med))"
)


def merge(running: Config, change: Config) -> Config:
    """Merge a change: a line replaces the lines that its class defines; `no LINE` removes lines that start with it."""
    contexts: dict[Path, list[str]] = {path: list(lines) for path, lines in running.contexts.items()}
    for path, line in change.walk():
        lines = contexts.setdefault(path, [])
        if line.startswith("no ") and not _takes_in(lines, line):
            for gone in [other for other in lines if _begins(other, line[3:])]:
                lines.remove(gone)
                _forget(contexts, (*path, gone))
            continue
        _put(lines, path, line)
        if change.is_context((*path, line)):
            contexts.setdefault((*path, line), [])
    return Config({path: tuple(lines) for path, lines in contexts.items()})


def _takes_in(lines: list[str], line: str) -> bool:
    return _NEGATIVE.fullmatch(line) is not None and line[3:] not in lines


def _begins(line: str, start: str) -> bool:
    return line == start or line.startswith(f"{start} ")


def _put(lines: list[str], path: Path, line: str) -> None:
    """Add a line, in place of the one that it replaces."""
    if line in lines:
        return
    setting = grammar.setting(path, line)
    opposite = grammar.negate(line)
    for number, other in enumerate(lines):
        known = grammar.setting(path, other)
        if other == opposite or (setting and known and setting.key == known.key):
            lines[number] = line
            return
    lines.append(line)


def _forget(contexts: dict[Path, list[str]], path: Path) -> None:
    for inner in [other for other in contexts if other[: len(path)] == path]:
        del contexts[inner]
