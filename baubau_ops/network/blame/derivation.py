"""Derives one router from documents that were not validated: changed ones, which may not describe a valid city."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from baubau_ops.core.errors import FailedError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.load import Source, read_folder
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.allocate import complete
from baubau_ops.network.derive.routers import derive_router
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.registry import StandIns, platform_of


class UnsoundError(Exception):
    """Nothing can be derived from these documents."""


class ReadCity:
    """The documents of an inventory's folder, and the routers that result if some of them are changed."""

    def __init__(self, inventory: Inventory, stand_ins: StandIns) -> None:
        self._folder = inventory.folder
        self._source = read_folder(inventory.folder)
        if self._source.files() is None:
            raise FailedError(f"{inventory.folder} has changed since it was read.")
        self._stand_ins = stand_ins
        self._today = datetime.now(UTC).date()
        lock = inventory.folder / lockfile.NAME
        locked = yaml.parse(yaml.text_of(lock, max_bytes=lockfile.MAX_BYTES)) if lock.exists() else {}
        self.documents: dict[str, Any] = {**self._source.documents, lockfile.NAME: locked}

    @property
    def models(self) -> Mapping[str, BaseModel]:
        """The models of the documents, by file."""
        return self._source.models

    def derive(self, documents: Mapping[str, Any], device: str) -> Router:
        """Model of a router; UnsoundError if it cannot be derived."""
        try:
            return derive_router(self._inventory(documents), device)
        except Exception as error:  # code may rely on a valid city, and an invalid one may break it anywhere
            raise UnsoundError from error

    def render(self, router: Router) -> str:
        """Configuration of a router; UnsoundError if it cannot be rendered."""
        try:
            return platform_of(router, self._stand_ins).render(router)
        except Exception as error:
            raise UnsoundError from error

    def _inventory(self, documents: Mapping[str, Any]) -> Inventory:
        models = {file: self._model(file, one) for file, one in documents.items() if file != lockfile.NAME}
        files = Source(models=models).files()
        assert files is not None, "all documents are models"
        locked = self._source.locked
        if documents[lockfile.NAME] is not self.documents[lockfile.NAME]:
            locked, findings = lockfile.parse(documents[lockfile.NAME])
            assert not findings, "every number can be read"
        completion = complete(files, locked, self._today)
        return Inventory(
            **vars(files),
            folder=self._folder,
            allocations=locked,
            numbers=completion.numbers,
            proposed=completion.proposed,
        )

    def _model(self, file: str, document: Any) -> BaseModel:
        if document is self.documents.get(file):
            return self._source.models[file]
        known = self._source.models.get(file)
        return (type(known) if known is not None else Site).model_validate(document)
