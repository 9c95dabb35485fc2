"""The manual holds together: every page is listed, links lead somewhere, and the commands it shows exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from source import PACKAGES, ROOT

from baubau_ops.cli.app import Groups, app
from baubau_ops.inventory.files import yaml

DOCS = ROOT / "docs"
PAGES = tuple(sorted(DOCS.rglob("*.md")))
ALL = (*sorted(ROOT.glob("*.md")), *PAGES)

FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")
GROUPS = tuple(entry.name for entry in Groups.entries)
COMMAND = re.compile(
    rf"(?:\$ )?(?:sudo )?(?:\./)?(?:baubau ({'|'.join(GROUPS)})|({'|'.join(GROUPS)}) [a-z-]+)\b"
)
"""With `baubau` in front anywhere, without it (`net verify`) only as inline code."""
END = frozenset({"&&", "|", ">", ";"})


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def test_every_page_is_in_the_navigation() -> None:
    nav = yaml.read(ROOT / "mkdocs.yml")["nav"]
    assert sorted(_pages(nav)) == sorted(str(path.relative_to(DOCS)) for path in PAGES)


def _pages(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for each in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from _pages(each)


def test_every_link_leads_to_a_page_and_a_heading() -> None:
    assert [wrong for path in ALL for wrong in _dead_links(path)] == []


def _dead_links(path: Path) -> Iterator[str]:
    for target in LINK.findall(prose(path)):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            yield f"{shown(path)}: {target}"


def anchors(path: Path) -> set[str]:
    """Those that GitHub and MkDocs make of a page's headings."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(prose(path))
    }


def test_pages_named_in_texts_and_code_exist() -> None:
    code = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    named = {(shown(path), page) for path in (*ALL, *code) for page in PAGE.findall(path.read_text())}
    assert named
    assert [each for each in sorted(named) if not (ROOT / each[1]).exists()] == []


def commands(path: Path) -> Iterator[str]:
    """Every command line of ours that a page shows, in code blocks and inside sentences."""
    text = path.read_text(encoding="utf-8")
    for block in FENCE.findall(text):
        for line in re.split(r"&&|\n", block.replace("\\\n", " ")):
            found = COMMAND.match(line.strip())
            if found and found[1]:
                yield line.strip()
    for code in INLINE.findall(FENCE.sub("", text)):
        if COMMAND.match(code):
            yield code


@pytest.mark.parametrize("path", ALL, ids=shown)
def test_commands_exist_with_their_options(path: Path) -> None:
    wrong = {line: problem for line in commands(path) if (problem := _problem(line))}
    assert wrong == {}


def test_the_overview_names_every_command() -> None:
    overview = (DOCS / "index.md").read_text()
    assert [each for each in _all_commands() if f"`baubau {each}" not in overview] == []


def _all_commands() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    context = root.context_class(root)
    for name in GROUPS:
        command = root.get_command(context, name)
        inner = command.list_commands(context) if hasattr(command, "list_commands") else []
        yield from (f"{name} {each}" for each in inner) if inner else (name,)


def _problem(line: str) -> str:
    """Why the command line would be refused; empty when all of it exists. A `…` stands for what is left out."""
    words = [word for word in _words(line) if word not in ("…", "[…]")]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command)
    try:
        while hasattr(command, "get_command"):
            if not words or words[0].startswith("-"):
                return "" if not words or words[0] == "--help" else f"no command before {words[0]}"
            name = words.pop(0)
            command = command.get_command(context, name)
            if command is None:
                return f"no command {name}"
            context = command.context_class(command, parent=context, info_name=name)
        _, rest, _ = command.make_parser(context).parse_args(words)
    except typer.TyperException as error:
        message = error.format_message()
        return "" if message.endswith("requires an argument.") else message  # a sentence may name it alone
    return f"too many arguments: {' '.join(rest)}" if rest else ""


def _words(line: str) -> list[str]:
    """The words after `baubau`, up to the end of the command."""
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="&|;>")
    lexer.commenters = "#"
    lexer.wordchars += "…:,*[]@%+"
    words = list(lexer)
    end = next((place for place, word in enumerate(words) if word in END), len(words))
    return [word for word in words[:end] if word not in ("sudo", "./baubau", "baubau")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("./baubau net verify --probe    # and more", ""),
        ("$ baubau link add … --apply", ""),
        ("sudo ./baubau lab exec pop-wolio -- vtysh -c 'show ip ospf neighbor'", ""),
        ("baubau net aply", "no command aply"),
        ("net verify --prob", "No such option: --prob"),
        ("baubau lab down now", "too many arguments: now"),
    ],
)
def test_what_does_not_exist_is_found(line: str, problem: str) -> None:
    assert _problem(line).startswith(problem)
    assert bool(_problem(line)) == bool(problem)
