"""The errors a user can see; each has a remedy and an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class BaubauError(Exception):
    """Something a user must know about: what went wrong, where, and what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class CancelledError(BaubauError):
    """The user answered no; nothing was changed."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__("Cancelled. Nothing was changed.")


class FailedError(BaubauError):
    """The work was tried and failed."""

    exit_code = 1


class InputError(BaubauError):
    """The user's input cannot be used; nothing was changed."""

    exit_code = 2


class MissingError(BaubauError):
    """A tool, a right or a kernel feature is missing on this machine."""

    exit_code = 2


class UnreachableError(BaubauError):
    """A device, a registry or the twin does not answer."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the inventory.

    `place` is `file:line:column` (as far as known). `path` is the place inside the document ("link.pop"); it is
    empty for a problem of the whole file.
    """

    place: str
    path: str
    message: str


class InvalidInventoryError(InputError):
    """The inventory has problems; all of them are listed."""

    def __init__(self, problems: tuple[Problem, ...], files: int) -> None:
        """`files` is how many were read."""
        errors = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
        super().__init__(f"{errors} in {files} {'file' if files == 1 else 'files'}.")
        self.problems = problems
