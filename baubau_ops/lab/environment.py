"""A running twin as an environment: everything that the other parts need to reach it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from baubau_ops.core.errors import UnreachableError
from baubau_ops.core.secrets import Secrets
from baubau_ops.core.settings import COMMAND_TIMEOUT, CONNECT_TIMEOUT
from baubau_ops.inventory.environment import Environment
from baubau_ops.lab.injector import LabInjector
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.probes.vantage import LabVantage
from baubau_ops.lab.record import Record
from baubau_ops.lab.store import Store

PLATFORMS = {"routeros": "frr", "ios": "frr"}
"""FRR stands in for platforms without an image, because every router of a twin is a booted Debian."""


def environment(twin: str) -> Environment:
    """Return the environment of a twin that is up; UnreachableError when it is down or only partly up.

    Raises InputError when another version of this program brought it up.
    """
    record, layout = _running(twin)
    assert record.state is not None
    store = Store(record.state)
    return Environment(
        name=f"lab:{twin}",
        ssh_config=store.ssh_config,
        secrets=store.secrets(),
        state=record.state,
        asks=False,
        connect_timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        platforms=PLATFORMS,
        vantage=LabVantage(twin, layout),
        injector=LabInjector(twin, layout),
    )


def secrets_for(twin: str, texts: Iterable[str]) -> Secrets:
    """Return the twin's secrets, after generating the missing ones that these texts name."""
    record, _ = _running(twin)
    assert record.state is not None
    return Store(record.state).secrets_for(texts)


def inventory_of(twin: str) -> Path | None:
    """Return the folder of the city that a twin runs; None when the twin is not up."""
    return Record(twin).inventory


def layout_of(twin: str) -> Layout:
    """Return the layout of a twin that is up."""
    return _running(twin)[1]


def _running(twin: str) -> tuple[Record, Layout]:
    record = Record(twin)
    record.check_version()
    layout = record.layout()
    suffix = "" if twin == "default" else f" --name {twin}"
    if record.inventory is None or layout is None:
        raise UnreachableError(f'No twin "{twin}" is up.', remedy=f"Start it with: baubau lab up{suffix}")
    if not record.is_complete:
        raise UnreachableError(
            f'The twin "{twin}" is not up completely: its start was interrupted, or goes on just now.',
            remedy=f"Bring it up with: baubau lab up{suffix}",
        )
    return record, layout
