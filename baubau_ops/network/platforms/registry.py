"""Finds platforms by name; a platform is loaded when it is first needed."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

from baubau_ops.core.errors import InputError
from baubau_ops.network import platforms
from baubau_ops.network.platforms.platform import Platform

StandIns = Mapping[str, str]
"""By name of a platform: the platform that stands in for it in an environment."""

AS_INTENDED: StandIns = MappingProxyType({})
"""Every router runs the platform that the inventory gives."""

_loaded: dict[str, Platform] = {}


class HasPlatform(Protocol):
    """A node of the topology, or the model of a router."""

    @property
    def name(self) -> str: ...
    @property
    def platform(self) -> str: ...


def platform_of(router: HasPlatform, stand_ins: StandIns) -> Platform:
    """The platform that a router runs in an environment; InputError if this installation has no driver for it."""
    name = stand_ins.get(router.platform, router.platform)
    found = _loaded.get(name) or _load(name)
    if found is None:
        raise InputError(
            f"{router.name} is of the platform {name}, which cannot be driven from here; {', '.join(names())} can.",
            remedy="Let another one stand in for it: `platforms:` in the environment's file.",
        )
    return found


def platforms_of(routers: Iterable[HasPlatform], stand_ins: StandIns) -> dict[str, Platform]:
    """The platforms of many routers, by device."""
    return {router.name: platform_of(router, stand_ins) for router in routers}


def names() -> list[str]:
    """All known platforms, sorted: those with a folder here, and the registered ones."""
    folders = (module.name for module in pkgutil.iter_modules(platforms.__path__) if module.ispkg)
    return sorted({*folders, *_loaded})


def register(platform: Platform) -> None:
    """Add a platform that has no folder here."""
    _loaded[platform.name] = platform


def _load(name: str) -> Platform | None:
    if name not in names():
        return None
    platform: Platform = import_module(f"{platforms.__name__}.{name}.platform").PLATFORM
    _loaded[name] = platform
    return platform
