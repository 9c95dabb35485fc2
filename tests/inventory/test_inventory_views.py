"""What editors, Nornir and people see of the inventory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from nornir import InitNornir

from baubau_ops.cli import app
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.views.describe import describe
from baubau_ops.inventory.views.listing import LISTS, rows
from baubau_ops.inventory.views.schema import MODELS, schema

SMALL = Path(__file__).parents[2] / "examples" / "small"


def keys_known(body: dict[str, Any], part: dict[str, Any], value: object) -> bool:
    """Whether every key of `value` is a property of its schema: what an editor underlines otherwise."""
    if "$ref" in part:
        part = body["$defs"][part["$ref"].rpartition("/")[2]]
    if "anyOf" in part:
        return any(keys_known(body, choice, value) for choice in part["anyOf"])
    if isinstance(value, dict):
        known: dict[str, Any] = {re.escape(key): each for key, each in part.get("properties", {}).items()}
        known |= part.get("patternProperties", {})
        return part.get("type") == "object" and all(
            any(
                re.search(f"^(?:{key})$", name) and keys_known(body, each, item)
                for key, each in known.items()
            )
            for name, item in value.items()
        )
    if isinstance(value, list):
        return part.get("type") == "array" and all(keys_known(body, part["items"], item) for item in value)
    return part.get("type") not in ("object", "array")


@pytest.mark.parametrize("name", [name for name in MODELS if name != "environment"])
def test_schemas_accept_the_small_city_and_know_its_keys(name: str) -> None:
    body = schema(name)
    assert body["additionalProperties"] is False
    files = sorted((SMALL / "sites").glob("*.yml")) if name == "site" else [SMALL / f"{name}.yml"]
    for file in files:
        document = yaml.read(file)
        assert keys_known(body, body, document), file
        assert not keys_known(body, body, {**document, "misspelt": 1})
        assert set(body.get("required", [])) <= set(document)


def test_segments_may_be_a_list_of_zones() -> None:
    assert schema("site")["properties"]["segments"]["anyOf"][0]["type"] == "array"


def test_plain_nornir_reads_the_city(tmp_path: Path) -> None:
    nornir = InitNornir(
        runner={"plugin": "serial"},
        logging={"enabled": False},
        inventory={
            "plugin": "BaubauInventory",
            "options": {"folder": str(SMALL), "ssh_config": str(tmp_path / "ssh_config")},
        },
    )
    assert len(nornir.inventory.hosts) == 14
    assert set(nornir.inventory.children_of_group("pop-murhum")) == {
        nornir.inventory.hosts[name] for name in ("pop-murhum", "ce-bappeda", "ce-puskesmas-wajo")
    }
    assert set(nornir.filter(filter_func=lambda host: host.has_parent_group("core")).inventory.hosts) == {
        "core-1",
        "core-2",
    }
    host = nornir.inventory.hosts["ce-rsud"]
    found = (host["role"], host["kind"], host["asn"], host["loopback"])
    assert found == ("site", "hospital", 4200000005, "10.255.0.14")
    assert set(nornir.filter(role="core").inventory.hosts) == {"core-1", "core-2"}
    options = host.get_connection_parameters("napalm")
    assert (options.hostname, options.platform) == ("ce-rsud", "frr")
    assert options.extras is not None
    assert options.extras["optional_args"]["ssh_config_file"] == str(tmp_path / "ssh_config")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("wolio", ["pop"]),
        ("pop-wolio", ["pop"]),
        ("ce-dinkes", ["site"]),
        ("dns", ["service"]),
        ("cctv", ["zone"]),
        ("command", ["segment"]),
        ("isp-2", ["isp"]),
        ("dc-1", ["firewall"]),
        ("bastion", ["bastion"]),
        ("prov", ["province"]),
        ("core-1--prov", ["link"]),
    ],
)
def test_everything_can_be_shown(small: Inventory, name: str, kinds: list[str]) -> None:
    assert [description.kind for description in describe(small, name)] == kinds


def test_lists_have_the_same_columns_in_every_row(small: Inventory) -> None:
    for what in LISTS:
        found = rows(small, what)
        assert found
        assert {tuple(row) for row in found} == {tuple(found[0])}


def run(*arguments: str) -> int:
    return app.run(["inventory", *arguments, "--inventory", str(SMALL)])


def test_check_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert capsys.readouterr().out == "12 files, 6 sites, 14 routers, 0 numbers proposed. OK\n"
    assert run("check", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"files": 12, "sites": 6, "routers": 14, "proposed": []}


def test_show_tells_numbers_neighbours_and_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "dinkes") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("site dinkes   ")
    assert lines[0].endswith("examples/small/sites/dinkes.yml:1")
    assert "  asn        4200000002" in lines
    assert "  peak       down 100M, up 100M" in lines
    assert "to-wolio  10.254.0.33/31  pop-wolio  ce1             fibre      100M" in lines
    assert "lan-office  office  10.64.0.128/26  10.64.0.129" in lines


def test_list_filters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "sites", "--where", "pop=murhum", "--where", "media=leased", "--output", "json") == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["puskesmas-wajo"]
    assert run("list", "links", "--where", "kind=nothing") == 0
    assert capsys.readouterr().out == "No links.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "wolia"), 'error: There is nothing called "wolia". Did you mean "wolio"?'),
        (("list", "sites", "--where", "pob=x"), 'error: sites have no column "pob". Did you mean "pop"?'),
        (("list", "sitez"), 'error: There is no list "sitez". Did you mean "sites"?'),
        (
            ("list", "--where", "pop"),
            'error: "pop" is not a filter: write COLUMN=VALUE, for example pop=wolio.',
        ),
        (("schema", "sites"), 'error: There is no schema "sites". Did you mean "site"?'),
    ],
)
def test_wrong_words_are_refused(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith(message)


def test_schemas_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "-o", str(tmp_path / "schemas")) == 0
    written = sorted(path.name for path in (tmp_path / "schemas").iterdir())
    assert written == sorted(f"{name}.schema.json" for name in MODELS)
    assert json.loads((tmp_path / "schemas/site.schema.json").read_text()) == schema("site")
    assert len(capsys.readouterr().out.splitlines()) == len(MODELS)


def test_allocate_locks_what_is_proposed(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (city / "allocations.yml").read_text()
    line = next(line for line in before.splitlines(keepends=True) if line.startswith("  dinkes:"))
    (city / "allocations.yml").write_text(before.replace(line, ""))
    arguments = ["inventory", "allocate", "--inventory", str(city)]
    assert app.run([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().out == (
        f"+ sites/dinkes  {line.strip().removeprefix('dinkes: ')}\n1 would be locked, none moved.\n"
    )
    assert (city / "allocations.yml").read_text() == before.replace(line, "")
    assert app.run(arguments) == 0
    assert capsys.readouterr().out.endswith("1 locked, none moved.\n")
    assert (city / "allocations.yml").read_text() == before
    assert app.run(arguments) == 0
    assert capsys.readouterr().out == "Every number is locked already. Nothing to do.\n"
