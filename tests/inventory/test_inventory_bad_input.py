"""Every kind of bad input gets its message, with file, line and remedy, and nothing changes.

The exact messages stand in bad_input.txt; UPDATE_GOLDENS=1 writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bad_input
import pytest

from baubau_ops.cli import app
from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.inventory.load import load

GOLDEN = Path(__file__).parent / "bad_input.txt"


def golden() -> dict[str, str]:
    sections = GOLDEN.read_text(encoding="utf-8").split("## ")[1:]
    return {name: text.rstrip("\n") for name, text in (section.split("\n", 1) for section in sections)}


def said(city: Path) -> str:
    with pytest.raises(InvalidInventoryError) as caught:
        load(city)
    return "\n".join(
        f"{problem.place}  {problem.path + ': ' if problem.path else ''}{problem.message}"
        for problem in caught.value.problems
    )


def contents(city: Path) -> dict[str, bytes]:
    small = (path for path in city.rglob("*") if path.is_file() and path.stat().st_size < 2**20)
    return {str(path): path.read_bytes() for path in small}


@pytest.mark.parametrize("name", bad_input.CASES)
def test_each_has_its_exact_message(name: str, city: Path) -> None:
    bad_input.CASES[name](city)
    before = contents(city)
    found = said(city)
    assert contents(city) == before
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.touch()
        sections = {**golden(), name: found}
        texts = (f"## {each}\n{sections[each]}\n\n" for each in bad_input.CASES if each in sections)
        GOLDEN.write_text("".join(texts), encoding="utf-8")
    assert found == golden()[name]


def test_golden_holds_no_case_that_is_gone() -> None:
    assert list(golden()) == list(bad_input.CASES)


@pytest.fixture
def unreadable(city: Path) -> Iterator[Path]:
    """The city with one file that we may not read: root may read all, so it becomes nobody meanwhile."""
    bad_input.CASES["unknown-pop"](city)
    with pytest.raises(InvalidInventoryError):
        load(city)  # imports all that is needed before rights are given up
    bad_input.edit(bad_input.DINKES, ("wollio", "wolio"))(city)
    (city / "sites/dinkes.yml").chmod(0)
    if os.geteuid() == 0:
        Path.cwd().chmod(0o711)
        os.seteuid(65534)
    yield city
    os.seteuid(os.getuid())


def test_unreadable_file(unreadable: Path) -> None:
    assert said(unreadable) == "city/sites/dinkes.yml  the file cannot be read: Permission denied."


def test_unreadable_folder(city: Path, unreadable: Path) -> None:
    rights = os.geteuid()
    os.seteuid(os.getuid())
    (city / "sites").chmod(0)
    os.seteuid(rights)
    assert said(unreadable) == "city/sites  the folder cannot be read: Permission denied."


def test_pipe_instead_of_a_file_is_not_waited_for(city: Path) -> None:
    (city / "policy.yml").unlink()
    os.mkfifo(city / "policy.yml")
    assert said(city) == "city/policy.yml  this is not a regular file."


def test_no_such_folder(city: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(city / "nowhere")
    assert str(caught.value) == "city/nowhere is not a folder with an inventory."
    assert caught.value.remedy == "Name one with --inventory, such as examples/small."


def test_place_is_as_given_when_it_lies_elsewhere(
    city: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bad_input.CASES["unknown-pop"](city)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folder = tmp_path / "city"
    assert said(folder).startswith(f"{folder}/sites/dinkes.yml:5:13  link.pop: ")


def test_a_thousand_wrong_files_are_told_in_seconds(city: Path) -> None:
    bad_input.edit("city.yml", ("total: 31", "total: 1002"))(city)
    text = (city / "sites/dinkes.yml").read_text().replace("pop: wolio", "pop: wollio")
    for number in range(1000):
        (city / f"sites/x-{number}.yml").write_text(text)
    found = said(city).splitlines()
    assert len(found) == 1000
    assert found[0].startswith('city/sites/x-0.yml:5:13  link.pop: there is no POP "wollio".')


def test_command_line_prints_all_and_exits_2(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad_input.CASES["all-at-once"](city)
    assert app.run(["inventory", "check", "--inventory", str(city)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        'city/city.yml:38:10          control: "0" is not a rate: write <number>{k,M,G} in bit/s, for example'
        " 50M.\n"
        "city/sites/bappeda.yml:5:57  link.peak: 10M is below the committed rate 50M. Raise the peak or lower"
        " the rate.\n"
        'city/sites/dinkes.yml:5:13   link.pop: there is no POP "wollio". Did you mean "wolio"?\n'
        "city/sites/rsud.yml:1:7      this is not valid YAML: unclosed bracket '['.\n"
        "\n"
        "4 errors in 12 files. Nothing was changed.\n"
    )
