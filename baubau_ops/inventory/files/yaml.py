"""The only function that reads YAML, and the only one that finds a place in it after an error.

yaml-rs is fast but reports little: it drops tags, accepts anchors and control characters, and does not say where a
duplicate key is. Constructs to be refused are searched for first; ruamel reads a file again only to find places.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml_rs

MAX_BYTES = 4 * 2**20
"""Largest accepted file; files written by people are never larger."""

_MAX_COMPOSED = 256 * 1024  # ruamel needs about 10 s for 1 MB: larger files are searched line by line

_NO_ALIASES = yaml_rs.AliasLimits(max_total_replayed_events=0)
_ODD = re.compile(
    r"(?:^|[\s\[{,:?-])[&*!][^\s=]", re.MULTILINE
)  # may be an anchor, alias or tag; rare in prose
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONFLICT = re.compile(r"^(?:<<<<<<< |>>>>>>> |=======$)", re.MULTILINE)
_MARKS = re.compile(
    r"^(?:<<<<<<< .*|(?:\|{7}[^\n]*\n(?:(?!=======$).*\n)*)?=======|>>>>>>> .*)$", re.MULTILINE
)
_PARSE_ERROR = re.compile(r"YAML parse error at line (\d+), column (\d+)\n.*\n(?P<why>[^\n]+)", re.DOTALL)
_DUPLICATE = re.compile(r"duplicate mapping key: '?(?P<key>.*?)'?")

DocumentPath = tuple[str | int, ...]
"""Keys and indices from the top of a document."""


class YamlError(Exception):
    """A file cannot be used; line and column count from 1 and are 0 if the error concerns the whole file."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; line and column count from 1."""

    line: int
    column: int


def read(file: Path | str) -> dict[str, Any]:
    """Return the mapping that `file` contains; YamlError when it cannot be read."""
    return parse(text_of(file))


def parse(text: str) -> dict[str, Any]:
    """Return the mapping that `text` represents; YamlError with the place for anything else."""
    if text.startswith("\ufeff"):
        raise YamlError("the file begins with a byte order mark (BOM). Save it as UTF-8 without BOM.", 1, 1)
    _refuse_control_characters(text)
    if _ODD.search(text):
        _refuse_odd_features(text)
    try:
        document: object = yaml_rs.loads(text, parse_datetime=False, alias_limits=_NO_ALIASES)
    except yaml_rs.YAMLDecodeError as error:
        raise _explained(text, str(error)) from None
    except RecursionError:
        raise YamlError("the file is nested too deeply.") from None
    if isinstance(document, dict):
        return document
    raise _not_a_mapping(text, document)


def has_conflict(text: str) -> bool:
    """Return whether a merge has left conflict markers."""
    return _CONFLICT.search(text) is not None


def both_sides(text: str) -> str:
    """Return the text with both sides of every merge conflict; marker lines become empty, so that places stay valid."""
    return _MARKS.sub(lambda found: "\n" * found[0].count("\n"), text)


