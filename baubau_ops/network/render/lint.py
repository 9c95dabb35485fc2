"""Lets platforms check configurations before any router is touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from baubau_ops.core.errors import FailedError, MissingError
from baubau_ops.network.platforms.platform import LintProblem, Platform


def lint(texts: Mapping[str, str], platforms: Mapping[str, Platform]) -> tuple[LintProblem, ...]:
    """Check configurations by device, all of one platform at once; sorted by device and line.

    Empty: every check was made and passed.
    """
    by_platform: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, text in texts.items():
        by_platform[platforms[name].name][name] = text
    found = [problem for some in by_platform.values() for problem in platforms[next(iter(some))].lint(some)]
    return tuple(sorted(found, key=lambda problem: (problem.device, problem.line, problem.message)))


def require_clean(texts: Mapping[str, str], platforms: Mapping[str, Platform]) -> None:
    """Raise the first problems: MissingError if a check cannot be made, FailedError if a configuration is wrong."""
    problems = lint(texts, platforms)
    if not problems:
        return
    wrong = [problem for problem in problems if problem.kind == "wrong"]
    shown = wrong or problems
    more = f" (and {len(shown) - 3} more)" if len(shown) > 3 else ""
    message = "; ".join(str(problem) for problem in shown[:3]) + more
    if wrong:
        raise FailedError(f"The configurations have errors: {message}", remedy="Nothing was changed.")
    raise MissingError(f"The configurations could not be checked: {message}", remedy=problems[0].remedy)
