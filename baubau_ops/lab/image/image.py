"""An image is a named recipe. Its hash is that of the recipe, so a changed recipe is a new image.

Every image has systemd as PID 1, an SSH server that reads its key from `HOST_KEY`, and the account `LOGIN`.
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
"""Path of the host key. No image contains one: each machine gets its own, known before it boots."""


@dataclass(frozen=True, slots=True)
class Debian:
    """A minimal Debian with additional packages."""

    suite: str
    packages: tuple[str, ...]

    @property
    def parts(self) -> list[object]:
        """The parts that the hash of an image made from it covers."""
        return [self.suite, platform.machine(), self.packages]

    def __str__(self) -> str:
        return f"Debian {self.suite} with {len(self.packages)} packages"


@dataclass(frozen=True, slots=True)
class Image:
    """A root file system that machines boot, described by the steps that build it."""

    name: str
    """What its machines are, in the singular, such as `router`."""
    base: Debian | Image
    files: Mapping[str, str] = field(default_factory=dict)
    """Contents of files by path, written over the base."""
    setup: str = ""
    """Shell commands that sh runs last, in the new root."""

    @property
    def parts(self) -> list[object]:
        """The parts that the hash of an image derived from it covers."""
        return [*self.base.parts, self.files, self.setup]

    @property
    def hash(self) -> str:
        """The hash of the recipe; it does not cover the name."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"the {self.name} image"
