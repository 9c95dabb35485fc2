"""JSON Schemas of the files, so that editors complete and check them while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.environment_file import EnvironmentFile
from baubau_ops.inventory.models import Backbone, City, Datacenter, Site
from baubau_ops.inventory.services import Policy, Services

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
    body = {**body, "title": name}
    if model is Site:
        _allow_list_of_zones(body)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}


def _allow_list_of_zones(site: dict[str, Any]) -> None:
    """A site's segments may also be a list of zones."""
    segments = site["properties"]["segments"]
    mapping = {key: segments.pop(key) for key in ("type", "patternProperties")}
    names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    segments["anyOf"] = [names, mapping]
