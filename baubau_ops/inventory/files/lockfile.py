"""allocations.yml: one flow line for each object, sorted, so that branches merge line by line."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, TypeVar

from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.allocations import AccessNumbers, Allocations, Quarantined, SiteNumbers
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath

NAME = "allocations.yml"
MAX_BYTES = 64 * 2**20
"""About 250 bytes for a site."""

_HEADER = """\
# Numbers once assigned are never changed; an entry that no file uses is a reservation.
# Written by `baubau inventory allocate` and `baubau link add`: merge it, do not edit it.
"""
SECTIONS = ("loopbacks", "links", "services", "lans", "sites", "quarantine")

_RESOLVE = 'run "baubau inventory allocate --resolve"'

_T = TypeVar("_T")


def write(allocations: Allocations) -> str:
    """Return the whole text of the lock file."""
    return _HEADER + "".join(_section(name, getattr(allocations, name)) for name in SECTIONS)


def entry(allocations: Allocations, item: str) -> str:
    """Return one entry (`<section>/<id>`) as the lock writes it; empty when there is none."""
    section, name = item.split("/", 1)
    entries: Mapping[str, object] = getattr(allocations, section)
    return _value(entries[name]) if name in entries else ""


def _section(name: str, entries: Mapping[str, object]) -> str:
    if not entries:
        return f"{name}: {{}}\n"
    lines = "".join(f"  {item}: {_value(entries[item])}\n" for item in sorted(entries))
    return f"{name}:\n{lines}"


def _value(value: object) -> str:
    if isinstance(value, SiteNumbers):
        return f"{{{_site(value)}}}"
    if isinstance(value, Quarantined):
        return f"{{until: {value.until}, {_site(value.numbers)}}}"
    return _flow(value) if isinstance(value, Mapping) else str(value)


def _flow(values: Mapping[str, object]) -> str:
    return f"{{{', '.join(f'{name}: {values[name]}' for name in sorted(values))}}}"


def _site(numbers: SiteNumbers) -> str:
    links = {
        pop: f"{{port: {access.port}, prefix: {access.prefix}}}" for pop, access in numbers.links.items()
    }
    segments, access = _flow(numbers.segments), _flow(links)
    return f"asn: {numbers.asn}, loopback: {numbers.loopback}, segments: {segments}, links: {access}"


def read(folder: Path, *, merge: bool = False) -> tuple[Allocations, list[Finding]]:
    """Read the lock of an inventory; a missing file is an empty lock.

    With `merge` both sides of a conflict that a merge has left count.
    """
    file = folder / NAME
    if not os.path.lexists(file):  # a link that leads nowhere is an error, not an empty lock
        return Allocations(), []
    text = ""
    try:
        text = yaml.text_of(file, max_bytes=MAX_BYTES)
        document = yaml.parse(yaml.both_sides(text) if merge else text)
    except yaml.YamlError as error:
        message = error.message
        if not merge and yaml.has_conflict(text):
            message = f"a merge conflict is not resolved here. To keep both sides: {_RESOLVE}."
        return Allocations(), [Finding(NAME, (), message, line=error.line, column=error.column)]
    return parse(document)


def has_conflict(folder: Path) -> bool:
    """Whether a merge has left its marks in the lock."""
    try:
        return yaml.has_conflict(yaml.text_of(folder / NAME, max_bytes=MAX_BYTES))
    except yaml.YamlError:
        return False


def parse(document: Mapping[str, Any]) -> tuple[Allocations, list[Finding]]:
    """Turn the document into values; what cannot be is left out and found wrong."""
    reader = _Reader()
    for name in document:
        if name not in SECTIONS:
            reader.wrong((name,), f'unknown section "{name}". Allowed: {", ".join(SECTIONS)}.')
    allocations = Allocations(
        loopbacks=reader.entries(document, "loopbacks", reader.address),
        links=reader.entries(document, "links", reader.prefix),
        services=reader.entries(document, "services", reader.address),
        lans=reader.entries(document, "lans", reader.prefixes),
        sites=reader.entries(document, "sites", reader.site),
        quarantine=reader.entries(document, "quarantine", reader.quarantined),
    )
    return allocations, reader.findings


class _Malformed(Exception):
    """An entry that has been reported already."""


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def wrong(self, path: DocumentPath, message: str) -> _Malformed:
        self.findings.append(Finding(NAME, path, message))
        return _Malformed()

    def entries(
        self, document: Mapping[str, Any], section: str, form: Callable[[object, DocumentPath], _T]
    ) -> dict[str, _T]:
        """All entries of a section that can be read."""
        found: dict[str, _T] = {}
        try:
            given = self.mapping(document.get(section) or {}, (section,))
        except _Malformed:
            return found
        for name, value in given.items():
            try:
                found[name] = form(value, (section, name))
            except _Malformed:
                continue
        return found

    def mapping(self, value: object, path: DocumentPath) -> dict[str, Any]:
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise self.wrong(path, f"the key {key!r} is not a name.")
            return value
        raise self.wrong(path, 'a mapping ("name: value") is expected here.')

    def address(self, value: object, path: DocumentPath) -> IPv4Address:
        try:
            return IPv4Address(socket.inet_pton(socket.AF_INET, _text(value)))
        except (ValueError, OSError):
            raise self.wrong(path, f'"{value}" is not an IPv4 address.') from None

    def prefix(self, value: object, path: DocumentPath) -> IPv4Network:
        try:
            address, length = _text(value).split("/")
            # From a number it is built several times faster than from text.
            return IPv4Network((int.from_bytes(socket.inet_pton(socket.AF_INET, address)), int(length)))
        except (ValueError, OSError):
            raise self.wrong(path, f'"{value}" is not an IPv4 prefix.') from None

    def prefixes(self, value: object, path: DocumentPath) -> dict[str, IPv4Network]:
        return {name: self.prefix(given, (*path, name)) for name, given in self.mapping(value, path).items()}

    def number(self, value: object, path: DocumentPath, highest: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= highest:
            return value
        raise self.wrong(path, f'"{value}" is not a number from 1 to {highest}.')

    def site(self, value: object, path: DocumentPath) -> SiteNumbers:
        given = self._fields(value, path, ("asn", "loopback", "segments", "links"))
        links = self.mapping(given["links"], (*path, "links"))
        return SiteNumbers(
            asn=self.number(given["asn"], (*path, "asn"), 4294967294),
            loopback=self.address(given["loopback"], (*path, "loopback")),
            segments=self.prefixes(given["segments"], (*path, "segments")),
            links={pop: self.access(link, (*path, "links", pop)) for pop, link in links.items()},
        )

    def access(self, value: object, path: DocumentPath) -> AccessNumbers:
        given = self._fields(value, path, ("port", "prefix"))
        return AccessNumbers(
            port=self.number(given["port"], (*path, "port"), 9999),
            prefix=self.prefix(given["prefix"], (*path, "prefix")),
        )

    def quarantined(self, value: object, path: DocumentPath) -> Quarantined:
        given = dict(self.mapping(value, path))
        until = given.pop("until", None)
        try:
            day = date.fromisoformat(_text(until))
        except ValueError:
            raise self.wrong((*path, "until"), f'"{until}" is not a date, such as 2027-02-20.') from None
        return Quarantined(self.site(given, path), day)

    def _fields(self, value: object, path: DocumentPath, names: tuple[str, ...]) -> dict[str, Any]:
        given = self.mapping(value, path)
        if given.keys() != set(names):
            raise self.wrong(path, f"exactly these keys are expected here: {', '.join(names)}.")
        return given


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value
