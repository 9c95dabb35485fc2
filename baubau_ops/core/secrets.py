"""Secrets: a type that masks itself, and placeholders for it in configurations."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean

MASK = "********"
MIN_LENGTH = 6
"""Shorter values occur in ordinary text by chance, and masking them would garble it."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9_./-]*"
_PLACEHOLDER = re.compile(r"\$\{secret:([^}\n]*)(\}?)")


class Secret:
    """A value that is shown only when `reveal` is called."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself; call it only in the last step before sending."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Secrets(Mapping[str, Secret]):
    """Secrets by name; fills placeholders `${secret:NAME}` and puts them back."""

    def __init__(self, values: Mapping[str, str | Secret]) -> None:
        """Take the values; InputError for a name or value that looks like ordinary text."""
        self._secrets = {name: _checked(name, value) for name, value in sorted(values.items())}
        names: dict[str, str] = {}
        for name, secret in self._secrets.items():
            names.setdefault(secret.reveal(), name)
        self._names = names
        # Longest first: one value may be the beginning of another.
        longest_first = sorted(names, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if names else None

    def __getitem__(self, name: str) -> Secret:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._secrets)})"

    def fill(self, text: str) -> str:
        """Return `text` with every `${secret:NAME}` replaced by its value; InputError for an unknown name."""
        return _PLACEHOLDER.sub(self._value_of, text)

    def _value_of(self, found: re.Match[str]) -> str:
        name = found[1]
        if not found[2]:
            raise InputError(f'"{found[0]}": a placeholder ends with "}}".')
        if name not in self._secrets:
            raise InputError(f'There is no secret "{name}".{did_you_mean(name, self._secrets)}')
        return self._secrets[name].reveal()

    def mask(self, text: str) -> str:
        """Return `text` with `${secret:NAME}` for every value; of several names, the first in alphabetical order."""
        if self._values is None:
            return text
        return self._values.sub(lambda found: f"${{secret:{self._names[found[0]]}}}", text)


def _checked(name: str, value: str | Secret) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(value)
    text = secret.reveal()
    if not re.fullmatch(_NAME, name):
        raise InputError(f'"{name}" is not a name for a secret: letters, digits, ".", "_", "/" and "-".')
    if len(text) < MIN_LENGTH:
        raise InputError(f"The secret {name} has fewer than {MIN_LENGTH} characters.")
    if not text.isprintable() or text != text.strip():
        # A line break in a secret would write configuration lines of its own.
        raise InputError(f"The secret {name} holds a line break, a control character or blanks at an end.")
    return secret
