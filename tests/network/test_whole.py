"""Texts rendered by one template each say what their features say one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment, TemplateNotFound

from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render.template import WholeTexts
from baubau_ops.network.platforms.frr.render.text import render_router, render_with

KINDS = {"full": {"frr": ("top.j2",), "qos": ("qos.j2",)}, "day0": {"qos": ("qos.j2",)}}


@pytest.fixture
def loader(tmp_path: Path) -> WholeTexts:
    (tmp_path / "top.j2").write_text('a\n{% include "part-" ~ device.role ~ ".j2" %}\nb\n')
    (tmp_path / "part-site.j2").write_text('  {% include "qos.j2" %}\n{% include "qos.j2" %}\n')
    (tmp_path / "qos.j2").write_text("{# none #}\nq\n")
    return WholeTexts(tmp_path, KINDS)


def test_the_parts_make_the_whole(devices: dict[str, Router]) -> None:
    for device in devices.values():
        assert render_with(device) == render_router(device)


def test_includes_stand_in_their_place(loader: WholeTexts) -> None:
    source, _, _ = loader.get_source(Environment(), "full/site")
    assert source == (
        '#@ section frr\na\n  {% include "qos.j2" %}\n{# none #}\nq\nb\nend\n#@ section qos\n{# none #}\nq\n'
    )
    assert loader.get_source(Environment(), "day0/pop")[0] == "#@ section qos\n{# none #}\nq\n"


@pytest.mark.parametrize("name", ["top.j2", "full", "full/", "other/site"])
def test_other_names_are_left_to_other_loaders(loader: WholeTexts, name: str) -> None:
    with pytest.raises(TemplateNotFound):
        loader.get_source(Environment(), name)
