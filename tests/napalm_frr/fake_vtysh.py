"""A model of what vtysh does with a delta: enough of FRR's rules to see a wrong line or a wrong order."""

from __future__ import annotations

import re

from napalm_frr.frrconfig import grammar
from napalm_frr.frrconfig.tree import Config, Path, parse

DEFAULTS = ("detect-multiplier 3", "transmit-interval 300", "receive-interval 300")


def apply(running: Config, text: str) -> Config:
    """Return the configuration after the lines of a text, read one by one."""
    contexts: dict[Path, list[str]] = {path: list(lines) for path, lines in running.contexts.items()}
    path: Path = ()
    for raw in text.splitlines():
        line = raw.strip()
        if line in ("exit", "exit-address-family"):
            path = path[:-1]
        elif (*path, line) in parse("".join(f"{header}\n" for header in _nested(path, line))).contexts:
            if line not in contexts[path]:
                contexts[path].append(line)
            path = (*path, line)
            contexts.setdefault(path, [])
        elif grammar.negate(line) in contexts[path]:
            _remove(contexts, path, grammar.negate(line))
        elif line.startswith("no ") and grammar.setting(path, line) is None:
            _remove(contexts, path, line[3:])
        else:
            _set(contexts, path, line)
    return Config({where: tuple(lines) for where, lines in contexts.items()})


def _nested(path: Path, line: str) -> list[str]:
    return [f"{' ' * depth}{header}" for depth, header in enumerate((*path, line))]


def _remove(contexts: dict[Path, list[str]], path: Path, start: str) -> None:
    if gone := re.fullmatch(r"neighbor (\S+)( peer-group)?", start):
        for where in [where for where in contexts if where[:1] == path]:
            contexts[where] = [
                line for line in contexts[where] if not line.startswith(f"neighbor {gone[1]} ")
            ]
        return
    known = [(line, grammar.setting(path, line)) for line in contexts[path]]
    found = [line for line, setting in known if line == start or (setting and setting.undo == f"no {start}")]
    if start.endswith(" bfd"):
        found += [line for line in contexts[path] if line.startswith(f"{start} profile ")]
    assert found, f"{path}: nothing to take back by 'no {start}'"
    for line in found:
        contexts[path].remove(line)
        for inner in [where for where in contexts if where[: len(path) + 1] == (*path, line)]:
            del contexts[inner]


def _set(contexts: dict[Path, list[str]], path: Path, line: str) -> None:
    setting = grammar.setting(path, line)
    assert setting is not None, f"{path}: {line}"
    old = [other for other in contexts[path] if (s := grammar.setting(path, other)) and s.key == setting.key]
    assert not (old and setting.replace), f"{path}: {line} is refused while {old} stands"
    contexts[path] = [other for other in contexts[path] if other not in old]
    if peer := re.match(r"neighbor (\S+) (?!remote-as|peer-group)", line):
        defined = re.compile(rf"neighbor {re.escape(peer[1])} (remote-as|peer-group)")
        assert any(map(defined.match, contexts[path[:1]])), f"{path}: {line} before its neighbor"
    if line not in DEFAULTS:
        contexts[path].append(line)
