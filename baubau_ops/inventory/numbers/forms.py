"""The forms that an entry of the lock can have: how each is read, written, and built from its numbers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Protocol, TypeAlias

from baubau_ops.inventory.files.yaml import DocumentPath

Number: TypeAlias = IPv4Address | IPv4Network | int
Path: TypeAlias = tuple[str, ...]
"""Path below an entry: `("links", "wolio", "port")`; in a form, `*` stands for a name."""


class Malformed(Exception):
    """A value in the lock cannot be read."""

    def __init__(self, message: str, path: DocumentPath = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def below(self, step: str) -> Malformed:
        """The same error with its path extended by one step upwards."""
        return Malformed(self.message, (step, *self.path))


class Form(Protocol):
    """The structure of an entry, or of a part of one."""

    def read(self, value: object) -> Any:
        """Convert a value from YAML to a Python value; raises Malformed if it is invalid."""

    def write(self, value: Any) -> str:
        """The value as YAML in flow style."""

    def build(self, numbers: Mapping[Path, Number], at: Path = ()) -> Any:
        """Build the value from the numbers below `at`; None when one is missing."""

    def leaves(self, at: Path = ()) -> Iterator[tuple[Path, Form]]:
        """The kinds of number in this form, each with its path."""

    def words(self) -> frozenset[str]:
        """The keys that belong to the form: all others are names."""


@dataclass(frozen=True, slots=True)
class Each:
    """A mapping from names to values of one form."""

    form: Form

    def read(self, value: object) -> dict[str, Any]:
        read, found, name = self.form.read, {}, ""
        try:
            for name, part in mapping(value).items():
                found[name] = read(part)
        except Malformed as error:
            raise error.below(name) if name else error from None
        return found

    def write(self, value: Mapping[str, Any]) -> str:
        return f"{{{', '.join([f'{name}: {self.form.write(value[name])}' for name in sorted(value)])}}}"

    def build(self, numbers: Mapping[Path, Number], at: Path = ()) -> dict[str, Any] | None:
        depth = len(at)
        names = dict.fromkeys(path[depth] for path in numbers if path[:depth] == at)
        return _whole({name: self.form.build(numbers, (*at, name)) for name in names})

    def leaves(self, at: Path = ()) -> Iterator[tuple[Path, Form]]:
        return self.form.leaves((*at, "*"))

    def words(self) -> frozenset[str]:
        return self.form.words()


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with exactly these keys, each with its own form; `make` takes them as keywords."""

    make: Callable[..., Any]
    parts: Mapping[str, Form]

    def read(self, value: object) -> Any:
        given = mapping(value)
        if given.keys() != self.parts.keys():
            raise Malformed(f"exactly these keys are expected here: {', '.join(self.parts)}.")
        found, name = {}, ""
        try:
            for name, form in self.parts.items():
                found[name] = form.read(given[name])
        except Malformed as error:
            raise error.below(name) from None
        return self.make(**found)

    def write(self, value: Any) -> str:
        parts = [f"{name}: {form.write(getattr(value, name))}" for name, form in self.parts.items()]
        return f"{{{', '.join(parts)}}}"

    def build(self, numbers: Mapping[Path, Number], at: Path = ()) -> Any:
        found = _whole({name: form.build(numbers, (*at, name)) for name, form in self.parts.items()})
        return None if found is None else self.make(**found)

    def leaves(self, at: Path = ()) -> Iterator[tuple[Path, Form]]:
        for name, form in self.parts.items():
            yield from form.leaves((*at, name))

    def words(self) -> frozenset[str]:
        return frozenset(self.parts).union(*(form.words() for form in self.parts.values()))


class Value(Protocol):
    """The type of a single number in the lock."""

    def read(self, value: object) -> Number:
        """Convert a value from YAML to a number; raises Malformed if it is none."""

    def make(self, start: int, length: int, /) -> Number:
        """The number that begins at `start`; `length` is the length of a prefix."""


class _Address:
    def read(self, value: object) -> IPv4Address:
        try:
            return IPv4Address(socket.inet_pton(socket.AF_INET, _text(value)))
        except (ValueError, OSError):
            raise Malformed(f'"{value}" is not an IPv4 address.') from None

    def make(self, start: int, _length: int, /) -> IPv4Address:
        return IPv4Address(start)


class _Prefix:
    def read(self, value: object) -> IPv4Network:
        try:
            address, length = _text(value).split("/")
            # Building it from an integer is several times faster than from text.
            return IPv4Network((int.from_bytes(socket.inet_pton(socket.AF_INET, address)), int(length)))
        except (ValueError, OSError):
            raise Malformed(f'"{value}" is not an IPv4 prefix.') from None

    def make(self, start: int, length: int, /) -> IPv4Network:
        return IPv4Network((start, length))


ADDRESS = _Address()
PREFIX = _Prefix()


@dataclass(frozen=True, slots=True)
class Integer:
    """A positive whole number."""

    highest: int

    def read(self, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= self.highest:
            return value
        raise Malformed(f'"{value}" is not a number from 1 to {self.highest}.')

    def make(self, start: int, _length: int, /) -> int:
        return start


def mapping(value: object) -> dict[str, Any]:
    """Return the value if it is a mapping of names; raises Malformed if it is not."""
    if not isinstance(value, dict):
        raise Malformed('a mapping ("name: value") is expected here.')
    for key in value:
        if not isinstance(key, str):
            raise Malformed(f"the key {key!r} is not a name.")
    return value


def _whole(values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the same mapping, or None when one of its values is None."""
    for value in values.values():
        if value is None:  # `None in` would compare prefixes by value, which is slow
            return None
    return values


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value
