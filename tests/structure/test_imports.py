"""Who may import whom: cli → flows → {drills, observe} → {network, datacenter, hosts} → inventory → core."""

from __future__ import annotations

import graphlib
from collections import Counter

import pytest
from source import Module, imports, modules

MOST_MODULES = 14
"""In one folder: what can be taken in at a glance."""

CORE = frozenset({"core"})
INVENTORY = CORE | {"inventory"}
DOMAINS = frozenset({"network", "datacenter", "hosts"})
OVER_DOMAINS = frozenset({"drills", "observe"})

MAY_IMPORT = {
    "core": frozenset[str](),
    "inventory": CORE,
    "network": INVENTORY | {"napalm_frr"},
    "datacenter": INVENTORY,
    "hosts": INVENTORY,
    "drills": INVENTORY | DOMAINS,
    "observe": INVENTORY | DOMAINS,
    "lab": INVENTORY,
    "flows": INVENTORY | DOMAINS | OVER_DOMAINS | {"lab"},
    "cli": INVENTORY | DOMAINS | OVER_DOMAINS | {"lab", "flows"},
    "napalm_frr": frozenset[str](),
}

INNER = {
    "inventory": """
        files
        environment, city
        environment_file, numbers, resilience
        checks
        load
        views, edit, generate
    """,
    "network": """
        model
        policy
        derive
        expect
        state
        compare
        platforms
        render, fleet
        change, probe, blame, translations
        verify
        coverage
    """,
    "drills": """
        prediction
        outage, trials
    """,
    "lab": """
        host, image
        layout
        nodes
        record, store
        ssh, injector, console, probes
        environment, twin
    """,
    "cli": """
        lazy, logs
        terminal
        output
        screens
        context
        options
        commands
        app
    """,
}
"""The parts of the large packages. A part imports those in lines above its own, never one in its own line."""

# Modules of no package: the version, and the way into the command line.
TOP = {"baubau_ops": frozenset[str](), "baubau_ops.__main__": frozenset({"cli"})}


def _target(name: str) -> str | None:
    """The package of ours an import leads to, or None for somebody else's."""
    parts = name.split(".")
    if parts[0] == "napalm_frr":
        return "napalm_frr"
    if parts[0] != "baubau_ops" or len(parts) < 2 or parts[1].startswith("__"):
        return None
    return parts[1]


def test_imports_go_only_where_they_may() -> None:
    assert {module.package for module in modules() if module.name not in TOP} <= set(MAY_IMPORT)
    assert [wrong for module in modules() for wrong in _wrong_imports(module)] == []


def _wrong_imports(module: Module) -> list[str]:
    allowed = TOP[module.name] if module.name in TOP else MAY_IMPORT[module.package]
    return [
        f"{module.shown}:{line} imports {name}"
        for line, name in imports(module)
        if (target := _target(name)) and target != module.package and target not in allowed
    ]


@pytest.mark.parametrize("package", INNER)
def test_the_parts_of_a_package_import_only_what_stands_above_them(package: str) -> None:
    lines = [line.strip().split(", ") for line in INNER[package].strip().splitlines()]
    above = {
        part: {other for earlier in lines[:number] for other in earlier}
        for number, line in enumerate(lines)
        for part in line
    }
    inside = [module for module in modules() if module.package == package and module.part]
    assert {module.part for module in inside} == set(above)
    prefix = f"baubau_ops.{package}."
    assert [
        f"{module.shown}:{line} imports {name}"
        for module in inside
        for line, name in imports(module)
        if name.startswith(prefix)
        and (part := name.removeprefix(prefix).partition(".")[0]) in above
        and part not in above[module.part] | {module.part}
    ] == []


def test_no_folder_holds_more_than_fourteen_modules() -> None:
    sizes = Counter(str(each.path.parent) for each in modules() if each.path.name != "__init__.py")
    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_no_modules_import_one_another_in_a_circle() -> None:
    known = {module.name: module for module in modules()}
    graph = {
        name: {
            target for _, full in imports(module, at_start_only=True) if (target := _module(full, set(known)))
        }
        - {name}
        for name, module in known.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle: " + " → ".join(error.args[1]))


def _module(full: str, known: set[str]) -> str | None:
    """The module an imported name lies in: itself, or the part before a function's or class's name."""
    if full in known:
        return full
    parent = full.rpartition(".")[0]
    return parent if parent in known else None


def test_the_table_forbids_what_it_should() -> None:
    """The test itself can fail: each forbidden direction is one that the table really refuses."""
    for importer, target in [
        ("core", "inventory"),
        ("inventory", "network"),
        ("network", "lab"),
        ("network", "hosts"),
        ("lab", "network"),
        ("flows", "cli"),
        ("napalm_frr", "core"),
        ("flows", "napalm_frr"),
    ]:
        assert target not in MAY_IMPORT[importer]
