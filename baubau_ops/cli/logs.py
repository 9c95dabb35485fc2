"""Logs: to stderr as much as asked for, to run.log what a later investigation needs."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from baubau_ops.core import settings

OURS = ("baubau_ops", "napalm_frr")
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_FORMAT = "%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(name)s: %(message)s"
_MAX_BYTES = 5_000_000  # run.log and two older ones: 15 MB at most

log = logging.getLogger(__name__)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is now: a progress bar puts itself in between."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _RunLog(RotatingFileHandler):
    """run.log; makes its folder when there is something to write, gives up silently when it cannot."""

    def _open(self) -> TextIO:  # type: ignore[override]
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        # A full disk or a folder of somebody else must not end the work.
        logging.getLogger().removeHandler(self)


def configure(verbosity: int, environment: str) -> None:
    """Send logs of level WARNING (0), INFO (1) or DEBUG (2) to stderr, and from INFO on to run.log."""
    level = _LEVELS[min(verbosity, 2)]
    stderr = _Stderr()
    stderr.setLevel(level)
    stderr.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    run_log = _RunLog(path(environment), maxBytes=_MAX_BYTES, backupCount=2, encoding="utf-8", delay=True)
    run_log.setLevel(min(level, logging.INFO))
    formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    run_log.setFormatter(formatter)
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, (_Stderr, _RunLog))]:
        root.removeHandler(old)
        old.close()
    root.addHandler(stderr)
    root.addHandler(run_log)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(min(level, logging.INFO))
    # It warns of every ProxyCommand that has already ended; the user can do nothing about it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    log.info("baubau %s", " ".join(sys.argv[1:]))


def path(environment: str) -> Path:
    """Return where run.log of an environment lies."""
    return settings.state_dir(environment) / "run.log"


def report_internal_error() -> None:
    """Log the current exception with its traceback, and print one line that says where to find it."""
    handlers = logging.getLogger().handlers
    if not any(isinstance(handler, _RunLog) for handler in handlers):
        configure(0, settings.DEFAULT_ENVIRONMENT)
    found = next((h for h in logging.getLogger().handlers if isinstance(h, _RunLog)), None)
    for handler in logging.getLogger().handlers:
        if handler is not found:
            handler.setLevel(logging.CRITICAL)  # the traceback is for the file
    log.exception("internal error")
    error = sys.exc_info()[1]
    where = f" The traceback is in {found.baseFilename}." if found in logging.getLogger().handlers else ""
    print(f"internal error: {type(error).__name__}: {error}.{where}", file=sys.stderr)
