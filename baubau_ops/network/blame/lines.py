"""Which places of the inventory made each line of a router's text, found by asking what would change it.

A place made a line if the line is another one, or is gone, when what stands there is changed: a value replaced, an
entry taken out, a name replaced everywhere. Every such change is tried, with the text derived anew. So a place is
named for what it does and not for what it looks like, whatever the code between is; where nothing in the files
changes a line, it is the same on every such router. What could be taken out without any effect made nothing, even
if another value there would: so of two places that say the same, neither is named. A line is told apart by its
words and the block it stands in; its position and a sequence number belong to the lines before it.
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
    """A place of the inventory that makes a line what it is."""

    place: str
    """file:line, as people call the file."""
    path: str
    """In the document: `spans[3].km`; empty for a file that names a site."""
    way: Way
    lines: int
    """How many lines of the text it makes: the fewer, the more it is about each of them."""

    def __str__(self) -> str:
        return f"{self.place} {self.path}".rstrip()


@dataclass(frozen=True, slots=True)
class BlamedLine:
    """One line of a text."""

    number: int
    """From 1."""
    text: str
    template: TemplateLine | None
    causes: tuple[Cause, ...]
    """One for each place, the most particular first. Empty: the same on every such router."""


def blame(
    inventory: Inventory, device: str, stand_ins: StandIns = AS_INTENDED, *, on_event: OnEvent = ignore
) -> tuple[BlamedLine, ...]:
    """The lines of one router's text, each with all that made it. Reads the inventory's files again."""
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
    """One cause for each place, those of the fewest lines first."""
    ranked = sorted(causes, key=lambda cause: (cause.lines, _WAYS.index(cause.way), cause.place, cause.path))
    found: dict[str, Cause] = {}
    for cause in ranked:
        found.setdefault(cause.place, cause)
    return tuple(found.values())


def _causes(
    inventory: Inventory, effects: Mapping[Item, frozenset[int]]
) -> Iterator[tuple[Cause, frozenset[int]]]:
    """Give every item that has an effect its place; each file is read once for that."""
    places: dict[str, Places] = {}
    for item, lines in effects.items():
        file = inventory.folder / item.file
        if item.file not in places:
            places[item.file] = Places(file)
        place = places[item.file].find(item.path, key=item.way != "value")
        yield Cause(f"{shown(file)}:{place.line}", shown_path(item.path), item.way, len(lines)), lines


class _Search:
    """Tries changes, whole parts of the documents first: what has no effect as a whole is not taken apart."""

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
        """Every item with an effect, and the lines (from 1) it has it on."""
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
        """The sites that have anything to do with the router: halved until those that have not are gone."""
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
        """What may have an effect at a place and below it."""
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
        """Whether a name stands here first, or is a site's: elsewhere it only refers to that."""
        if not item.path:
            return True
        name = name_of(item)
        if item.file == lockfile.NAME or name is None or name in self._names:
            return False
        self._names.add(name)
        return True

    def _is_dispensable(self, file: str, path: DocumentPath) -> bool:
        """Whether the router is the same without what stands there: then it has made nothing, whatever it says.

        A number that is taken out of the lock may be given again: there only another number tells.
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
        """The lines that another value makes others, whichever way it is changed first that leaves a city."""
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
    """The lines (from 1) of the one text that the other lacks."""
    lacking = Counter(before) - Counter(after)
    return {number for number, key in enumerate(before, 1) if key in lacking}
