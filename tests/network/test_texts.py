"""Texts written to files: the same as rendered in memory, by one process or several, and whole."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import copytree

import pytest

from baubau_ops.core import settings
from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.events import Event
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load
from baubau_ops.network.render import files as texts
from baubau_ops.network.render.configurations import render
from baubau_ops.network.render.files import write_texts


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    return generate(tmp_path_factory.mktemp("city"), sites=450, seed=4)


def read(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("processors", [1, 3])
def test_files_say_what_is_rendered(
    generated: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    expected = render(generated)
    events: list[Event] = []
    assert write_texts(generated, tmp_path / "new" / "out", expected, on_event=events.append) == tuple(
        sorted(expected)
    )
    assert read(tmp_path / "new" / "out") == expected
    assert [(event.kind, event.done) for event in events[:2]] == [("start", 0), ("progress", 200)]
    assert events[-1] == Event("done", "render", done=len(expected), total=len(expected))


def test_only_the_named_are_written_and_others_are_left_alone(inventory: Inventory, tmp_path: Path) -> None:
    (tmp_path / "core-1.conf").write_text("mine")
    (tmp_path / "pop-wolio.conf").write_text("old")
    write_texts(inventory, tmp_path, ["pop-wolio", "ce-dinkes"])
    found = read(tmp_path)
    assert set(found) == {"core-1", "pop-wolio", "ce-dinkes"}
    assert found["core-1"] == "mine"
    assert found["pop-wolio"] == render(inventory)["pop-wolio"]


@pytest.mark.parametrize("processors", [1, 2])
def test_a_file_that_cannot_be_written_is_named(
    generated: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    monkeypatch.setattr(texts, "_CHUNK", 2)
    (tmp_path / "core-2.conf").mkdir()
    with pytest.raises(FailedError) as caught:
        write_texts(generated, tmp_path, ["core-1", "core-2", "dc-1", "dc-2"])
    assert caught.value.message == f"{tmp_path}/core-2.conf cannot be written: Is a directory."
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_made(inventory: Inventory, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FailedError, match=r"file/out cannot be written: File exists\."):
        write_texts(inventory, tmp_path / "file" / "out", ["core-1"])


def test_nothing_is_left_of_a_new_folder_when_a_text_cannot_be_written(
    inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, _: str) -> None:
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(texts, "_put", full)
    with pytest.raises(FailedError, match=r"/core-1\.conf cannot be written: No space left on device\."):
        write_texts(inventory, tmp_path / "out", ["core-1"])
    assert list(tmp_path.iterdir()) == []


def test_a_router_that_cannot_be_driven_is_refused_unless_another_stands_in(tmp_path: Path) -> None:
    copytree(settings.root() / "examples/small", tmp_path / "city")
    site = tmp_path / "city/sites/dinkes.yml"
    site.write_text(site.read_text() + "platform: routeros\n")
    changed = load(tmp_path / "city")
    with pytest.raises(InputError) as error:
        render(changed)
    assert error.value.message == (
        "ce-dinkes is of the platform routeros, which cannot be driven from here; frr can."
    )
    plain = render(load(settings.root() / "examples/small"))
    assert render(changed, {"routeros": "frr"}) == plain
    assert render(changed, devices=["ce-rsud"]) == {"ce-rsud": plain["ce-rsud"]}
