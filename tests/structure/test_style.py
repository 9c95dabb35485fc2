"""Rules of the project no tool checks for us."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import ROOT, modules

MAX_LINES = 450
"""A file that long asks to be split by concept; 300 is the aim, this is the tripwire."""

TALKING = {"print", "input", "breakpoint", "exit", "quit"}
LIBRARY = [module for module in modules() if module.package != "cli" and module.name != "baubau_ops.__main__"]


def test_only_the_cli_prints_prompts_and_exits() -> None:
    assert [f"{module.shown}:{line} {what}" for module in LIBRARY for line, what in _talk(module.tree)] == []


def _talk(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.iter_child_nodes(tree):
        if _is_main_guard(node):
            continue  # a program of its own, started as a process: its output is its protocol
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in TALKING or called in ("sys.exit", "os._exit"):
                yield node.lineno, called
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            )
            yield from ((node.lineno, name) for name in names if name.split(".")[0] in ("typer", "rich"))
        yield from _talk(node)


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def test_talking_is_found_where_it_is() -> None:
    source = "import rich.table\ndef f():\n    print(1)\n    sys.exit(2)\n"
    source += "if __name__ == '__main__':\n    print(3)\n"
    assert list(_talk(ast.parse(source))) == [(1, "rich.table"), (3, "print"), (4, "sys.exit")]


def test_every_module_is_of_a_readable_size() -> None:
    sizes = {module.shown: len(module.path.read_text().splitlines()) for module in modules()}
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [each.shown for each in modules() if each.tree.body and not ast.get_docstring(each.tree)] == []


def test_nobody_imports_click() -> None:
    uses = re.compile(r"^\s*(import|from) click\b", re.MULTILINE)
    assert [module.shown for module in modules() if uses.search(module.path.read_text())] == []


def tracked() -> list[Path]:
    """Every text file of the project: what git knows, else (an unpacked archive) all but what is made."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return [path for name in names if (path := ROOT / name).is_file()]
    made = {".venv", "__pycache__", "build", "dist"}
    folders = [
        (Path(folder), files) for folder, _, files in os.walk(ROOT) if not made & set(Path(folder).parts)
    ]
    return [folder / name for folder, files in folders for name in files]


FORBIDDEN = {
    # Written so that this file does not match itself.
    "a private key": re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY"),
    "a token": re.compile(r"\b(?:ghp|gho|glpat|xox[bp]|AKIA)[-_A-Za-z0-9]{16,}"),
    "a path of somebody's machine": re.compile(
        r"(?<![\w./-])/(?:work|home/[a-z]+)" + r"/(?:main|shared|src|git)\b"
    ),
    "a mark of unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
    "a mark of a merge": re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE),
}
NOT_OURS = {"LICENSE", "requirements.lock"}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in tracked():
        if path.name in NOT_OURS:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, or a test's bad input
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FORBIDDEN[what].finditer(text)]
    assert found == []


def test_no_file_shadows_the_real_pulumi_package() -> None:
    folder = ROOT / "pulumi"
    assert not (folder / "__init__.py").exists()
    assert not list(folder.rglob("conftest.py"))
    assert not list(folder.rglob("test_*.py"))


def test_test_files_have_names_of_their_own() -> None:
    """Without packages below tests/ pytest imports every test file by its bare name."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
    assert not list((ROOT / "tests").rglob("__init__.py"))
    assert not [folder for folder in (ROOT / "tests").rglob("pulumi") if folder.is_dir()]
