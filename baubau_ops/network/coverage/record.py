"""Results of earlier runs in a file, one line per class: an interrupted run continues where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from pathlib import Path

from baubau_ops.network.coverage.result import Coverage, Notice, Tested
from baubau_ops.network.platforms.lines import Removal


def known(removals: Sequence[Removal], file: Path) -> Coverage:
    """What the file says about these classes."""
    records = standing(file)
    keys = {key(removal): str(removal.line_class) for removal in removals if not removal.harmless}
    return Coverage(
        tuple(records[one] for one in keys if one in records),
        tuple(name for one, name in keys.items() if one not in records),
        {str(removal.line_class): removal.harmless for removal in removals if removal.harmless},
    )


def key(removal: Removal) -> str:
    """Identify a removal, so that a result for other configurations or classes is not reused."""
    return hashlib.sha256(f"{removal.line_class}\n{removal.device}\n{removal.text}".encode()).hexdigest()[:16]


@cache
def checks() -> str:
    """Identify the present checks, by a hash of the tool's whole source: any part of it may belong to a check."""
    sources = sorted(Path(str(resources.files("baubau_ops"))).rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def standing(file: Path) -> dict[str, Tested]:
    """The results in a file that still hold, by key: what was noticed, and what the present checks did not notice."""
    return {one: tested for one, tested in read(file).items() if tested.noticed or tested.checks == checks()}


def read(file: Path) -> Mapping[str, Tested]:
    """Return the results in a file, by key.

    A line that does not parse is ignored: the last line of a killed run may be incomplete, and a line of an earlier
    version may have another form.
    """
    found: dict[str, Tested] = {}
    if not file.exists():
        return found
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
            found[record["key"]] = Tested(**{**record, "notice": Notice(record["notice"])})
        except (ValueError, TypeError, KeyError):
            continue
    return found


def write(file: Path, tested: Tested) -> None:
    """Append the result for one class."""
    file.parent.mkdir(parents=True, exist_ok=True)
    torn = file.exists() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as opened:
        opened.write("\n" * torn + json.dumps(asdict(tested), ensure_ascii=False) + "\n")
