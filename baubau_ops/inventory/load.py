"""Reads the folder of an inventory: every file, every problem, in one go."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.checks import admission, rules
from baubau_ops.inventory.city.inventory import Files, Inventory
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.fields import NAME
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.problems import Finding, to_problems
from baubau_ops.inventory.files.services import Services
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.files.wording import model_findings
from baubau_ops.inventory.numbers import lockfile
from baubau_ops.inventory.numbers.allocate import complete
from baubau_ops.inventory.numbers.assigned import assigned

FILES = ("city.yml", "backbone.yml", "datacenter.yml", "services.yml", "policy.yml")
"""The files of every inventory, beside `sites/` and the lock."""
OTHERS = ("allocations.yml", "access.yml", "secrets.yml", "baubau.yml")
"""Further files an inventory may have; they are read elsewhere."""

MAX_NAME = 40
"""Characters in a site's id."""

_NAME = re.compile(NAME)


def load(folder: Path, *, today: date | None = None) -> Inventory:
    """Read, validate and complete an inventory.

    `today` (UTC, default now) ends quarantines. InputError when there is no such folder,
    InvalidInventoryError with every problem of every file.
    """
    with no_garbage_collection():
        return assemble(read_folder(folder), folder, today=today)


def assemble(source: Source, folder: Path, *, today: date | None = None) -> Inventory:
    """Check and complete what was read; InvalidInventoryError with every problem."""
    findings = list(source.findings)
    findings += rules.references(source.documents, source.models, source.sites)
    files = source.files()
    if files is None:
        raise InvalidInventoryError(to_problems(findings, folder, source.texts), source.count)
    holdings = assigned(files, source.locked)
    findings += rules.numbers(files, source.locked, holdings)
    completion = complete(files, source.locked, today or datetime.now(UTC).date(), holdings=holdings)
    findings += completion.findings
    if not findings:  # rates can be added up once every reference has a target
        findings += admission.findings(files)
    if findings:
        raise InvalidInventoryError(to_problems(findings, folder, source.texts), source.count)
    return Inventory(
        **vars(files),
        folder=folder,
        allocations=source.locked,
        numbers=completion.numbers,
        proposed=completion.proposed,
        proposed_devices=completion.proposed_devices,
        file_count=source.count,
    )


