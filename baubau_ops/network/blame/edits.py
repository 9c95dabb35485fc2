"""All small changes that could be made to an inventory's files, for `blame` to try.

A value is replaced by another valid value, an entry of a list or mapping is removed, or a name is replaced
everywhere. Documents are changed as they were read from YAML; nothing is written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import Any, Literal, get_origin

from pydantic import BaseModel

from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers import lockfile

Documents = Mapping[str, Any]
"""Documents by file name, relative to the inventory's folder."""

Way = Literal["value", "entry", "name"]

_FAR = 1 << 20
"""Offset that is added to addresses: away from all others, but inside the address family."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a file that can be changed."""

    file: str
    path: DocumentPath
    """Empty for the file itself, which is a site's."""
    way: Way
    """`value`: the value is replaced; `entry`: it is removed; `name`: the key is renamed everywhere."""


def items(file: str, document: Any, path: DocumentPath = ()) -> Iterator[Item]:
    """All items below a place in a file, in the order of the file."""
    if not path and file.startswith("sites/"):
        yield Item(file, (), "name")
        yield Item(file, (), "entry")
    if isinstance(document, dict):
        for key, value in document.items():
            yield Item(file, (*path, key), "name")
            yield Item(file, (*path, key), "entry")
            yield from items(file, value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield Item(file, (*path, index), "entry")
            yield from items(file, value, (*path, index))
    elif document is not None:
        yield Item(file, path, "value")


class Changes:
    """Makes changed documents; the original ones stay unchanged."""

    def __init__(self, documents: Documents, models: Mapping[str, BaseModel]) -> None:
        """`models` are the models of the documents, by file; the lock file has none."""
        self._documents = documents
        self._models = models
        self._lock_words = lockfile.words()
        self._seen: defaultdict[tuple[str | int, ...], dict[str, None]] = defaultdict(dict)
        for file, document in documents.items():
            for item in items(file, document):
                if item.way == "value" and isinstance(value := _at(document, item.path), str):
                    self._seen[_kind(item)].setdefault(value)

    def of(self, item: Item) -> Iterator[dict[str, Any]]:
        """Versions of the documents with one item changed, in all ways worth trying; the best comes first."""
        if item.way == "name":
            yield from self._renamed(item)
        elif item.way == "entry" and not item.path:
            yield {file: one for file, one in self._documents.items() if file != item.file}
        elif item.way == "entry":
            yield {**self._documents, item.file: _without(self._documents[item.file], item.path)}
        else:
            for other in self._others(item):
                changed = _with(self._documents[item.file], item.path, other)
                yield {**self._documents, item.file: changed}

    def all_values(self, file: str, path: DocumentPath) -> dict[str, Any]:
        """The documents with every value below a place changed at the same time."""
        document = self._documents[file]
        for item in items(file, _at(document, path), path):
            if item.way == "value":
                other = next(iter(self._others(item)), None)
                document = document if other is None else _with(document, item.path, other)
        return {**self._documents, file: document}

    def _others(self, item: Item) -> Iterator[object]:
        value = _at(self._documents[item.file], item.path)
        if not isinstance(value, str):
            yield from _other_numbers(value)
            return
        moved = _moved(value)
        if moved is not None:
            yield moved
            return
        if value[:1].isdigit():
            yield _NUMBER.sub(lambda found: str(int(found[0]) + 1), value, count=1)
            return
        alike = [other for other in self._seen[_kind(item)] if other != value]
        yield from alike[:3]  # a reference can only lead to another existing thing
        yield f"{value}x"

    def _renamed(self, item: Item) -> Iterator[dict[str, Any]]:
        old = name_of(item)
        if old is None:
            return
        new = _unused_name(old, self._documents)
        changed = {}
        for file, document in self._documents.items():
            model = self._models.get(file)
            other = (
                renamed(document, old, new, self._lock_words)
                if model is None
                else _renamed_fields(document, model, old, new)
            )
            # An unchanged document keeps its identity, so that it is not validated again.
            changed[_renamed_file(file, old, new)] = document if other == document else other
        yield changed

    def new_name(self, item: Item) -> tuple[str, str] | None:
        """The old and the new name in the renaming by `of`."""
        old = name_of(item)
        return None if old is None else (old, _unused_name(old, self._documents))


def name_of(item: Item) -> str | None:
    """The name that an item concerns: its key, or the site of a whole file."""
    if not item.path:
        return item.file.removeprefix("sites/").removesuffix(".yml")
    name = item.path[-1]
    return name if isinstance(name, str) else None


def renamed(value: Any, old: str, new: str, keys: Collection[str] = ()) -> Any:
    """A document or name in which `old` is renamed to `new`: as a whole name, a device, or the end of a link.

    `keys` are the keys of the document's schema, which stay unchanged.
    """
    if isinstance(value, str):
        if old not in value:
            return value
        part = re.compile(rf"((?:pop-|ce-)?){re.escape(old)}((?:-[b-z])?)")
        return "--".join(
            part.sub(rf"\g<1>{new}\2", one) if part.fullmatch(one) else one for one in value.split("--")
        )
    if isinstance(value, dict):
        return {
            key if key in keys else renamed(key, old, new): renamed(inner, old, new, keys)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [renamed(inner, old, new, keys) for inner in value]
    return value


def _renamed_fields(document: Mapping[str, Any], model: BaseModel, old: str, new: str) -> dict[str, Any]:
    """Rename in the data of a model: names of fields and values of enumerations stay unchanged."""
    found = {}
    for key, value in document.items():
        fields = type(model).model_fields
        name = next((name for name, one in fields.items() if key in (name, one.alias)), key)
        is_choice = name in fields and get_origin(fields[name].annotation) is Literal
        found[key] = value if is_choice else _renamed_below(value, getattr(model, name, None), old, new)
    return found


def _renamed_below(value: Any, parsed: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        if isinstance(parsed, BaseModel):
            return _renamed_fields(value, parsed, old, new)
        known = parsed if isinstance(parsed, Mapping) else {}
        return {
            renamed(key, old, new): _renamed_below(inner, known.get(key), old, new)
            for key, inner in value.items()
        }
    if isinstance(value, list) and isinstance(parsed, tuple) and len(value) == len(parsed):
        return [_renamed_below(inner, one, old, new) for inner, one in zip(value, parsed, strict=True)]
    return renamed(value, old, new)


def _renamed_file(file: str, old: str, new: str) -> str:
    return f"sites/{new}.yml" if file == f"sites/{old}.yml" else file


def _kind(item: Item) -> tuple[str | int, ...]:
    """Identifies values of the same meaning: the path without the names of the things."""
    folder = item.file.split("/")[0]
    last = [step for step in item.path if isinstance(step, str)][-1:]
    return (folder, len(item.path), *last)


def _other_numbers(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1
        yield value - 1


def _moved(value: str) -> str | None:
    """Another address or prefix of the same length; None for other values."""
    try:
        interface = IPv4Interface(value)
    except ValueError:
        return None
    length = interface.network.prefixlen
    step = max(_FAR, 1 << (32 - length))
    moved = IPv4Address(int(interface.ip) ^ step)
    return f"{moved}/{length}" if "/" in value else str(moved)


def _unused_name(old: str, documents: Documents) -> str:
    """`core-1` → `core-3`: numbered names stay numbered."""
    stem, _, number = old.rpartition("-")
    if not stem or not number.isdigit():
        return f"{old}x"
    text = str(documents)
    return next(name for n in range(3, 1000) if (name := f"{stem}-{n}") not in text)


def _at(document: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        document = document[step]
    return document


def _with(document: Any, path: DocumentPath, value: object) -> Any:
    """A copy with another value at `path`; the parts beside the path are shared."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = _with(document[path[0]], path[1:], value)
    return copy


def _without(document: Any, path: DocumentPath) -> Any:
    copy = document.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(document[path[0]], path[1:])
    return copy
