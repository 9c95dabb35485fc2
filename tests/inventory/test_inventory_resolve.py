from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from baubau_ops.cli import app
from baubau_ops.core.errors import InputError, InvalidInventoryError
from baubau_ops.core.journal import Journal
from baubau_ops.core.settings import state_dir
from baubau_ops.inventory.edit.resolve import resolve
from baubau_ops.inventory.edit.site import NewSite, add_site
from baubau_ops.inventory.load import load


def office(name: str) -> NewSite:
    return NewSite(
        id=name,
        name=name,
        kind="agency",
        pop="murhum",
        media="fibre",
        committed="50M",
        peak="100M",
        segments=("office",),
    )


@pytest.fixture
def merged(city: Path) -> Path:
    """Two branches added an office each, in lines next to one another; git merged both without a conflict."""
    shutil.copy(Path(__file__).parents[2] / ".gitattributes", city)
    git(city, "init", "--quiet", "--initial-branch=main")
    commit(city)
    for name in ("dinsos", "dispora"):
        git(city, "switch", "--quiet", "--create", name, "main")
        add_site(city, office(name))
        commit(city)
    git(city, "switch", "--quiet", "main")
    for name in ("dinsos", "dispora"):
        git(city, "merge", "--quiet", "--no-edit", name)
    return city


def commit(city: Path) -> None:
    git(city, "add", "--all")
    git(city, "commit", "--quiet", "--message=city")


def git(city: Path, *command: str) -> None:
    identity = ("-c", "user.name=city", "-c", "user.email=city@example.org")
    subprocess.run(["git", "-C", str(city), *identity, *command], check=True)


def test_the_check_names_both_and_the_one_to_reallocate(merged: Path) -> None:
    with pytest.raises(InvalidInventoryError) as caught:
        load(merged)
    (problem,) = caught.value.problems
    assert f"{problem.place}  {problem.path}: {problem.message}" == (
        "city/allocations.yml:42:12  sites.dispora: dinsos and dispora both hold office 10.64.1.128/26,"
        " link 10.254.0.44/31, loopback 10.255.0.16, AS 4200000007, port 3 of POP murhum."
        ' Reallocate dispora: run "baubau inventory allocate --resolve".'
    )


@pytest.mark.parametrize(
    ("applied", "moved", "keeper"),
    [
        (set(), "dispora", "dinsos"),
        ({"ce-dinsos"}, "dispora", "dinsos"),
        ({"ce-dispora"}, "dinsos", "dispora"),
    ],
)
def test_the_one_never_applied_moves(merged: Path, applied: set[str], moved: str, keeper: str) -> None:
    before = (merged / "allocations.yml").read_text()
    (planned,) = resolve(merged, applied.__contains__, dry_run=True)
    assert (merged / "allocations.yml").read_text() == before
    (move,) = resolve(merged, applied.__contains__)
    assert move == planned
    assert (move.entry, move.keeper) == (f"sites/{moved}", f"sites/{keeper}")
    after = load(merged)
    assert after.proposed == frozenset()
    assert after.numbers.sites[moved].asn == 4200000008
    assert after.numbers.sites[keeper].asn == 4200000007
    text = (merged / "allocations.yml").read_text()
    assert set(before.splitlines()) - set(text.splitlines()) == {f"  {moved}: {move.before}"}
    assert set(text.splitlines()) - set(before.splitlines()) == {f"  {moved}: {move.after}"}
    assert resolve(merged, applied.__contains__) == ()


def test_both_applied_is_refused(merged: Path) -> None:
    before = (merged / "allocations.yml").read_text()
    with pytest.raises(InputError) as caught:
        resolve(merged, {"ce-dinsos", "ce-dispora"}.__contains__)
    assert str(caught.value).startswith("Both of these are in use with the same number: dinsos and dispora (")
    assert caught.value.exit_code == 2
    assert (merged / "allocations.yml").read_text() == before


def test_a_link_counts_as_applied_when_both_ends_are(city: Path) -> None:
    text = (city / "allocations.yml").read_text()
    twice = text.replace("core-1--core-2-b: 10.254.0.2/31", "core-1--core-2-b: 10.254.0.0/31")
    (city / "allocations.yml").write_text(twice)
    with pytest.raises(InputError):
        resolve(city, {"core-1", "core-2"}.__contains__)
    (move,) = resolve(city, {"core-1"}.__contains__)
    assert (move.entry, move.after) == ("links/core-1--core-2-b", "10.254.0.2/31")
    assert (city / "allocations.yml").read_text() == text


def test_command_line_asks_the_journal(merged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(state_dir("lab:default") / "journal.jsonl")
    journal.append("device", target="ce-dispora", result="confirmed")
    journal.append("device", target="ce-dinsos", result="rolled back")
    arguments = ["inventory", "allocate", "--resolve", "--inventory", str(merged)]
    assert app.run([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("1 would be moved. Nothing was written.\n")
    assert app.run(arguments) == 0
    assert capsys.readouterr().out.endswith("  sites/dispora keeps its numbers.\n1 moved.\n")
    assert load(merged).numbers.sites["dispora"].asn == 4200000007