@dataclass(slots=True)
class Source:
    """The files of a folder as far as they could be read."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    """YAML documents by file name (`sites/dinkes.yml`)."""
    models: dict[str, BaseModel] = field(default_factory=dict)
    """Valid models by file name."""
    locked: Allocations = field(default_factory=Allocations)
    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """Texts that are not in their file yet, by file name."""
    names: list[str] = field(default_factory=list)
    """Names of the files that were tried."""
    knows_sites: bool = True
    is_whole: bool = True
    """False when a file could not be made a model."""
    has_lock: bool = False

    @property
    def count(self) -> int:
        """Number of files that were tried, the lock included."""
        return len(self.names) + self.has_lock

    def drop(self, name: str) -> None:
        """Continue as if there were no such file."""
        self.names.remove(name)
        del self.documents[name], self.models[name]

    @property
    def sites(self) -> frozenset[str] | None:
        """The ids of all sites that have a file, readable or not; None when their folder cannot be read."""
        if not self.knows_sites:
            return None
        return frozenset(site_id(name) for name in self.names if name.startswith("sites/"))

    def files(self) -> Files | None:
        """The models together; None when one of them is missing."""
        if not self.is_whole:
            return None
        city, backbone, datacenter = (self.models[name] for name in FILES[:3])
        services, policy = (self.models[name] for name in FILES[3:])
        assert isinstance(city, City)
        assert isinstance(backbone, Backbone)
        assert isinstance(datacenter, Datacenter)
        assert isinstance(services, Services)
        assert isinstance(policy, Policy)
        sites = {
            site_id(name): model for name, model in sorted(self.models.items()) if isinstance(model, Site)
        }
        return Files(city, backbone, datacenter, services.services, policy, sites)

    def add(self, folder: Path, name: str, model: type[BaseModel]) -> None:
        """Read one file and make it a model, or note why not."""
        self._take(name, model, lambda: yaml.read(f"{folder}/{name}"))

    def add_text(self, name: str, text: str, model: type[BaseModel]) -> None:
        """The same for a file that is still to be written."""
        self.texts[name] = text
        self._take(name, model, lambda: yaml.parse(text))

    def _take(self, name: str, model: type[BaseModel], read: Callable[[], dict[str, Any]]) -> None:
        self.names.append(name)
        try:
            document = read()
        except yaml.YamlError as error:
            self.is_whole = False
            self.findings.append(Finding(name, (), error.message, line=error.line, column=error.column))
            return
        self.documents[name] = document
        try:
            self.models[name] = model.model_validate(document)
        except ValidationError as error:
            self.is_whole = False
            self.findings += model_findings(name, model, error)


def read_folder(folder: Path, *, merge_lock: bool = False) -> Source:
    """Read every file below `folder`; with `merge_lock` both sides of a conflict in the lock."""
    if not os.path.isdir(folder):  # unlike Path.is_dir it does not raise when a folder above is closed
        raise InputError(
            f"{folder} is not a folder with an inventory.",
            remedy="Name one with --inventory, such as examples/small.",
        )
    source = Source()
    models: tuple[type[BaseModel], ...] = (City, Backbone, Datacenter, Services, Policy)
    for name, model in zip(FILES, models, strict=True):
        source.add(folder, name, model)
    source.findings += _strangers(folder)
    for name in _site_files(folder, source):
        source.add(folder, name, Site)
    if os.path.lexists(folder / lockfile.NAME):
        source.has_lock = True
    source.locked, findings = lockfile.read(folder, merge=merge_lock)
    source.findings += findings
    return source


def site_id(file: str) -> str:
    """`sites/dinkes.yml` → `dinkes`."""
    return file.removeprefix("sites/").removesuffix(".yml")


def _strangers(folder: Path) -> list[Finding]:
    """Find YAML files that nothing reads: a misspelt name must not go unnoticed."""
    known = (*FILES, *OTHERS)
    found = []
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return [Finding(".", (), f"the folder cannot be read: {error.strerror}.")]
    for name in names:
        if name.endswith((".yml", ".yaml")) and name not in known and not name.startswith("."):
            guess = did_you_mean(name, known)
            found.append(Finding(name, (), f"no file of this name belongs to an inventory.{guess}"))
    return found


def _site_files(folder: Path, source: Source) -> list[str]:
    names = []
    try:
        entries = sorted(os.listdir(folder / "sites"))
    except FileNotFoundError:
        return []
    except OSError as error:
        source.findings.append(Finding("sites", (), f"the folder cannot be read: {error.strerror}."))
        source.is_whole = source.knows_sites = False
        return []
    for entry in entries:
        if entry.startswith("."):
            continue  # an editor's or a write in progress
        name = f"sites/{entry}"
        problem = _wrong_file_name(entry)
        if problem:
            source.findings.append(Finding(name, (), problem))
        else:
            names.append(name)
    return names


def _wrong_file_name(entry: str) -> str:
    stem, _, suffix = entry.rpartition(".")
    if suffix != "yml" or not stem:
        return "a site's file is named <site>.yml. Rename or remove it."
    return site_name_problem(stem)


def site_name_problem(stem: str) -> str:
    """Return why a site cannot have this id; empty when it can."""
    if len(stem) > MAX_NAME:
        return f'"{stem}" has {len(stem)} characters; a site\'s name has at most {MAX_NAME}.'
    if not _NAME.fullmatch(stem):
        return f'"{stem}" is not a name: small letters, digits and single hyphens, beginning with a letter.'
    return ""
