"""NAPALM's exceptions, which are imported when the first one is needed.

`import napalm` also imports the drivers of all its vendors, which takes most of a second; without errors none of it
is needed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napalm.base.exceptions import (
        CommandErrorException,
        CommitConfirmException,
        CommitError,
        ConnectAuthError,
        ConnectionClosedException,
        ConnectionException,
        ConnectTimeoutError,
        LockError,
        MergeConfigException,
        NapalmException,
        ReplaceConfigException,
    )

__all__ = (
    "CommandErrorException",
    "CommitConfirmException",
    "CommitError",
    "ConnectAuthError",
    "ConnectTimeoutError",
    "ConnectionClosedException",
    "ConnectionException",
    "LockError",
    "MergeConfigException",
    "NapalmException",
    "ReplaceConfigException",
)

_importing = threading.Lock()  # many sessions may fail at once, and NAPALM's modules import each other


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    with _importing:
        from napalm.base import exceptions
    return getattr(exceptions, name)
