"""Information that a platform can give on single lines: their origin, and configurations without some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from baubau_ops.core.errors import MissingError
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.platform import Platform

Key: TypeAlias = tuple[str, ...]
"""Identifies a line: the lines that open its blocks, and the line itself."""


@dataclass(frozen=True, slots=True, order=True)
class TemplateLine:
    """A line of a template."""

    file: str
    """Path relative to the root."""
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a router's configuration, and the template line that wrote it."""

    text: str
    template: TemplateLine | None
    """None for the few lines that come from no template."""


@dataclass(frozen=True, slots=True, order=True)
class LineClass:
    """All lines that one template line writes."""

    template: TemplateLine
    variant: str = ""
    """Key or number, if one template line writes many things."""

    def __str__(self) -> str:
        _, _, name = self.template.file.split("/", 2)  # without netconf/<platform>
        return f"{name}:{self.template.line} {self.variant}".rstrip()


@dataclass(frozen=True, slots=True)
class Removal:
    """One class, removed from one router's configuration."""

    line_class: LineClass
    device: str
    example: str
    """The first of the lines."""
    count: int
    """Number of lines of the class in the configuration."""
    text: str
    """The configuration without these lines, or with another value if a router keeps settings that are not named."""
    harmless: str = ""
    """The reason why nothing depends on the lines; empty if something should."""
    shows_late: bool = False
    """Whether the effect may show only after some time."""


@runtime_checkable
class Lines(Protocol):
    """A platform with information about lines."""

    def written(self, router: Router) -> tuple[Written, ...]:
        """The lines of a router's configuration, each with the template line that wrote its first visible character."""

    def keys(self, text: str) -> Sequence[Key]:
        """The key of each line of a configuration; it does not include the position or a sequence number."""

    def removals(self, routers: Mapping[str, Router]) -> tuple[Removal, ...]:
        """Every class of lines, removed from the configuration of one of the routers that have it."""


def lines_of(platform: Platform) -> Lines:
    """The platform itself; MissingError if it has no information about lines."""
    if not isinstance(platform, Lines):
        raise MissingError(f"Nothing is known of single lines of texts for {platform.name}.")
    return platform
