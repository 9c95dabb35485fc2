"""The reference of the inventory's files as Markdown, made from their JSON Schemas: one page for each kind of file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from baubau_ops.inventory.files.fields import DURATION_SCHEMA, NAME, RATE_SCHEMA
from baubau_ops.inventory.views.schema import MODELS, schema

Schema: TypeAlias = Mapping[str, Any]

_BY_PATTERN = {
    f"^{NAME}$": "name",
    RATE_SCHEMA["pattern"]: "rate",
    DURATION_SCHEMA["pattern"]: "duration",
    "^[0-9]+/(tcp|udp)$": "port",
    r"^[^\x00-\x1f\x7f-\x9f]*$": "text",
    "^core-[1-9]$": "core-N",
    "^dc-[1-9]$": "dc-N",
    "^(dc-[1-9]|hosts)$": "dc-N or hosts",
    "^isp-[1-9]$": "isp-N",
}
_BY_FORMAT = {"ipv4": "address", "ipv4network": "prefix", "ipv4interface": "interface"}
_BY_TYPE = {"string": "text", "boolean": "`true` or `false`"}

_INDEX = """\
# Reference

Every key of every file of an inventory. These pages are generated from the program's models by
`baubau inventory schema --markdown -o docs/reference`; editors get the same as JSON Schemas
([the inventory](../inventory.md#editors)). A key that is not listed is refused.

| file | content |
|---|---|
{files}

## Values

| value | format |
|---|---|
| text | one line, not empty; in quotes where YAML would read a number or a date |
| name | small letters, digits and single hyphens, beginning with a letter, at most 40 characters: `smpn-14` |
| rate | a number and `k`, `M` or `G`, decimal, in bit/s: `500k`, `50M`, `2.5G` |
| duration | a number and `ms`, `s`, `m`, `h` or `d`: `300ms`, `15m`, `90d` |
| prefix | an IPv4 prefix without host bits: `10.64.0.0/24` |
| address | an IPv4 address: `10.64.0.1` |
| interface | an IPv4 address with the length of its prefix: `192.0.2.1/31` |
| port | a number and a protocol: `443/tcp`, `53/udp` |

A key such as `pops.NAME.srlg` is `srlg` of an entry of `pops`; `spans[].km` is `km` of an entry of the list `spans`.
"""


def pages() -> dict[str, str]:
    """Return all pages by the name of their file."""
    bodies = {f"{name}.md": schema(name) for name in MODELS}
    files = "\n".join(_row(f"[`{_title(body)}`]({page})", _purpose(body)) for page, body in bodies.items())
    return {"index.md": _INDEX.format(files=files)} | {page: _page(body) for page, body in bodies.items()}


def page(name: str) -> str:
    """Return the page of one kind of file; InputError when there is none."""
    return _page(schema(name))


def _title(body: Schema) -> str:
    return str(body["description"]).partition(": ")[0]


def _purpose(body: Schema) -> str:
    """Return the model's own description, in one line."""
    text = " ".join(str(body["description"]).partition(": ")[2].split())
    return text[:1].upper() + text[1:]


def _page(body: Schema) -> str:
    places = _places(body)
    headings = {name: ", ".join(paths) for name, paths in places.items()}
    parts = [f"# `{_title(body)}`", _purpose(body), _table(body, body, headings)]
    for name, heading in headings.items():
        model = body["$defs"][name]
        parts += [f"## {heading}", model["description"], _table(model, body, headings)]
    return "\n\n".join(parts) + "\n"


def _places(body: Schema) -> Mapping[str, Sequence[str]]:
    """Return, by model, its paths in the file, in the order of the file."""
    found: defaultdict[str, list[str]] = defaultdict(list)

    def visit(model: Schema, prefix: str) -> None:
        for key, value in model["properties"].items():
            for name, path in _models(value, prefix + key):
                if "properties" in body["$defs"][name]:  # else it is a choice of words
                    found[name].append(path)
                    visit(body["$defs"][name], f"{path}.")

    visit(body, "")
    return found


def _models(value: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Yield every model that a value may hold, with its path."""
    if "$ref" in value:
        yield _referred(value), path
    for each in value.get("anyOf", ()):
        yield from _models(each, path)
    if "items" in value:
        yield from _models(value["items"], f"{path}[]")
    for pattern, each in value.get("patternProperties", {}).items():
        key = _BY_PATTERN[pattern]
        yield from _models(each, f"{path}.{'NAME' if key == 'name' else key}")


def _referred(value: Schema) -> str:
    return str(value["$ref"]).removeprefix("#/$defs/")


def _table(model: Schema, body: Schema, headings: Mapping[str, str]) -> str:
    rows = [_row("key", "value", "default", "meaning"), "|---|---|---|---|"]
    for key, value in model["properties"].items():
        unless = "required" if key in model.get("required", ()) else _default(value)
        rows.append(_row(f"`{key}`", _value(value, body, headings), unless, value.get("description", "")))
    return "\n".join(rows)


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"


def _default(value: Schema) -> str:
    default = value.get("default")
    if default in (None, []) or isinstance(default, dict):  # keys have defaults of their own
        return "–"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`".lower()


def _value(value: Schema, body: Schema, headings: Mapping[str, str]) -> str:
    """Return the allowed values in words."""
    if "$ref" in value:
        name = _referred(value)
        if name in headings:
            return f"[keys](#{_anchor(headings[name])})"
        return _value(body["$defs"][name], body, headings)
    inner = partial(_value, body=body, headings=headings)
    if "anyOf" in value:
        return ", or ".join(inner(each) for each in value["anyOf"] if each.get("type") != "null")
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    if value["type"] == "array":
        return f"list of {inner(value['items'])}{_bounds(value, 'Items')}"
    if "patternProperties" in value:
        [(pattern, each)] = value["patternProperties"].items()
        return f"by {_BY_PATTERN[pattern]}: {inner(each)}"
    if "propertyNames" in value:
        return f"by {inner(value['propertyNames'])}: {inner(value['additionalProperties'])}"
    if value["type"] == "object":
        pairs = ", ".join(f"{key}: {inner(each)}" for key, each in value["properties"].items())
        return f"`{{{pairs}}}`"
    if value["type"] in ("integer", "number"):
        return f"{value['type']}{_bounds(value, 'imum')}"
    return _text(value)


def _text(value: Schema) -> str:
    pattern = value.get("pattern")
    if pattern is not None:
        return _BY_PATTERN.get(pattern, f"text like `{pattern}`")
    return _BY_FORMAT.get(value.get("format", ""), _BY_TYPE[value["type"]])


def _bounds(value: Schema, what: str) -> str:
    low, high = value.get(f"min{what}"), value.get(f"max{what}")
    above, below = value.get("exclusiveMinimum"), value.get("exclusiveMaximum")
    words = []
    if low is not None and high is not None:
        words = [f"{low}" if low == high else f"{low} to {high}"]
    else:
        words += [f"at least {low}"] * (low is not None) + [f"above {above}"] * (above is not None)
        words += [f"at most {high}"] * (high is not None) + [f"below {below}"] * (below is not None)
    return "".join(f", {each}" for each in words)


def _anchor(heading: str) -> str:
    """Return the anchor that MkDocs and GitHub make."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
