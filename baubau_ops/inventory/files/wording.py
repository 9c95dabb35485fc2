"""Converts pydantic's errors to plain messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath


def model_findings(file: str, model: type[BaseModel], error: ValidationError) -> list[Finding]:
    """Return one finding for each error, at its path."""
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    return [
        _model_finding(file, model, detail)
        for detail in details
        # Pydantic does not count invalid entries, so it would call a list with only one such entry too short.
        if detail["type"] != "too_short" or not any(_is_inside(place, detail["loc"]) for place in places)
    ]


def _is_inside(place: tuple[str | int, ...], container: tuple[str | int, ...]) -> bool:
    return len(place) > len(container) and place[: len(container)] == container


def _model_finding(file: str, model: type[BaseModel], detail: Mapping[str, Any]) -> Finding:
    location: tuple[str | int, ...] = detail["loc"]
    kind: str = detail["type"]
    at_key = bool(location) and location[-1] == "[key]"
    path = location[:-1] if at_key else location
    if at_key:
        return Finding(file, path, _wrong_name(str(path[-1]), kind, detail), at_key=True)
    if kind == "extra_forbidden":
        known = _keys(model, path[:-1])
        return Finding(file, path, _unknown_key(str(path[-1]), known), at_key=True)
    if kind == "invalid_key":
        return Finding(
            file, path, f"the key {detail['input']!r} is not text. Write it in quotes.", at_key=True
        )
    return Finding(file, path, _wrong_value(kind, detail))


def _unknown_key(key: str, known: list[str]) -> str:
    guess = did_you_mean(key, known) or f" Allowed: {', '.join(known)}."
    return f'unknown key "{key}".{guess}'


def _wrong_name(name: str, kind: str, detail: Mapping[str, Any]) -> str:
    if kind == "string_too_long":
        return f'"{name}" has {len(name)} characters; at most {detail["ctx"]["max_length"]} are allowed.'
    if kind == "string_pattern_mismatch":
        return f'"{name}" {_pattern_rule(detail["ctx"]["pattern"])}'
    return "a name is expected here. Write it in quotes if it is a number."


def _pattern_rule(pattern: str) -> str:
    """Return the requirement of a pattern in the models; messages append it to the offending value."""
    if r"\x1f" in pattern:
        return "is not one line of text: it holds a line break or another control character."
    prefix = pattern.lstrip("^").split("-")[0]
    if prefix in ("core", "dc", "isp"):
        return f"is not a name here: {prefix}-1, {prefix}-2, …"
    if "hosts" in pattern:
        return "is not a part of the data center here: dc-1, dc-2 or hosts."
    if pattern.startswith("^[0-9]{4}"):
        return "is not a BPS code: four digits in quotes."
    return "is not a name: small letters, digits and single hyphens, beginning with a letter."


def _wrong_value(kind: str, detail: Mapping[str, Any]) -> str:
    value, context = detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "missing; it must be given."
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "enum"):
        return _not_one_of(value, context["expected"])
    if kind in ("string_pattern_mismatch", "string_too_long"):
        return _wrong_name(str(value), kind, detail)
    if kind == "string_too_short":
        return "must not be empty."
    if kind in ("too_short", "too_long"):
        return _wrong_count(kind, context)
    bound = _BOUNDS.get(kind)
    if bound is not None:
        words, key = bound
        return f"{value} is out of range: it must be {words} {context[key]}."
    return (
        f"{_value(value)} is {_type_name(value)}; {_EXPECTED.get(kind, 'something else')} is expected here."
    )


_BOUNDS = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_EXPECTED = {
    "string_type": "text (in quotes if it looks like a number)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": 'a mapping ("key: value")',
    "model_type": 'a mapping ("key: value")',
    "model_attributes_type": 'a mapping ("key: value")',
}


def _not_one_of(value: object, expected: str) -> str:
    allowed = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    guess = did_you_mean(str(value), allowed)
    return f"{_value(value)} is not allowed here.{guess} Allowed: {', '.join(allowed)}."


def _wrong_count(kind: str, context: Mapping[str, Any]) -> str:
    bound = context["min_length"] if kind == "too_short" else context["max_length"]
    words = "at least" if kind == "too_short" else "at most"
    count = context["actual_length"]
    entries = "1 entry" if count == 1 else f"{count} entries"
    return f"has {entries}; {words} {bound} must be given."


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if isinstance(value, str | int | float) and len(text) <= 60 else "this"


def _type_name(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "empty"}
    return names.get(type(value), "a number")


def _keys(model: type[BaseModel], path: DocumentPath) -> list[str]:
    """Return the known keys at `path` inside a document of `model`."""
    annotation: Any = model
    for step in path:
        annotation = _inner(annotation, step)
    found = _model_in(annotation)
    return [] if found is None else [field.alias or name for name, field in found.model_fields.items()]


def _inner(annotation: Any, step: str | int) -> Any:
    found = _model_in(annotation)
    if found is not None:
        for name, field in found.model_fields.items():
            if step in (name, field.alias):
                return field.annotation
        return None
    for part in _parts(annotation):
        if get_origin(part) in (dict, tuple, list):
            arguments = [item for item in get_args(part) if item is not ...]
            return arguments[-1] if arguments else None
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _parts(annotation: Any) -> list[Any]:
    """Return the parts of an annotation without Annotated and without the alternative None."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [annotation]
