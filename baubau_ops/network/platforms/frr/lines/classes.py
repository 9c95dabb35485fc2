"""Classes of rendered lines: what one template line writes, and configurations without all lines of one class.

Lines from the same template line have the same function with other names and numbers; so the template's lines are the
classes. Some template lines write many things: the class of a kernel setting is its key, that of a queue or traffic
class its number, that of a drop counter its name; a file for the router is one class as a whole. Closing words and
empty lines belong to the block that they end; a class that opens blocks is removed together with their content. A
router keeps a kernel setting that its configuration does not name: so the setting is not removed but gets another
value.
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
"""Lines on which no packet depends, by their beginning, and the reason: they are counted separately."""
_NEIGHBOUR = re.compile(r"neighbor \S+ (description .*)")
_SHOWS_LATE = ("bgp.j2", "filters.j2", "nft-input.j2")
"""Templates whose settings FRR applies late: it reevaluates its own networks 5 s after a change of a route-map (`bgp
route-map delay-timer`), and notices a silent neighbour only after BGP's hold time."""


def removals(routers: Mapping[str, Router]) -> tuple[Removal, ...]:
    """For every class, the configuration with most of its lines; among equals, the longest one."""
    texts = {name: written(router) for name, router in sorted(routers.items())}
    numbers: defaultdict[LineClass, dict[str, list[int]]] = defaultdict(dict)
    for device, lines in texts.items():
        units = next((n for n, line in enumerate(lines) if line.text == "#@ section units"), len(lines))
        for number, line in enumerate(lines):
            if number > units and not line.text.startswith(_FILE):
                continue  # the content of a file is not split into classes
            if (found := line_class(line)) is not None:
                numbers[found].setdefault(device, []).append(number)
    return tuple(
        _removal(found, device, texts[device], by_device[device])
        for found, by_device in sorted(numbers.items())
        for device in [max(by_device, key=lambda name: (len(by_device[name]), len(texts[name])))]
    )


def line_class(line: Written) -> LineClass | None:
    """The class of a line; None for section headers and for lines that only end a block."""
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
    """The number of a line and, if it opens a block, those of all lines up to the block's end."""
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
    """Whether a closing word at `depth` follows before any other line at that depth."""
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
