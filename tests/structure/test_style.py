"""Rules of the project no tool checks for us."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import ROOT, modules

MAX_LINES = 450
"""A file that long asks to be split by concept; 300 is the aim, this is the tripwire."""

TALKING = {"print", "input", "breakpoint", "exit", "quit", "sys.exit", "os._exit"}
LIBRARY = [module for module in modules() if module.package != "cli" and module.name != "baubau_ops.__main__"]


def test_only_the_cli_prints_prompts_and_exits() -> None:
    assert [f"{module.shown}:{line} {what}" for module in LIBRARY for line, what in _talk(module.tree)] == []


def _talk(tree: ast.Module) -> Iterator[tuple[int, str]]:
    # A module with a main guard is a program started as a process: what it prints is its protocol.
    is_program = any(_is_main_guard(node) for node in tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not is_program:
            called = ast.unparse(node.func)
            if called in TALKING:
                yield node.lineno, called
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if _draws(alias.name))
        elif isinstance(node, ast.ImportFrom) and _draws(node.module or ""):
            yield node.lineno, node.module or ""


def _draws(name: str) -> bool:
    return name.split(".")[0] in ("typer", "rich")


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def test_talking_is_found_where_it_is() -> None:
    source = "import rich.table\ndef f():\n    print(1)\n    sys.exit(2)\n"
    assert sorted(_talk(ast.parse(source))) == [(1, "rich.table"), (3, "print"), (4, "sys.exit")]
    program = source + "if __name__ == '__main__':\n    f()\n"
    assert sorted(_talk(ast.parse(program))) == [(1, "rich.table")]


def test_every_module_is_of_a_readable_size() -> None:
    sizes = {module.shown: len(module.path.read_text().splitlines()) for module in modules()}
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [each.shown for each in modules() if each.tree.body and not ast.get_docstring(each.tree)] == []


def test_nobody_imports_click() -> None:
    uses = re.compile(r"^\s*(import|from) click\b", re.MULTILINE)
    assert [module.shown for module in modules() if uses.search(module.path.read_text())] == []


MADE = {".git", ".venv", "__pycache__", "build", "dist"}


def tracked() -> list[Path]:
    """Every file of the project: what git knows, else (an unpacked archive) all but what is made."""
    names: list[str] = []
    if shutil.which("git"):
        command = ["git", "-C", str(ROOT), "ls-files", "-z"]
        names = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\0")
    listed = [ROOT / name for name in names if name] or ROOT.rglob("*")
    return [path for path in listed if path.is_file() and not MADE & set(path.relative_to(ROOT).parts)]


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
