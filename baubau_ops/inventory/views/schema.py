"""JSON Schemas of the files, so that editors complete and check them while one types."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.environment_file import EnvironmentFile
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.fields import Model
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.services import Services
from baubau_ops.inventory.files.site import Site

MODELS: Mapping[str, type[BaseModel]] = {
    "city": City,
    "backbone": Backbone,
    "datacenter": Datacenter,
    "services": Services,
    "policy": Policy,
    "site": Site,
    "environment": EnvironmentFile,
}
"""By kind of file."""


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one kind of file; InputError when there is none."""
    model = MODELS.get(name)
    if model is None:
        guess = did_you_mean(name, MODELS)
        raise InputError(f'There is no schema "{name}".{guess} Schemas: {", ".join(MODELS)}.')
    body = model.model_json_schema(by_alias=True, mode="validation")
    for part in _parts(Model):
        found = body if part is model else body.get("$defs", {}).get(part.__name__)
        if found is not None:
            _describe(found, part)
    body = {**body, "title": name}
    if model is Site:
        _allow_list_of_zones(body)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}


def _parts(model: type[Model]) -> Iterator[type[Model]]:
    for part in model.__subclasses__():
        yield part
        yield from _parts(part)


def _describe(body: dict[str, Any], model: type[Model]) -> None:
    """Put the docstring below each field of `model` into its schema.

    Pydantic can do it itself, but reads the source for it whenever a class is made: a tenth of each command's time.
    """
    for part in reversed(model.__mro__):
        if issubclass(part, Model):
            for name, text in _docstrings(part):
                body["properties"][model.model_fields[name].alias or name]["description"] = text


def _docstrings(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield each field that has a docstring below it, with the docstring."""
    [definition] = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    for field, below in pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)


def _allow_list_of_zones(site: dict[str, Any]) -> None:
    """A site's segments may also be a list of zones."""
    segments = site["properties"]["segments"]
    mapping = {key: segments.pop(key) for key in ("type", "patternProperties")}
    names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    segments["anyOf"] = [names, mapping]