def text_of(file: Path | str, *, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of `file`; YamlError when it cannot be read."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # opening a FIFO must not block
        with open(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise YamlError("this is not a regular file.")
            if status.st_size > max_bytes:
                raise YamlError(f"the file has {_mega(status.st_size)}; the limit is {_mega(max_bytes)}.")
            data = opened.read()
    except IsADirectoryError:
        raise YamlError("this is a folder, not a file.") from None
    except FileNotFoundError:
        raise YamlError("there is no such file.") from None
    except OSError as error:
        raise YamlError(f"the file cannot be read: {error.strerror}.") from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error.start) from None


def _mega(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _not_utf8(data: bytes, at: int) -> YamlError:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return YamlError("the file is in UTF-16. Save it as UTF-8.", 1, 1)
    line = data.count(b"\n", 0, at) + 1
    column = at - (data.rfind(b"\n", 0, at) + 1) + 1
    return YamlError(f"the byte 0x{data[at]:02x} is not UTF-8. Save the file as UTF-8.", line, column)


def _place_of(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _refuse_control_characters(text: str) -> None:
    found = _CONTROL.search(text)
    if found:
        message = f"there is a control character (0x{ord(found[0]):02x}) here. Remove it."
        raise YamlError(message, *_place_of(text, found.start()))


def _events(text: str) -> Iterator[Any]:
    """Yield ruamel's events as far as it can parse the text."""
    from ruamel.yaml import YAML  # 60 ms, and only needed after an error
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError:
        return


def _refuse_odd_features(text: str) -> None:
    for event in _events(text):
        found = None
        if type(event).__name__ == "AliasEvent":
            found = f'anchors and aliases are not allowed ("*{event.anchor}"). Write the value out.'
        elif getattr(event, "anchor", None):
            found = f'anchors and aliases are not allowed ("&{event.anchor}"). Write the value out.'
        elif getattr(event, "tag", None):
            found = f'tags are not allowed ("{event.tag}"). Write the value without it.'
        if found:
            raise YamlError(found, event.start_mark.line + 1, event.start_mark.column + 1)


def _explained(text: str, message: str) -> YamlError:
    conflict = _CONFLICT.search(text)
    if conflict:
        why = "a merge conflict is not resolved here. Keep what is right of both sides, without the marks."
        return YamlError(why, *_place_of(text, conflict.start()))
    duplicate = _DUPLICATE.fullmatch(message)
    if duplicate:
        return _duplicate_key(text, duplicate["key"])
    known = _PARSE_ERROR.match(message)
    if known:
        return YamlError(f"this is not valid YAML: {known['why']}.", int(known[1]), int(known[2]))
    return YamlError(f"this is not valid YAML: {message.splitlines()[0]}.")


def _duplicate_key(text: str, key: str) -> YamlError:
    again = f'the key "{key}" stands here a second time'
    for first, second in _duplicates(text):
        message = f"{again}; the first is in line {first.line}. Remove one of them."
        return YamlError(message, second.line, second.column)
    return YamlError(f"{again}. Remove one of them.")


def _duplicates(text: str) -> Iterator[tuple[Place, Place]]:
    """Yield the places of the first and second use of every key that occurs twice in one mapping."""
    if len(text) > _MAX_COMPOSED:
        yield from _duplicate_lines(text)
        return
    nodes = [_compose(text)]
    while nodes:
        node = nodes.pop()
        children = getattr(node, "value", None)
        if not isinstance(children, list):
            continue
        seen: dict[str, Place] = {}
        for child in children:
            if not isinstance(child, tuple):
                nodes.append(child)
                continue
            name, place = str(child[0].value), _mark(child[0])
            if name in seen:
                yield seen[name], place
            seen[name] = place
            nodes.append(child[1])


def _duplicate_lines(text: str) -> Iterator[tuple[Place, Place]]:
    """Yield the same for a lock file, which has one line for each object and unindented sections."""
    seen: dict[str, Place] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key = line.split(":", 1)[0]
        if key and not line.startswith(" "):
            seen.clear()
        if key in seen:
            yield seen[key], Place(number, len(key) - len(key.lstrip()) + 1)
        seen[key] = Place(number, 1)


def _not_a_mapping(text: str, document: object) -> YamlError:
    if document is None:
        return YamlError("the file is empty.")
    starts = [event for event in _events(text) if type(event).__name__ == "DocumentStartEvent"]
    if len(starts) > 1:
        message = 'a second document begins here ("---"). Write one document in a file.'
        return YamlError(message, starts[1].start_mark.line + 1, starts[1].start_mark.column + 1)
    found = "a list" if isinstance(document, list) else "a single value"
    return YamlError(f'the file holds {found}, not "key: value" lines.', 1, 1)


def replaced(text: str, path: DocumentPath, scalar: str) -> str:
    """Return the text with another scalar at `path` and all other characters unchanged.

    Raises KeyError when there is no scalar at `path`.
    """
    node = _compose(text)
    for step in path:
        child = _child(node, step)
        if child is None:
            raise KeyError(path)
        node = child[1]
    if not isinstance(node.value, str):
        raise KeyError(path)
    return text[: node.start_mark.index] + scalar + text[node.end_mark.index :]


class Places:
    """Finds many places in one file, which is read again only once; `text` is its content if not yet written."""

    def __init__(self, file: Path, text: str | None = None) -> None:
        self._text = _again(file) if text is None else text
        self._root = _compose(self._text) if len(self._text) <= _MAX_COMPOSED else None

    def find(self, path: DocumentPath, *, key: bool = False) -> Place:
        """Return the place of the value at `path` (or of its key), or of the nearest existing parent."""
        if self._root is None:
            return _search(self._text, path)
        node, place = self._root, _mark(self._root)
        for index, step in enumerate(path):
            child = _child(node, step)
            if child is None:
                break
            name, node = child
            last = index == len(path) - 1
            place = _mark(name if key and last and name is not None else node)
        return place


def _again(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _compose(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    loader = YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    try:
        return loader.compose(text)
    except YAMLError:
        return None


def _mark(node: Any) -> Place:
    if node is None:
        return Place(1, 1)
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """Return the nodes of the key (None in a list) and of the value."""
    children = getattr(node, "value", None)
    if not isinstance(children, list):
        return None
    if children and isinstance(children[0], tuple):
        return next(((name, value) for name, value in children if str(name.value) == str(step)), None)
    if isinstance(step, int):
        return (None, children[step]) if step < len(children) else None
    # A list of names is a short form of a mapping (`segments: [office, wifi]`).
    return next(((None, child) for child in children if child.value == step), None)


def _search(text: str, path: DocumentPath) -> Place:
    offset, found = 0, 0
    for step in path:
        match = re.compile(rf"(?:^ *|[{{,] *){re.escape(str(step))}:", re.MULTILINE).search(text, offset)
        if match is None:
            break
        found = match.start() + len(match[0]) - len(str(step)) - 1
        offset = match.end()
    return Place(*_place_of(text, found))
