"""Converts findings at a path of a document to problems at file:line:column, in plain words."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from baubau_ops.core.errors import Problem
from baubau_ops.inventory.files.yaml import DocumentPath, Places

_MOST_LOCATED = 100
"""Number of files that are read again for line and column; each costs some milliseconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An error at a path of one file (named relative to the inventory's folder)."""

    file: str
    path: DocumentPath
    message: str
    at_key: bool = False
    """Whether the key itself is wrong, not its value."""
    line: int = 0
    """Line number from 1, if it is already known, as for syntax errors; otherwise 0."""
    column: int = 0


def to_problems(
    findings: Iterable[Finding], folder: Path, texts: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    """Locate every finding; sort by file, then line. `texts` holds the content of files not yet written."""
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in dict.fromkeys(findings):
        by_file[finding.file].append(finding)
    problems: list[Problem] = []
    for number, file in enumerate(sorted(by_file)):
        text = (texts or {}).get(file)
        # Only files that could be read as YAML have paths; a pipe or 100 MB must not be read again.
        is_sought = any(finding.path and not finding.line for finding in by_file[file])
        places = Places(folder / file, text) if is_sought and number < _MOST_LOCATED else None
        problems += _in_file(by_file[file], shown(folder / file), places)
    return tuple(problems)


def _in_file(findings: list[Finding], name: str, places: Places | None) -> list[Problem]:
    located = []
    for finding in findings:
        line, column = finding.line, finding.column
        if not line and finding.path and places is not None:
            place = places.find(finding.path, key=finding.at_key)
            line, column = place.line, place.column
        where = f"{name}:{line}:{column}" if line else name
        parts = (_printable(part) for part in (where, shown_path(finding.path), finding.message))
        located.append((line, column, Problem(*parts)))
    return [problem for *_, problem in sorted(located, key=lambda item: item[:2])]


def _printable(text: str) -> str:
    """Escape control characters: the content of a file must not control the terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def shown(file: Path) -> str:
    """Return a file's path for display: relative to the current folder if the file is below it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def shown_path(path: DocumentPath) -> str:
    """Return a path for display, such as `link.pop` or `spans[3].b`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
