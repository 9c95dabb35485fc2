"""Writes routers' configurations to files, in chunks that are shared among all processors."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.files import new_folder, replace_file
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.derive.routers import derive_router
from baubau_ops.network.platforms.registry import AS_INTENDED, StandIns, platform_of
from baubau_ops.network.policy import matrix

_CHUNK = 200
"""Routers that a worker takes at a time; up to this number, a second process is not worth its cost."""

_PROCESSES = multiprocessing.get_context("fork")

_Write = Callable[[Sequence[str]], str]
_work: _Write | None = None  # of a worker, which gets it from its parent


def write_texts(
    inventory: Inventory,
    folder: Path,
    names: Iterable[str],
    stand_ins: StandIns = AS_INTENDED,
    *,
    on_event: OnEvent = ignore,
) -> tuple[str, ...]:
    """Write a file for each of some routers into `folder`; its name is the router's, with its platform's suffix.

    Returns the routers' names, sorted. A new folder appears complete; in an existing folder, each file is replaced
    atomically. InputError if a configuration cannot be derived, FailedError if a file cannot be written.
    """
    wanted = tuple(sorted(names))
    try:
        with contextlib.nullcontext(folder) if folder.exists() else new_folder(folder) as into:
            _write_all(inventory, into, folder, wanted, stand_ins, on_event)
    except OSError as error:
        raise FailedError(f"{folder} cannot be written: {error.strerror}.") from error
    return wanted


@no_garbage_collection()
def _write_all(
    inventory: Inventory,
    into: Path,
    folder: Path,
    wanted: Sequence[str],
    stand_ins: StandIns,
    on_event: OnEvent,
) -> None:
    nodes = inventory.topology.nodes
    # The long configurations come first: as the last ones, they would keep one worker busy alone.
    ordered = sorted(wanted, key=lambda name: nodes[name].role is Role.SITE)
    chunks = [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)]
    write = _writer(inventory, into, folder, wanted, stand_ins)
    on_event(Event("start", "render", total=len(wanted)))
    done = 0
    for chunk, problem in zip(chunks, _run(write, chunks), strict=True):
        if problem:
            raise FailedError(problem)
        done += len(chunk)
        on_event(Event("progress", "render", done=done, total=len(wanted)))
    on_event(Event("done", "render", done=done, total=len(wanted)))


def _writer(
    inventory: Inventory, into: Path, folder: Path, names: Sequence[str], stand_ins: StandIns
) -> _Write:
    """Make the function that writes configurations; shared data is computed here, once and before any fork."""
    policy, nodes = matrix(inventory), inventory.topology.nodes
    platforms = {nodes[name].platform: platform_of(nodes[name], stand_ins) for name in names}
    derive = partial(derive_router, inventory, policy=policy)
    alike = {(nodes[name].platform, nodes[name].role): name for name in names}
    for (platform, _), name in alike.items():
        platforms[platform].render(derive(name))

    put = replace_file if into == folder else _put
    turn = _PROCESSES.Lock()  # two processes that create files in one folder would only wait for each other

    def write(chunk: Sequence[str]) -> str:
        try:
            texts = {name: platforms[nodes[name].platform].render(derive(name)) for name in chunk}
        except InputError as error:
            return error.message
        with turn:
            for name, text in texts.items():
                file = f"{name}{platforms[nodes[name].platform].suffix}"
                try:
                    put(f"{into}/{file}", text)
                except OSError as error:
                    return f"{folder}/{file} cannot be written: {error.strerror}."
        return ""

    return write


def _put(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _run(write: _Write, chunks: Sequence[Sequence[str]]) -> Iterator[str]:
    """Process all chunks, in order, here or in workers that share the inventory's memory; yields error messages."""
    processors = min(len(os.sched_getaffinity(0)), len(chunks))
    if processors < 2:
        yield from map(write, chunks)
        return
    gc.freeze()  # garbage collection would write to every memory page, and so copy it
    try:
        with ProcessPoolExecutor(processors, _PROCESSES, initializer=_begin, initargs=(write,)) as pool:
            yield from pool.map(_write_chunk, chunks)
    finally:
        gc.unfreeze()


def _begin(write: _Write) -> None:
    global _work
    _work = write


def _write_chunk(chunk: Sequence[str]) -> str:
    assert _work is not None, "a worker begins with its work"
    return _work(chunk)
