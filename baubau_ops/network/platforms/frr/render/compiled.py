"""Compiled templates kept between runs: compiling them takes longer than rendering a small city."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from jinja2.bccache import Bucket, FileSystemBytecodeCache

logger = logging.getLogger(__name__)


class CompiledTemplates(FileSystemBytecodeCache):
    """Jinja's cache in a folder of ours. A changed template is compiled anew: Jinja compares its checksum.

    A folder that cannot be written costs time, never a render.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        try:
            super().dump_bytecode(bucket)
        except OSError as error:
            logger.debug("%s: not kept: %s", bucket.key, error)


def compiled_templates(folder: Path) -> CompiledTemplates | None:
    """Return the cache in `folder`, which only its owner may write: code is read from it. None if there can be none."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_mode & 0o022 == 0:
            return CompiledTemplates(str(folder))
    return None
