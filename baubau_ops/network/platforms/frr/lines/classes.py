"""Classes of rendered lines: what one line of a template writes, and the texts that lack all of one class.

A line that the same template line wrote does the same thing with other names and numbers; so the template's lines
are the classes. Some write many things with one line: a kernel setting is a class by its key, a queue or traffic
class by its number, a drop counter by its name; a file for the router is a class as a whole. Closing words and
empty lines belong to the block that they end; a class that opens blocks is taken out with all that stands in them.
A kernel setting that a text does not name is left as it is: so it is not taken out but given another value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.lines.origins import written
from baubau_ops.network.platforms.lines import LineClass, Removal, Written

_CLOSING = frozenset({"exit", "exit-address-family", "}"})
_FILE = "#@ file "
_NO_CLASS = _CLOSING | {"", "!", "end"}
_VARIANTS = (
    re.compile(r"net\.\S+?\.(\w+) = "),
    re.compile(r"class add .* classid (1:\w+) "),
    re.compile(r"qdisc add .* handle (\w+): bfifo"),
    re.compile(r"\tcounter (\w+) \{ \}"),
    re.compile(r"#@ file (\S+)"),
)
_SETTING = re.compile(r"(net\.\S+ = )(\S+)$")

HARMLESS = {
    "frr version": "says which FRR wrote the text",
    "frr defaults": "names a default set; every value that matters is written out",
    "log ": "what is logged, not what is forwarded",
    "bgp log-neighbor-changes": "what is logged, not what is forwarded",
    "log-adjacency-changes": "what is logged, not what is forwarded",
    "description ": "a name for people",
    "service integrated-vtysh-config": "where FRR would save a file that nobody reads",
}
"""Lines on which no packet depends, by how they begin, and why: they are counted apart."""
_NEIGHBOUR = re.compile(r"neighbor \S+ (description .*)")
_SHOWS_LATE = ("bgp.j2", "filters.j2", "nft-input.j2")
"""Templates of what FRR looks at late: at its own networks 5 s after a route-map changed (`bgp route-map delay-timer`),
at a neighbour that it cannot hear any more after BGP's hold time."""


def removals(routers: Mapping[str, Router]) -> tuple[Removal, ...]:
    """For every class the text of the router that has most of its lines; of several, the one with most to do."""
    texts = {name: written(router) for name, router in sorted(routers.items())}
    numbers: defaultdict[LineClass, dict[str, list[int]]] = defaultdict(dict)
    for device, lines in texts.items():
        units = next((n for n, line in enumerate(lines) if line.text == "#@ section units"), len(lines))
        for number, line in enumerate(lines):
            if number > units and not line.text.startswith(_FILE):
                continue  # what stands in a file is not ours to take apart
            if (found := line_class(line)) is not None:
                numbers[found].setdefault(device, []).append(number)
    return tuple(
        _removal(found, device, texts[device], by_device[device])
        for found, by_device in sorted(numbers.items())
        for device in [max(by_device, key=lambda name: (len(by_device[name]), len(texts[name])))]
    )


def line_class(line: Written) -> LineClass | None:
    """The class of a line; None for what only ends a block, and for section headers."""
    if line.template is None or line.text.strip() in _NO_CLASS:
        return None
    variants = (found[1] for pattern in _VARIANTS if (found := pattern.match(line.text)))
    return LineClass(line.template, next(variants, ""))


def _removal(found: LineClass, device: str, lines: Sequence[Written], numbers: Sequence[int]) -> Removal:
    gone = {number for first in numbers for number in _block(lines, first)}
    example = lines[numbers[0]].text.strip()
    setting = _SETTING.match(lines[numbers[0]].text)
    text = "".join(
        f"{_SETTING.sub(_other_value, line.text) if number in gone else line.text}\n"
        for number, line in enumerate(lines)
        if setting or number not in gone
    )
    late = found.template.file.endswith(_SHOWS_LATE)
    return Removal(found, device, example, len(numbers), text, _harmless(example), late)


def _other_value(setting: re.Match[str]) -> str:
    return f"{setting[1]}{1 if setting[2] == '0' else 0}"


def _block(lines: Sequence[Written], first: int) -> Iterator[int]:
    """A line, and where it opens a block, all up to the block's end."""
    yield first
    if lines[first].text.startswith(_FILE):
        for number in range(first + 1, len(lines)):
            if lines[number].text.startswith(_FILE):
                return
            yield number
        return
    depth = _depth(lines[first].text)
    for number in range(first + 1, len(lines)):
        text = lines[number].text
        is_inside = not text.strip() or _depth(text) > depth
        if not is_inside and (_depth(text) < depth or text.strip() not in _CLOSING):
            return
        if text.startswith("#@ section"):
            return
        if is_inside and not _ends_later(lines, number, depth):
            return
        yield number
        if not is_inside:
            return


def _ends_later(lines: Sequence[Written], start: int, depth: int) -> bool:
    """Whether a closing word at `depth` follows before anything else does."""
    for line in lines[start:]:
        words = line.text.strip()
        if words and _depth(line.text) <= depth:
            return _depth(line.text) == depth and words in _CLOSING
    return False


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())


def _harmless(example: str) -> str:
    match = _NEIGHBOUR.match(example)
    words = match[1] if match else example
    return next((why for begin, why in HARMLESS.items() if words.startswith(begin)), "")
