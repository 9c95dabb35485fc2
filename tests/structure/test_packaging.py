"""The lock fits pyproject.toml, and the wheel holds our two packages and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source import PACKAGES, ROOT, modules

import baubau_ops

LOCK = (ROOT / "requirements.lock").read_text()
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<marker> ;[^\\\n]*)? \\\n", re.MULTILINE)


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _required() -> list[Requirement]:
    project = _pyproject()["project"]
    texts = [
        *project["dependencies"],
        *(text for each in project["optional-dependencies"].values() for text in each),
    ]
    return [Requirement(text) for text in texts]


def _locked() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in ENTRY.finditer(LOCK):
        found.setdefault(canonicalize_name(entry["name"]), []).append(entry["version"])
    return found


@pytest.mark.parametrize("requirement", _required(), ids=str)
def test_every_dependency_is_locked_at_a_version_it_allows(requirement: Requirement) -> None:
    versions = _locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not in requirements.lock"
    assert all(requirement.specifier.contains(version) for version in versions)


def test_the_lock_names_no_direct_dependency_that_is_gone() -> None:
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK)
    ours = {block.partition("==")[0] for block in blocks if "baubau-ops (pyproject.toml)" in block}
    assert {canonicalize_name(name) for name in ours} == {
        canonicalize_name(each.name) for each in _required()
    }


def test_every_entry_of_the_lock_has_its_hashes() -> None:
    blocks = [block for block in re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK) if block.strip()]
    assert len(blocks) > 30
    assert [block.partition(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_holds_no_address() -> None:
    assert re.findall(r"\S*://\S*|^\s*-\S.*|\S+ @ \S+", re.sub(r"--hash=\S+", "", LOCK), re.M) == []


def test_the_version_has_one_source() -> None:
    project = _pyproject()
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "baubau_ops.__version__"}
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{baubau_ops.__version__}]" in changelog or "## [Unreleased]" in changelog


def test_pytest_collects_from_tests_only() -> None:
    options = _pyproject()["tool"]["pytest"]["ini_options"]
    assert options["testpaths"] == ["tests"]
    assert "import-mode" not in options["addopts"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built offline from a copy: building leaves files beside the sources."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "pulumi").mkdir()
    (copy / "pulumi" / "__main__.py").write_text("raise SystemExit\n")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "-w", str(copy / "dist"), str(copy)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_our_packages_whole_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert {name.split("/")[0] for name in names} == set(PACKAGES)
    sources = {str(module.path.relative_to(ROOT)) for module in modules()}
    assert sources <= names
    assert _data_files() <= names


def _data_files() -> set[str]:
    """What lies beside the modules and is read at run time."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                found.add(str(path.relative_to(ROOT)))
    return found


def test_the_wheel_names_the_command_and_the_nornir_plugin(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(entry_points).decode()
    assert "baubau = baubau_ops.cli.app:main" in text
    assert "BaubauInventory = baubau_ops.inventory.views.nornir:BaubauInventory" in text


def test_the_licence_is_the_gpl() -> None:
    assert (ROOT / "LICENSE").read_text().split("\n")[0].strip() == "GNU GENERAL PUBLIC LICENSE"
    assert _pyproject()["project"]["license"] == "GPL-3.0-or-later"


def test_no_package_is_without_its_init_file() -> None:
    for package in PACKAGES:
        for folder in (ROOT / package).rglob("*"):
            if folder.is_dir() and list(folder.glob("*.py")):
                assert (folder / "__init__.py").exists(), folder
