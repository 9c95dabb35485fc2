"""What needs the twin and what takes long is told by its folder, so that nothing is left out by mistake."""

from __future__ import annotations

import subprocess
import sys

from source import ROOT

TWIN = ("tests/twin", "tests/napalm_frr/live")
OTHERS = ("tests/bench", "tests/structure/test_marks.py")


def _collected(selection: str) -> set[str]:
    """The test files pytest would run with `-m selection`."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        selection,
    ]
    folders = [name for name in (*TWIN, *OTHERS) if (ROOT / name).exists()]
    done = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 5), done.stdout
    return {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}


def test_what_lies_in_the_twin_s_folders_needs_the_twin() -> None:
    expected = {str(path.relative_to(ROOT)) for name in TWIN for path in (ROOT / name).rglob("test_*.py")}
    assert expected <= _collected("twin")


def test_benchmarks_take_long_and_all_else_is_run_everywhere() -> None:
    assert _collected("not twin and not long") == {"tests/structure/test_marks.py"}
