"""The data that a twin keeps in its state folder until `down`: secrets, the operator's key, host keys, volumes."""

from __future__ import annotations

import contextlib
import json
import re
import secrets as random
import shutil
import string
from collections.abc import Iterable, Mapping
from pathlib import Path

from baubau_ops.core.errors import BaubauError
from baubau_ops.core.files import lock, write_atomic
from baubau_ops.core.secrets import Secrets
from baubau_ops.core.shell import run
from baubau_ops.lab.layout.layout import Booted
from baubau_ops.lab.nodes.booted import Identity

SECRET_LENGTH = 16
"""Characters of a secret; OSPF's MD5 keys cannot be longer (RFC 2328, D.3)."""

_ALPHABET = string.ascii_letters + string.digits
_NAMES = re.compile(r"\$\{secret:([^}\s]+)\}")


class Store:
    """The folder of one twin's keys, secrets and volumes; only its owner can read it."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "twin"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def operator_key(self) -> Path:
        return self.folder / "id_ed25519"

    def create(self) -> None:
        """Create the folder and the operator's key pair if they are missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        _make_key(self.operator_key, "baubau")

    def secrets(self) -> Secrets:
        """Return all secrets that were generated for this twin."""
        path = self._secrets_file
        return Secrets(json.loads(path.read_text()) if path.exists() else {})

    def secrets_for(self, texts: Iterable[str]) -> Secrets:
        """Return the twin's secrets, after generating the missing ones that these texts name."""
        known = {name: secret.reveal() for name, secret in self.secrets().items()}
        wanted = {name for text in texts for name in _NAMES.findall(text)}
        missing = wanted - set(known)
        for name in missing:
            known[name] = "".join(random.choice(_ALPHABET) for _ in range(SECRET_LENGTH))
        if missing:
            write_atomic(self._secrets_file, json.dumps(known, indent=1, sort_keys=True) + "\n", mode=0o600)
        return Secrets(known)

    @property
    def _secrets_file(self) -> Path:
        return self.folder / "secrets.json"

    def identity(self, node: str) -> Identity:
        """Return the keys of a node; the first call generates its host key."""
        key = self.folder / "hosts" / node
        key.parent.mkdir(exist_ok=True)
        _make_key(key, node)
        operator = _public(self.operator_key).read_text()
        return Identity(operator, key.read_text(), _public(key).read_text())

    def host_key(self, node: str) -> str:
        """Return a node's public host key in the format of `known_hosts`."""
        return " ".join(_public(self.folder / "hosts" / node).read_text().split()[:2])

    def volumes(self, machine: Booted) -> Mapping[str, Path]:
        """Return the folders of a machine's volumes by their mount points; missing folders are created.

        They outlive the machine's disk and the machine itself: a machine that returns finds them unchanged.
        """
        found = {}
        for name, mount_point in machine.volumes.items():
            folder = self.folder / "volumes" / machine.name / name
            folder.mkdir(parents=True, exist_ok=True)
            found[mount_point] = folder
        return found

    def forget(self, node: str) -> None:
        """Remove the keys of a node that no longer exists."""
        key = self.folder / "hosts" / node
        key.unlink(missing_ok=True)
        _public(key).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove keys, secrets and volumes, which end with their twin, and locks that no process holds.

        The record of what was done to the twin stays: journal and log, if there are any.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in self.folder.parent.glob("*.lock"):
            with contextlib.suppress(BaubauError), lock(path, timeout=0):
                path.unlink()
        with contextlib.suppress(OSError):  # not empty, or never created
            self.folder.parent.rmdir()


def _public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


def _make_key(key: Path, comment: str) -> None:
    """Generate an Ed25519 key pair. The public key is written last: if it exists, both are complete."""
    if not _public(key).exists():
        key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(key)])
