"""The platforms' own parsers: vtysh and nft, from PATH or from the cached image of the twin's routers."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from baubau_ops.core import settings, shell
from baubau_ops.core.errors import FailedError, MissingError

Errors: TypeAlias = Iterable[tuple[int, str]]
Parser: TypeAlias = Callable[[str], Errors]
"""Text → (line, message) of everything that the parser refuses."""

_FRR_ERROR = re.compile(r"line (\d+): (.*)")
_NFT_ERROR = re.compile(r"\S*?:(\d+):\d+(?:-\d+)?: (?:Error: )?(.*)")

# The candidate must be a regular file, and the image must stay unchanged: so the parser gets its own /tmp.
_IN_IMAGE = 'mount -t tmpfs tmpfs "$0/tmp" && cat > "$0/tmp/candidate" && exec chroot "$0" "$@"'


def frr_errors(text: str) -> Errors:
    """All lines of an FRR configuration that FRR does not accept. MissingError if there is no vtysh."""
    done = _run("vtysh", ["-C", "-f"], text)
    found = [(int(line), message) for line, message in _matches(_FRR_ERROR, done)]
    return _consistent("vtysh", done, found)


def nft_errors(text: str) -> Errors:
    """What nft refuses; it checks against an empty network namespace. MissingError if there is no nft."""
    done = _run("nft", ["-c", "-f"], text, namespace=True)
    found = [(int(line), message) for line, message in _matches(_NFT_ERROR, done)]
    return _consistent("nft", done, found)


def _matches(pattern: re.Pattern[str], done: shell.Completed) -> Iterator[tuple[str, str]]:
    for line in f"{done.stdout}\n{done.stderr}".splitlines():
        match = pattern.match(line)
        if match:
            yield match[1], match[2].strip()


def _consistent(tool: str, done: shell.Completed, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Exit code and messages must agree: a parser that fails without naming a line has not parsed the input."""
    if done.returncode and not found:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FailedError(f"{tool} ended with {done.returncode}: {said[-1] if said else 'it said nothing'}")
    return found


def _run(tool: str, arguments: Sequence[str], text: str, *, namespace: bool = False) -> shell.Completed:
    root = os.geteuid() == 0
    unshare = ["unshare", "-n" if root else "-rn"] if namespace else []
    if shell.find(tool):
        with tempfile.NamedTemporaryFile("w", suffix=".candidate") as candidate:
            candidate.write(text)
            candidate.flush()
            return shell.run([*unshare, tool, *arguments, candidate.name], check=False)
    image = _image(tool) if root else None
    if image is None:
        package = shell.PACKAGES[tool]
        remedy = f"apt-get install {package}, or as root: baubau lab up, whose image has it."
        raise MissingError(f"the command {tool} is not installed.", remedy=remedy)
    inside = ["sh", "-c", _IN_IMAGE, str(image), tool, *arguments, "/tmp/candidate"]
    return shell.run(["unshare", "-m", *unshare[1:], *inside], input=text, check=False)


def _image(tool: str) -> Path | None:
    """The newest router image of the twin that has the tool; unfinished images have a dot in their name."""
    folders = sorted(
        (folder for folder in (settings.cache_dir() / "images").glob("[!.]*") if folder.is_dir()),
        key=lambda folder: folder.stat().st_mtime,
        reverse=True,
    )
    places = [f"usr/{kind}/{tool}" for kind in ("bin", "sbin")]
    return next((folder for folder in folders if any((folder / place).exists() for place in places)), None)
