"""The wrapper ./baubau on small checkouts of its own: real venvs, real pip, offline.

Only the first venv is made by `python -m venv`, which takes seconds to install pip; the others are its twins, made
by a Python that copies one. What is installed into them is always installed by pip.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The build backend of the small checkout: what setuptools does for the real one, without setuptools.
BACKEND = """
import zipfile
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "baubau_ops-1-py3-none-any.whl"
    info = "baubau_ops-1.dist-info"
    import pathlib
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("baubau.pth", str(pathlib.Path.cwd()) + "\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: baubau-ops\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
MAIN = "import os, sys, tiny\nprint(tiny.VALUE, os.environ['BAUBAU_ROOT'], *sys.argv[1:])\n"


KEPT = {"pip", "setuptools", "_distutils_hack", "distutils", "pkg_resources"}
"""What `python -m venv` installs, whatever the Python."""


class Checkout:
    """A checkout with the real wrapper, one dependency `tiny`, and a folder of packages as its registry."""

    def __init__(self, folder: Path, python: Path | None = None) -> None:
        self.root = folder / "checkout"
        self.path = f"{python.parent}:{os.environ['PATH']}" if python else os.environ["PATH"]
        self.registry = folder / "registry"
        self.registry.mkdir(parents=True)
        (self.root / "baubau_ops").mkdir(parents=True)
        (self.root / "baubau_ops" / "__main__.py").write_text(MAIN)
        (self.root / "baubau_ops" / "__init__.py").write_text("")
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "baubau-ops"\nversion = "1"\n'
        )
        shutil.copy(ROOT / "baubau", self.root)
        self.lock("1")

    def lock(self, version: str) -> None:
        """Lock `tiny` at a version, and put that version into the registry."""
        self.version = version
        path = self.registry / f"tiny-{version}-py3-none-any.whl"
        info = f"tiny-{version}.dist-info"
        files = {
            "tiny.py": f"VALUE = 'tiny-{version}'\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
        with zipfile.ZipFile(path, "w") as wheel:
            for name, text in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
                wheel.writestr(zipfile.ZipInfo(name), text)  # without a time: equal versions, equal hashes
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        (self.root / "requirements.lock").write_text(f"tiny=={version} \\\n    --hash=sha256:{digest}\n")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "BAUBAU_"))}
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.registry), "PIP_CONFIG_FILE": os.devnull}
        return {**kept, **offline, "PATH": self.path}

    def call(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.call_as(str(self.root / "baubau"), *arguments, **more)

    def call_as(self, *argv: str, cwd: str = "/", **more: str) -> subprocess.CompletedProcess[str]:
        env = {**self.environment, **more}
        return subprocess.run(
            argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
        )

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "baubau", "x"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def names(self) -> set[str]:
        """What lies in the checkout."""
        return {path.name for path in self.root.iterdir()}


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def quick_python(made: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python whose venvs are copies of the first, without what was installed into that."""
    folder = tmp_path_factory.mktemp("python")
    template = folder / "venv"
    shutil.copytree(made.root / ".venv", template, symlinks=True)
    (packages,) = template.glob("lib/python*/site-packages")
    (template / "stamp").unlink()
    for installed in [*packages.glob("tiny*"), *packages.glob("*baubau*"), *packages.glob("__pycache__")]:
        shutil.rmtree(installed) if installed.is_dir() else installed.unlink()
    assert {path.name.partition("-")[0] for path in packages.iterdir()} <= KEPT
    (folder / "bin").mkdir()
    quick = folder / "bin" / "python3.11"
    copy = f'[ "$1 $2" = "-m venv" ] && exec cp -al {template}/. "$3"'
    _script(quick, f'{copy}\nexec {sys.executable} "$@"')
    return quick


@pytest.fixture
def fresh(tmp_path: Path, quick_python: Path) -> Checkout:
    return Checkout(tmp_path, quick_python)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose venv was made by a first call."""
    checkout = Checkout(tmp_path_factory.mktemp("made"))
    done = checkout.call("first")
    assert (done.returncode, done.stdout) == (0, f"tiny-1 {checkout.root} first\n"), done.stderr
    assert done.stderr.splitlines() == [
        "baubau: creating .venv from requirements.lock; this takes about a minute the first time …"
    ]
    return checkout


def test_a_second_call_makes_nothing_and_is_quick(made: Checkout) -> None:
    stamp = made.root / ".venv" / "stamp"
    before = stamp.stat().st_mtime_ns
    python = str(made.root / ".venv" / "bin" / "python")
    seconds: dict[str, list[float]] = {"wrapper": [], "direct": []}
    for _ in range(5):
        for name, argv in {
            "wrapper": [str(made.root / "baubau")],
            "direct": [python, "-P", "-m", "baubau_ops"],
        }.items():
            began = time.monotonic()
            done = made.call_as(*argv, "again", BAUBAU_ROOT=str(made.root))
            seconds[name].append(time.monotonic() - began)
            assert done.stderr == ""
    assert stamp.stat().st_mtime_ns == before
    assert min(seconds["wrapper"]) - min(seconds["direct"]) < 0.1


def test_it_works_from_anywhere_and_through_links(made: Checkout, tmp_path: Path) -> None:
    (tmp_path / "typing.py").write_text("raise SystemExit('the current folder is no place for modules')\n")
    (tmp_path / "one").symlink_to(made.root / "baubau")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "baubau").symlink_to("../one")
    expected = f"tiny-{made.version} {made.root} a b  c\n"
    assert made.call_as("bin/baubau", "a", "b  c", cwd=str(tmp_path)).stdout == expected
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    assert made.call_as("baubau", "a", "b  c", cwd=str(tmp_path), PATH=path).stdout == expected


def test_a_changed_lock_makes_the_venv_anew(made: Checkout, quick_python: Path) -> None:
    made.path = f"{quick_python.parent}:{made.path}"
    before = made.names()
    made.lock("2")
    assert made.call("x").stdout == f"tiny-{made.version} {made.root} x\n"
    assert made.names() == before


def test_when_no_registry_answers_the_old_venv_comes_back(made: Checkout, tmp_path: Path) -> None:
    old = made.version
    before = made.names()
    made.lock("3")
    done = made.call("x", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 5
    assert done.stdout == ""
    assert done.stderr.splitlines()[1:] == [
        "baubau: the packages could not be installed:",
        "ERROR: Could not find a version that satisfies the requirement tiny==3 (from versions: none)",
        "ERROR: No matching distribution found for tiny==3",
        "baubau: No package registry answers. Remedy: connect, or set one with: pip config set "
        "global.index-url URL",
        "baubau: Nothing was changed.",
    ]
    assert made.names() == before
    made.lock(old)
    done = made.call("x", PIP_FIND_LINKS=str(tmp_path))
    assert (done.stdout, done.stderr) == (f"tiny-{made.version} {made.root} x\n", "")


def test_a_package_that_is_not_the_locked_one_is_refused(fresh: Checkout) -> None:
    lock = fresh.root / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000")[:-5] + "\n")
    before = fresh.names()
    done = fresh.call("x")
    assert done.returncode == 1
    assert (
        "baubau: A package differs from requirements.lock. "
        "Remedy: use a registry that serves the original files." in done.stderr.splitlines()
    )
    assert fresh.names() == before


def _tools(folder: Path) -> Path:
    """A PATH with what the wrapper needs, and no Python."""
    folder.mkdir()
    for tool in ("sh", "cat", "cmp", "readlink", "rm", "mv", "mkdir", "grep", "tail"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return folder


def test_without_any_python(fresh: Checkout, tmp_path: Path) -> None:
    before = fresh.names()
    done = fresh.call("x", PATH=str(_tools(tmp_path / "bin")))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "baubau: Python 3.11 or newer with venv is not installed.",
        "baubau: Remedy, on Debian: apt-get install python3 python3-venv",
    ]
    assert fresh.names() == before


def test_every_python_that_will_not_do_is_named_with_its_reason(fresh: Checkout, tmp_path: Path) -> None:
    tools = _tools(tmp_path / "bin")
    # Like Debian's python3 without python3-venv: the module ensurepip is not there.
    _script(tools / "python3.11", f'exec {sys.executable} -c "{HIDE}" -')
    _script(tools / "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    _script(tools / "python3", "cat >/dev/null; echo 'too old: 3.9.2'")
    done = fresh.call("x", PATH=str(tools))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "baubau: Python 3.11 or newer with venv is not installed.",
        "baubau:   python3.11: without ensurepip",
        "baubau:   python3.12: does not run",
        "baubau:   python3: too old: 3.9.2",
        "baubau: Remedy, on Debian: apt-get install python3 python3-venv",
    ]
    assert ".venv" not in fresh.names()


HIDE = (
    "import sys, importlib.util as u; f = u.find_spec; "
    "u.find_spec = lambda n: None if n == 'ensurepip' else f(n); exec(sys.stdin.read())"
)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_checkout_that_cannot_be_written_says_so(fresh: Checkout) -> None:
    setpriv = shutil.which("setpriv")
    if os.geteuid() == 0:
        assert setpriv, "setpriv comes with util-linux"
        for folder in (fresh.root, *fresh.root.parents):
            if folder.stat().st_uid == 0 and folder.is_relative_to("/tmp") and folder != Path("/tmp"):
                folder.chmod(0o755)
        argv = [setpriv, "--reuid=65534", "--clear-groups", "--", str(fresh.root / "baubau"), "x"]
    else:
        fresh.root.chmod(0o555)
        argv = [str(fresh.root / "baubau"), "x"]
    done = fresh.call_as(*argv)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"baubau: {fresh.root} cannot be written, so .venv cannot be created there.",
        "baubau: Remedy: let its owner run ./baubau once, or use a checkout of your own.",
    ]


def test_two_at_once_make_one_venv(fresh: Checkout) -> None:
    both = [fresh.start(), fresh.start()]
    results = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert [stdout for stdout, _ in results] == [f"tiny-1 {fresh.root} x\n"] * 2
    assert sum("creating .venv" in stderr for _, stderr in results) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_half_way_the_next_call_makes_it_whole(fresh: Checkout, number: signal.Signals) -> None:
    first = fresh.start()
    marker = fresh.root / ".venv" / "incomplete"
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(first.pid, number)
    first.communicate(timeout=60)
    if number is not signal.SIGKILL:
        assert first.returncode == 143
        assert ".venv" not in fresh.names()
    done = fresh.call("x")
    assert (done.returncode, done.stdout) == (0, f"tiny-1 {fresh.root} x\n")
    assert not marker.exists()
