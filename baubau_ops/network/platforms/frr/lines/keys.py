"""Keys that identify the lines of a configuration."""

from __future__ import annotations

import re

from baubau_ops.network.platforms.lines import Key

_SEQUENCE = re.compile(r" seq \d+ ")
_CLOSING = frozenset({"exit", "exit-address-family", "}"})
_BETWEEN = frozenset({"!", "end"})


def keys(text: str) -> list[Key]:
    """The key that identifies each line of a configuration."""
    found: list[Key] = []
    opened: list[tuple[int, str]] = []
    for line in text.splitlines():
        words = _SEQUENCE.sub(" ", line.strip())
        depth = len(line) - len(line.lstrip())
        if words.startswith("#@ section "):
            opened = [(-1, words)]
        elif words:
            # The end of a block belongs to the line that opened it, any other line to the enclosing block.
            while opened and opened[-1][0] >= depth + (words in _CLOSING):
                opened.pop()
        found.append((*(header for _, header in opened), words))
        if words and words not in _CLOSING | _BETWEEN:
            opened.append((depth, words))
    return found
