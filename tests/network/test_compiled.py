"""Compiled templates are kept, and a changed template is noticed."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from baubau_ops.network.platforms.frr.render.compiled import CompiledTemplates, compiled_templates


def render(templates: Path, cache: CompiledTemplates | None) -> str:
    environment = Environment(loader=FileSystemLoader(templates), bytecode_cache=cache, autoescape=False)
    return environment.get_template("hostname.j2").render()


def test_a_changed_template_is_compiled_anew(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    (tmp_path / "hostname.j2").write_text("hostname core-1")
    cache = compiled_templates(folder)
    assert render(tmp_path, cache) == "hostname core-1"
    (kept,) = folder.iterdir()
    before = kept.read_bytes()
    assert render(tmp_path, compiled_templates(folder)) == "hostname core-1"
    (tmp_path / "hostname.j2").write_text("hostname core-2")
    assert render(tmp_path, compiled_templates(folder)) == "hostname core-2"
    assert kept.read_bytes() != before


def test_what_is_kept_is_used(tmp_path: Path) -> None:
    class Counting(CompiledTemplates):
        written = 0

        def dump_bytecode(self, bucket: object) -> None:
            type(self).written += 1
            super().dump_bytecode(bucket)  # type: ignore[arg-type]

    (tmp_path / "hostname.j2").write_text("hostname core-1")
    (tmp_path / "cache").mkdir(mode=0o700)
    for _ in range(2):
        render(tmp_path, Counting(str(tmp_path / "cache")))
    assert Counting.written == 1


def test_a_folder_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert compiled_templates(tmp_path) is None


def test_a_cache_that_cannot_be_kept_costs_no_render(tmp_path: Path) -> None:
    (tmp_path / "hostname.j2").write_text("hostname core-1")
    (tmp_path / "file").write_text("")
    assert compiled_templates(tmp_path / "file" / "below") is None
    assert render(tmp_path, CompiledTemplates(str(tmp_path / "never-made"))) == "hostname core-1"
