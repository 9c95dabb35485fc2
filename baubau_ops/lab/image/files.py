"""Files written into a root file system from outside, where its links would lead into this machine's own."""

from __future__ import annotations

import os
from pathlib import Path

from baubau_ops.core.errors import InputError


def write(root: Path, path: str, text: str, mode: int = 0o644) -> None:
    """Write a file below `root`, in place of what is there, a link included; it belongs to the owner of its folder.

    InputError when a link on the way leads out of `root`, as the absolute `/var/run` does.
    """
    target = root / path.lstrip("/")
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"{path} cannot be written: a link on its way leads out of the machine's file system.",
            remedy="Give the path that the link stands for, such as /run for /var/run.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    owner = target.parent.stat()
    target.unlink(missing_ok=True)
    target.write_text(text)
    target.chmod(mode)
    os.chown(target, owner.st_uid, owner.st_gid)
