"""docs/reference says what the models say; `pytest tests/inventory --update-goldens` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baubau_ops.cli.app import run
from baubau_ops.inventory.views.reference import page, pages
from baubau_ops.inventory.views.schema import MODELS, schema

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def test_the_committed_pages_are_what_the_models_say(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-goldens"):
        for old in REFERENCE.glob("*.md"):
            old.unlink()
        assert run(["inventory", "schema", "--markdown", "-o", str(REFERENCE)]) == 0
    assert {path.name: path.read_text() for path in REFERENCE.glob("*.md")} == pages()


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described(name: str) -> None:
    body = schema(name)
    models = {name: body} | body.get("$defs", {})
    assert [key for key, value in _keys(models) if not value.get("description")] == []


def _keys(models: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, model in models.items():
        for key, value in model.get("properties", {}).items():
            yield f"{name}.{key}", value


def test_a_page_says_values_defaults_and_where_a_model_stands() -> None:
    site = page("site").splitlines()
    assert site[0] == "# `sites/<id>.yml`"
    assert "## link, links[]" in site
    assert any(
        line.startswith("| `links` | list of [keys](#link-links), 1 to 2 | – | A primary and")
        for line in site
    )
    assert any(
        line.startswith("| `committed` | rate, or `{down: rate, up: rate}` | required |") for line in site
    )
    assert any(line.startswith("| `role` | `primary` or `backup` | `primary` |") for line in site)
    city = page("city")
    assert city.index("## phases[]") < city.index("## phases[].coverage[]") < len(city)
    assert "| `control` | rate | required |" in city
    assert "| `oversubscription` | number, at least 1 | `1` |" in page("backbone")
    assert "| `connect_timeout` | duration | `10s` |" in page("environment")


def test_one_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inventory", "schema", "policy", "--markdown"]) == 0
    assert capsys.readouterr().out == page("policy")
