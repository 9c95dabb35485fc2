"""What is wrong in one text, and the lines in which it is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Lines: TypeAlias = list[tuple[int, str]]
"""(line of the whole text, content)."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in one text."""

    line: int
    """0: the whole text."""
    message: str
