"""The nearest known word to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to `word`, or None."""
    import difflib  # only needed when something is wrong already; costs start-up time

    candidates = list(known)
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ' Did you mean "…"?' to append to an error, or nothing."""
    found = nearest(word, known)
    return f' Did you mean "{found}"?' if found else ""
