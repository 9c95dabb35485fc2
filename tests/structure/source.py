"""The sources of the checkout as syntax trees: what the structure tests look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("baubau_ops", "napalm_frr")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of ours; `name` is dotted, `package` the folder below baubau_ops (or napalm_frr).

    `part` is what stands in the package: a folder, or a module of its own.
    """

    path: Path
    name: str
    package: str
    part: str
    tree: ast.Module

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the two packages."""
    return tuple(_read(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def _read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    package = parts[1] if parts[0] == "baubau_ops" and len(parts) > 2 else parts[0]
    part = dotted.removeprefix("baubau_ops.").removeprefix(package).removeprefix(".").partition(".")[0]
    return Module(path, dotted, package, part, ast.parse(path.read_text(encoding="utf-8")))


def imports(module: Module, *, at_start_only: bool = False) -> Iterator[tuple[int, str]]:
    """Every module imported, with its line; with `at_start_only` only what importing `module` imports."""
    for node in _walk(module.tree, at_start_only):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            # `from package import module` imports the module too.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _walk(tree: ast.AST, at_start_only: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        is_later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(node)
        if not (at_start_only and is_later):
            yield node
            yield from _walk(node, at_start_only)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    is_package = module.path.name == "__init__.py"
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])
