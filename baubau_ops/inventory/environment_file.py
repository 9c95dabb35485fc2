"""Environments of real machines: `environments/<name>.yml` says how they are reached; it never changes the intent."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic.config import JsonDict

from baubau_ops.core import settings
from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.core.secrets import Secrets
from baubau_ops.core.units import format_duration
from baubau_ops.inventory.environment import Environment
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.files.fields import Duration, Model, PlatformName, Text
from baubau_ops.inventory.files.problems import Finding, shown, to_problems
from baubau_ops.inventory.files.wording import model_findings

FOLDER = "environments"


def _as_written(schema: JsonDict) -> None:
    """A default in a schema is what one would write in the file."""
    schema["default"] = format_duration(float(str(schema["default"])))


Patience = Annotated[Duration, Field(gt=0, json_schema_extra=_as_written)]


class EnvironmentFile(Model):
    """environments/<name>.yml: how real machines are reached; it never changes the intent.

    Paths are absolute, begin with `~/`, or are relative to the file's folder.
    """

    ssh_config: Text
    """OpenSSH configuration that names every router, its user, key and known_hosts."""
    secrets: Text
    """YAML file of `name: value` lines, outside the repository, readable by its owner only."""
    connect_timeout: Patience = settings.CONNECT_TIMEOUT
    """How long until a router that does not answer counts as unreachable."""
    command_timeout: Patience = settings.COMMAND_TIMEOUT
    """How long a command on a router may take."""
    platforms: dict[PlatformName, PlatformName] = Field(default={})
    """Platforms for which another one stands in, such as `routeros: frr`."""


def environment(name: str, inventory: Path, state: Path) -> Environment:
    """Return the environment `name` of the inventory in a folder; it asks before it changes anything.

    InputError when it has no file, InvalidInventoryError with everything that is wrong with that file or
    with what it refers to.
    """
    file = f"{FOLDER}/{name}.yml"
    if not os.path.lexists(inventory / file):
        raise InputError(
            f"There is no environment {name}: {shown(inventory / file)} does not exist.",
            remedy="Write it (docs/production.md says how), or use the twin: --env lab:NAME",
        )
    findings, model = _read(inventory, file)
    if model is not None:
        found = _ssh_config_problem(_path(inventory, model.ssh_config))
        findings += [Finding(file, ("ssh_config",), found)] if found else []
        secrets = _secrets(inventory, _path(inventory, model.secrets))
        findings += [Finding(file, ("secrets",), secrets)] if isinstance(secrets, str) else []
    if model is None or findings or isinstance(secrets, str):
        raise InvalidInventoryError(to_problems(findings, inventory), 1)
    return Environment(
        name=name,
        ssh_config=_path(inventory, model.ssh_config),
        secrets=secrets,
        state=state,
        asks=True,
        connect_timeout=model.connect_timeout,
        command_timeout=model.command_timeout,
        platforms=_names(model),
    )


def platforms(name: str, inventory: Path) -> Mapping[str, str]:
    """Return which platforms others stand in for in an environment; none in one that has no file.

    InvalidInventoryError with everything that is wrong with the file.
    """
    file = f"{FOLDER}/{name}.yml"
    if not os.path.lexists(inventory / file):
        return {}
    findings, model = _read(inventory, file)
    if model is None:
        raise InvalidInventoryError(to_problems(findings, inventory), 1)
    return _names(model)


def check(inventory: Path) -> int:
    """Check the form of all environments' files, not what they refer to: that lies on the machine that uses it.

    Returns how many there are; InvalidInventoryError with everything that is wrong.
    """
    names = sorted(path.name for path in (inventory / FOLDER).glob("*.yml") if path.name[0] != ".")
    findings = [finding for name in names for finding in _read(inventory, f"{FOLDER}/{name}")[0]]
    if findings:
        raise InvalidInventoryError(to_problems(findings, inventory), len(names))
    return len(names)


def _names(model: EnvironmentFile) -> dict[str, str]:
    return {str(name): str(other) for name, other in model.platforms.items()}


def _read(inventory: Path, file: str) -> tuple[list[Finding], EnvironmentFile | None]:
    try:
        return [], EnvironmentFile.model_validate(yaml.read(inventory / file))
    except yaml.YamlError as error:
        return [Finding(file, (), error.message, line=error.line, column=error.column)], None
    except ValidationError as error:
        return model_findings(file, EnvironmentFile, error), None


def _path(inventory: Path, written: str) -> Path:
    return (inventory / FOLDER / Path(written).expanduser()).resolve()


def _ssh_config_problem(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as opened:
            opened.read(1)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
    except UnicodeDecodeError:
        return f"{path} is not text in UTF-8."
    return ""


def _secrets(inventory: Path, path: Path) -> Secrets | str:
    """Return the secrets in a file, or why they cannot be used. No message contains a value."""
    problem = _exposure(inventory, path)
    if problem:
        return problem
    try:
        document = yaml.read(path)
    except yaml.YamlError as error:
        return (
            f"{path} is not a YAML file of names and values{f' (line {error.line})' if error.line else ''}."
        )
    wrong = [str(name) for name, value in document.items() if not isinstance(value, str)]
    if wrong:
        return f"{path}: the value of {', '.join(wrong)} is not text. Write it in quotes."
    try:
        return Secrets(document)
    except InputError as error:
        return f"{path}: {error}"


def _exposure(inventory: Path, path: Path) -> str:
    """Return why a file must not hold secrets; empty when it may."""
    if path.is_relative_to(_repository(inventory.resolve())):
        return f"{path} lies inside the repository. Keep secrets outside of it."
    try:
        status = path.stat()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is not a regular file."
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        return f"{path} is open to others (mode {mode:04o}). Close it: chmod 600 {path}"
    return ""


def _repository(inventory: Path) -> Path:
    """The git checkout that the inventory lies in; its folder alone if there is none."""
    above = (inventory, *inventory.parents)
    return next((folder for folder in above if (folder / ".git").exists()), inventory)
