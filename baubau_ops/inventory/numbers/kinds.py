"""The properties of a kind of number, and of the section of the lock that contains it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers.forms import Form, Integer, Number, Path, Value
from baubau_ops.inventory.numbers.pool import Pool

Applied: TypeAlias = Callable[[str], bool]
"""Function that says whether a device was ever configured."""
Key: TypeAlias = tuple[str, str]
"""Key of one number of a kind: the entry's id, and the name within the entry (empty if each entry has only one)."""


class Need(NamedTuple):
    """A number that the files ask for. Every site has several, so it is kept small."""

    key: Key
    length: int = 32
    """Length of the prefix; 32 for a single address or number."""
    pin: Number | None = None
    """The number that the owner's file asks for."""


def _nowhere(_files: Files, _owner: str, _name: str) -> DocumentPath:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of number: a leaf of its section's form."""

    value: Value
    label: str
    """Label for people, with placeholders for `number` and `name`: `AS {number}`."""
    pool: Callable[[Files, str], Pool | None]
    """Pool that it is taken from, by name within the entry; None where the files name no existing pool."""
    needs: Callable[[Files], Iterator[Need]]
    """Needs of the files in the order of allocation, including pins of owners without an entry."""
    place: Callable[[Files, str, str], DocumentPath] = _nowhere
    """Place in its file where an owner asks for it, by the owner's id and the name within the entry."""
    pin: str = ""
    """Key below that place that pins it; empty where it cannot be pinned."""
    asked_by: str = "{owner}"
    """Name of the asking object in messages, with placeholders for `owner` and `name`."""
    doubles: bool = False
    """Whether it takes an aligned block of twice its size and uses the lower half."""

    @property
    def is_address(self) -> bool:
        """Whether it is an address or prefix, which is unique in the whole city; others are unique in their pool."""
        return not isinstance(self.value, Integer)

    def read(self, value: object) -> Number:
        return self.value.read(value)

    def write(self, value: Number) -> str:
        return str(value)

    def build(self, numbers: Mapping[Path, Number], at: Path = ()) -> Number | None:
        return numbers.get(at)

    def leaves(self, at: Path = ()) -> Iterator[tuple[Path, Form]]:
        yield at, self

    def words(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True)
class Section:
    """A section of the lock, with all that allocation, lock file, checks and blame know about it."""

    name: str
    """Name in the lock."""
    form: Form
    """Form of its entries; the leaves are its kinds of number."""
    owners: Callable[[Files], Collection[str]]
    """Function that returns the ids that need an entry."""
    file: str
    """File that defines an owner: `sites/{}.yml`."""
    devices: Callable[[Files, Collection[str]], Iterable[str]]
    """Function that returns the devices whose configuration contains the numbers of some owners."""
    is_applied: Callable[[Files, str, Applied], bool]
    """Function that says whether an entry's numbers are in use, given the devices that were ever configured."""

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The section's kinds of number, each at its place in an entry."""
        return tuple(Slot(self, kind, path) for path, kind in self.form.leaves() if isinstance(kind, Kind))

    def replaced(self, entry: Any | None, numbers: Mapping[Path, Number]) -> Any | None:
        """The entry with some numbers replaced, or a new entry from these numbers; None when one is missing."""
        held: dict[Path, Number] = {}
        if entry is not None:
            for slot in self.slots:
                held |= {slot.path_of(name): each for (_, name), each in slot.held({"": entry}).items()}
        return self.form.build({**held, **numbers})


@dataclass(frozen=True, eq=False)
class Slot:
    """A kind of number at its place in the entries of a section."""

    section: Section
    kind: Kind
    path: Path
    """Path in an entry, in which `*` stands for a name."""

    def path_of(self, name: str) -> Path:
        """The path of the number with this name in an entry."""
        if not self._has_names:
            return self.path
        before, after = self._around
        return (*before, name, *after)

    def held(self, entries: Mapping[str, Any]) -> dict[Key, Number]:
        """All numbers of this kind that some entries hold."""
        if not self._has_names:
            return {(owner, ""): self._first(entry) for owner, entry in entries.items()}
        return {
            (owner, name): self._second(part)
            for owner, entry in entries.items()
            for name, part in self._first(entry).items()
        }

    @cached_property
    def _has_names(self) -> bool:
        return "*" in self.path

    @cached_property
    def _around(self) -> tuple[Path, Path]:
        """The steps of the path before the name, and those after it."""
        at = self.path.index("*")
        return self.path[:at], self.path[at + 1 :]

    @cached_property
    def _first(self) -> Callable[[Any], Any]:
        """Getter from an entry to its number, or to the mapping of names."""
        return _getter(self._around[0] if self._has_names else self.path)

    @cached_property
    def _second(self) -> Callable[[Any], Any]:
        """Getter from the value under a name to the number."""
        return _getter(self._around[1])


def _getter(path: Path) -> Callable[[Any], Any]:
    return attrgetter(".".join(path)) if path else _itself


def _itself(value: Any) -> Any:
    return value
