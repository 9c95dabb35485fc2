"""Finds the places in the inventory that cause each line of a router's configuration, by trying changes.

A place causes a line if a change at that place alters or removes the line: a value is replaced, an entry removed, or
a name replaced everywhere. Every such change is tried, and the configuration is derived again. So places are found by
their effect and not by similarity, whatever code is in between; a line that no change affects is the same on all such
routers. An entry that can be removed without effect causes nothing, even if another value would have an effect: so if
two places say the same, neither is reported. A line is identified by its words and the block that contains it; its
position and sequence number depend on the lines before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.problems import shown, shown_path
from baubau_ops.inventory.files.yaml import DocumentPath, Places
from baubau_ops.inventory.load import site_id
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.network.blame.derivation import ReadCity, UnsoundError
from baubau_ops.network.blame.edits import Changes, Item, Way, items, name_of, renamed
from baubau_ops.network.platforms.lines import Key, Lines, TemplateLine, lines_of
from baubau_ops.network.platforms.registry import AS_INTENDED, StandIns, platform_of

_WAYS: tuple[Way, ...] = ("value", "entry", "name")


@dataclass(frozen=True, slots=True)
class Cause:
    """A place in the inventory that affects a line."""

    place: str
    """The place as file:line, with the file name shown to users."""
    path: str
    """Path in the document: `spans[3].km`; empty for a file that names a site."""
    way: Way
    lines: int
    """Number of lines that it affects in the configuration: the fewer, the more specific it is to each of them."""

    def __str__(self) -> str:
        return f"{self.place} {self.path}".rstrip()


@dataclass(frozen=True, slots=True)
class BlamedLine:
    """One line of a configuration."""

    number: int
    """Line number, from 1."""
    text: str
    template: TemplateLine | None
    causes: tuple[Cause, ...]
    """One cause per place, the most specific first. Empty: the line is the same on all such routers."""


def blame(
    inventory: Inventory, device: str, stand_ins: StandIns = AS_INTENDED, *, on_event: OnEvent = ignore
) -> tuple[BlamedLine, ...]:
    """The lines of one router's configuration, each with all its causes. Reads the inventory's files again."""
    city = ReadCity(inventory, stand_ins)
    platform = lines_of(platform_of(inventory.topology.nodes[device], stand_ins))
    search = _Search(city, device, platform, on_event)
    effects = search.run()
    causes = _causes(inventory, effects)
    by_line: defaultdict[int, list[Cause]] = defaultdict(list)
    for cause, lines in causes:
        for line in lines:
            by_line[line].append(cause)
    return tuple(
        BlamedLine(number, line.text, line.template, _particular(by_line[number]))
        for number, line in enumerate(platform.written(search.device), 1)
    )


def _particular(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """One cause per place; causes of the fewest lines come first."""
    ranked = sorted(causes, key=lambda cause: (cause.lines, _WAYS.index(cause.way), cause.place, cause.path))
    found: dict[str, Cause] = {}
    for cause in ranked:
        found.setdefault(cause.place, cause)
    return tuple(found.values())


def _causes(
    inventory: Inventory, effects: Mapping[Item, frozenset[int]]
) -> Iterator[tuple[Cause, frozenset[int]]]:
    """Find the file and line of every item that has an effect; each file is read once."""
    places: dict[str, Places] = {}
    for item, lines in effects.items():
        file = inventory.folder / item.file
        if item.file not in places:
            places[item.file] = Places(file)
        place = places[item.file].find(item.path, key=item.way != "value")
        yield Cause(f"{shown(file)}:{place.line}", shown_path(item.path), item.way, len(lines)), lines


class _Search:
    """Tries changes, starting with whole parts of the documents: a part without effect is not divided further."""

    def __init__(self, city: ReadCity, device: str, lines: Lines, on_event: OnEvent) -> None:
        self._lines = lines
        self._city = city
        self._changes = Changes(city.documents, city.models)
        self._name = device
        self._on_event = on_event
        self._total = sum(1 for file, one in city.documents.items() for _ in items(file, one))
        self._done = 0
        self._names: set[str] = set()
        self.device = city.derive(city.documents, device)
        self._keys = lines.keys(city.render(self.device))

    def run(self) -> dict[Item, frozenset[int]]:
        """Every item that has an effect, with the lines (from 1) that it affects."""
        self._on_event(Event("start", "blame", total=self._total))
        found = {item: lines for item in self._candidates() if (lines := frozenset(self._effect(item)))}
        self._on_event(Event("done", "blame", self._name, total=self._total))
        return found

    def _candidates(self) -> Iterator[Item]:
        documents = self._city.documents
        sites = [file for file in documents if file.startswith("sites/")]
        concerned = set(self._concerned(sites))
        for file in sites:
            if file in concerned:
                yield from self._below(file, ())
            else:
                self._skip(items(file, documents[file]))
        absent = {site_id(file) for file in sites} - {site_id(file) for file in concerned}
        for file in documents:
            if file == lockfile.NAME:
                yield from self._in_lock(absent)
            elif file not in sites:
                yield from self._below(file, ())

    def _concerned(self, sites: Sequence[str]) -> Iterator[str]:
        """The sites that affect the router: sets of sites are halved until those without effect are gone."""
        if not sites:
            return
        if self._is_same({file: one for file, one in self._city.documents.items() if file not in sites}):
            return
        if len(sites) == 1:
            yield sites[0]
            return
        half = len(sites) // 2
        yield from self._concerned(sites[:half])
        yield from self._concerned(sites[half:])

    def _in_lock(self, absent: set[str]) -> Iterator[Item]:
        for section, entries in self._city.documents[lockfile.NAME].items():
            for name in entries or {}:
                if section == "sites" and name in absent:
                    self._skip(items(lockfile.NAME, entries[name], (section, name)))
                else:
                    yield from self._below(lockfile.NAME, (section, name))

    def _below(self, file: str, path: DocumentPath) -> Iterator[Item]:
        """Items at a place and below it that may have an effect."""
        document = self._city.documents[file]
        for step in path:
            document = document[step]
        if path and self._is_dispensable(file, path):
            self._skip(items(file, document, path))
            return
        if path or file.startswith("sites/"):
            item = Item(file, path, "name")
            if self._declares(item):
                yield item
            yield Item(file, path, "entry")
        if isinstance(document, (dict, list)):
            for step in document if isinstance(document, dict) else range(len(document)):
                yield from self._below(file, (*path, step))
        else:
            yield Item(file, path, "value")

    def _declares(self, item: Item) -> bool:
        """Whether an item defines a name, here or as the name of a site; elsewhere a name is only a reference."""
        if not item.path:
            return True
        name = name_of(item)
        if item.file == lockfile.NAME or name is None or name in self._names:
            return False
        self._names.add(name)
        return True

    def _is_dispensable(self, file: str, path: DocumentPath) -> bool:
        """Whether the router stays the same if the part is removed: then the part causes nothing, whatever it says.

        A number that is removed from the lock may be allocated again: only another number shows its effect.
        """
        if file == lockfile.NAME:
            return self._is_same(self._changes.all_values(file, path))
        return all(self._is_same(documents) for documents in self._changes.of(Item(file, path, "entry")))

    def _is_same(self, documents: Mapping[str, Any]) -> bool:
        try:
            return self._city.derive(documents, self._name) == self.device
        except UnsoundError:
            return False

    def _effect(self, item: Item) -> set[int]:
        """The lines that another value affects, by the first change that alters the router and leaves a valid city."""
        self._skip([item])
        name = self._name
        if item.way == "name" and (names := self._changes.new_name(item)) is not None:
            name = renamed(name, *names)
        for documents in self._changes.of(item):
            try:
                device = self._city.derive(documents, name)
                if device == self.device:
                    continue
                return differing(self._keys, self._lines.keys(self._city.render(device)))
            except UnsoundError:
                continue
        return set()

    def _skip(self, those: Iterable[Item]) -> None:
        self._done += sum(1 for _ in those)
        self._on_event(Event("progress", "blame", done=self._done, total=self._total, detail=self._name))


def differing(before: Sequence[Key], after: Sequence[Key]) -> set[int]:
    """The lines (from 1) of `before` that are missing in `after`."""
    lacking = Counter(before) - Counter(after)
    return {number for number, key in enumerate(before, 1) if key in lacking}
