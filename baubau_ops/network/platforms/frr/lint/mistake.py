"""A mistake in a configuration, and the lines in which mistakes are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Lines: TypeAlias = list[tuple[int, str]]
"""Pairs (line number in the whole configuration, content)."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a configuration."""

    line: int
    """0: the whole configuration."""
    message: str
