"""What a platform can tell of single lines of its texts: who wrote them, and how a text is without some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from baubau_ops.core.errors import MissingError
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.platform import Platform

Key: TypeAlias = tuple[str, ...]
"""What tells a line apart: the lines that open its blocks, and itself."""


@dataclass(frozen=True, slots=True, order=True)
class TemplateLine:
    """A line of a template."""

    file: str
    """Relative to the root."""
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a router's text and where it was written."""

    text: str
    template: TemplateLine | None
    """None for the few lines that no template holds."""


@dataclass(frozen=True, slots=True, order=True)
class LineClass:
    """What one line of a template writes."""

    template: TemplateLine
    variant: str = ""
    """Key or number, where one template line writes many things."""

    def __str__(self) -> str:
        _, _, name = self.template.file.split("/", 2)  # without netconf/<platform>
        return f"{name}:{self.template.line} {self.variant}".rstrip()


@dataclass(frozen=True, slots=True)
class Removal:
    """One class taken out of one router's text."""

    line_class: LineClass
    device: str
    example: str
    """The first of the lines."""
    count: int
    """How many lines of the class the text has."""
    text: str
    """The text without them, or with another value where a router keeps what a text does not name."""
    harmless: str = ""
    """Why nothing depends on them; empty where something should."""
    shows_late: bool = False
    """Whether the router looks only now and then at what they say."""


@runtime_checkable
class Lines(Protocol):
    """A platform that can tell of lines."""

    def written(self, router: Router) -> tuple[Written, ...]:
        """The lines of a router's text, each with the template's line that wrote its first visible character."""

    def keys(self, text: str) -> Sequence[Key]:
        """What tells each line of a text apart; its place and its number in a sequence do not."""

    def removals(self, routers: Mapping[str, Router]) -> tuple[Removal, ...]:
        """Every class of lines, taken out of the text of one of these routers that has it."""


def lines_of(platform: Platform) -> Lines:
    """The same platform; MissingError if it cannot tell of lines."""
    if not isinstance(platform, Lines):
        raise MissingError(f"Nothing is known of single lines of texts for {platform.name}.")
    return platform
