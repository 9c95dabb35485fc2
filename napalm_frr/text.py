"""The text of a device: the sections frr, nftables, qos, sysctl and units; each begins with `#@ section NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECTIONS = ("frr", "nftables", "qos", "sysctl", "units")
_HEADER = re.compile(r"#@ section (\S+)\s*")
_FILE = re.compile(r"#@ file (baubau-[a-z0-9-]+\.[a-z]+)")


class TextError(ValueError):
    """A device text cannot be split; the message gives the line number."""


def split(text: str) -> dict[str, str]:
    """Split a device text into sections; without headers all of it is the frr section, an empty text has none.

    Raises TextError for an unknown or repeated section and for lines before the first header.
    """
    lines = text.splitlines()
    if not any(_HEADER.fullmatch(line) for line in lines):
        return {"frr": _ended(text)} if text.strip() else {}
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if header := _HEADER.fullmatch(line):
            current = sections.setdefault(_name(header.group(1), number, sections), [])
        elif current is not None:
            current.append(line)
        elif line.strip():
            raise TextError(f"line {number}: text before the first section header")
    return {name: "".join(f"{line}\n" for line in body) for name, body in sections.items()}


def join(sections: Mapping[str, str]) -> str:
    """Join sections into one text, in their fixed order; the inverse of split()."""
    return "".join(f"#@ section {name}\n{_ended(sections[name])}" for name in SECTIONS if name in sections)


def settings(text: str) -> dict[str, str]:
    """Parse a sysctl section of `key = value` lines with dotted keys; white space in values becomes one space.

    Raises TextError for a line of another form and for a duplicate key.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        key, equals, value = (part.strip() for part in stripped.partition("="))
        if not equals or not re.fullmatch(r"[\w./:-]+", key) or not value:
            raise TextError(f"line {number}: expected `key = value`, found {stripped!r}")
        if key in values:
            raise TextError(f"line {number}: {key} is set twice")
        values[key] = " ".join(value.split())
    return values


def ports(qos: str) -> tuple[str, ...]:
    """Return the ports that a qos section configures, in order of appearance.

    Raises TextError for anything but `qdisc add dev PORT …` and `class add dev PORT …`.
    """
    found: dict[str, None] = {}
    for number, line in enumerate(qos.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        command = re.fullmatch(r"(?:qdisc|class) add dev ([\w.@-]{1,15}) .+", line)
        if not command:
            raise TextError(f"line {number}: expected `qdisc|class add dev PORT …`, found {line!r}")
        found[command.group(1)] = None
    return tuple(found)


def files(units: str) -> dict[str, str]:
    """Split a units section into files, sorted by name; each begins with `#@ file NAME`.

    A service is restarted when its unit changes, or a file with the same name and another extension. Names begin
    with `baubau-`. Raises TextError for other names, a duplicate name, and lines before the first file.
    """
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(units.splitlines(), 1):
        if line.startswith("#@ "):
            header = _FILE.fullmatch(line)
            if header is None:
                raise TextError(f"line {number}: expected `#@ file baubau-NAME.ENDING`, found {line!r}")
            if header.group(1) in found:
                raise TextError(f"line {number}: file {header.group(1)} appears twice")
            current = found[header.group(1)] = []
        elif current is not None:
            current.append(line)
        elif line.strip():
            raise TextError(f"line {number}: text before the first file")
    return {name: "".join(f"{line}\n" for line in body) for name, body in sorted(found.items())}


def units(files: Mapping[str, str]) -> str:
    """Join files into a units section; the inverse of files()."""
    return "".join(f"#@ file {name}\n{_ended(files[name])}" for name in sorted(files))


def tables(nftables: str, owned: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tables that an nftables section defines; it may only define owned tables.

    Raises TextError for any other statement (flush, delete, include, a foreign table …).
    """
    found: list[str] = []
    depth = 0
    for number, line in enumerate(nftables.splitlines(), 1):
        code = re.sub(r'"[^"]*"', '""', line).split("#", 1)[0].strip()
        if depth == 0 and code:
            table = re.fullmatch(r"table (\w+ [\w-]+) ?\{.*", code)
            if table is None and not code.startswith("define "):
                raise TextError(f"line {number}: only table definitions stand here, found {code!r}")
            if table is not None and table.group(1) not in owned:
                raise TextError(f"line {number}: table {table.group(1)} is not one of {', '.join(owned)}")
            if table is not None:
                found.append(table.group(1))
        if table_code := code:
            depth += table_code.count("{") - table_code.count("}")
    if depth != 0:
        raise TextError("the braces do not balance")
    return tuple(found)


def _name(name: str, number: int, seen: Mapping[str, object]) -> str:
    if name not in SECTIONS:
        raise TextError(f"line {number}: unknown section {name!r}; known are {', '.join(SECTIONS)}")
    if name in seen:
        raise TextError(f"line {number}: section {name} appears twice")
    return name


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
