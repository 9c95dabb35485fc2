"""What an image is: a recipe under a name. Its hash is that of the recipe, so another recipe is another image.

Every image has systemd as PID 1, an SSH server that takes its key from `HOST_KEY`, and the account `LOGIN`.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field

LOGIN = "baubau"
"""The account that drivers log in to."""

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
"""No image holds one: each machine gets its own, known before it boots."""


@dataclass(frozen=True, slots=True)
class Debian:
    """A minimal Debian and what is installed on it besides."""

    suite: str
    packages: tuple[str, ...]

    @property
    def parts(self) -> list[object]:
        """What the hash of an image made from it covers."""
        return [self.suite, platform.machine(), self.packages]

    def __str__(self) -> str:
        return f"Debian {self.suite} with {len(self.packages)} packages"


@dataclass(frozen=True, slots=True)
class Image:
    """A root file system that machines boot, as the steps that make it."""

    name: str
    """What its machines are, in the singular: `router`."""
    base: Debian | Image
    files: Mapping[str, str] = field(default_factory=dict)
    """Text by path, written over the base."""
    setup: str = ""
    """Run last, by sh in the new root."""

    @property
    def parts(self) -> list[object]:
        """What the hash of an image derived from it covers."""
        return [*self.base.parts, self.files, self.setup]

    @property
    def hash(self) -> str:
        """The recipe's hash; the name is no part of it."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"the {self.name} image"
