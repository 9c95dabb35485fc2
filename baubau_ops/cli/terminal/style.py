"""Colours for terminals that show them."""

from __future__ import annotations

import os
from typing import TextIO

_ANSI = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}


def styled(text: str, style: str, stream: TextIO) -> str:
    """Return `text` in a style ("bold red") if `stream` shows colours, otherwise unchanged."""
    if not style or not is_colourful(stream):
        return text
    return f"\x1b[{';'.join(_ANSI[word] for word in style.split())}m{text}\x1b[0m"


def is_colourful(stream: TextIO) -> bool:
    """Return whether a stream shows colours: a terminal does, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
