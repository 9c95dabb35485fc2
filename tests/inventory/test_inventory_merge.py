"""Two branches add an office each and are merged by git itself: one command settles what they both took."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from baubau_ops.cli import app
from baubau_ops.core.errors import InvalidInventoryError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.edit.site import NewSite, add_site
from baubau_ops.inventory.generate.city import generate
from baubau_ops.inventory.load import load


def git(folder: Path, *arguments: str) -> int:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=False, capture_output=True
    ).returncode


def office(name: str, pop: str) -> NewSite:
    return NewSite(
        id=name,
        name=name,
        kind="agency",
        pop=pop,
        media="fibre",
        committed="1M",
        peak="2M",
        segments=("office",),
    )


def merge_two_branches(folder: Path, ours: NewSite, theirs: NewSite, *options: str) -> int:
    """Add a site on each of two branches and merge them; return what `git merge` returned."""
    assert git(folder, "init", "-q", "-b", "main") == 0
    assert git(folder, "add", ".") == 0
    assert git(folder, "commit", "-qm", "city") == 0
    assert git(folder, "checkout", "-qb", "theirs") == 0
    for branch, new in (("theirs", theirs), ("main", ours)):
        assert git(folder, "checkout", "-q", branch) == 0
        add_site(folder, new)
        assert git(folder, "add", ".") == 0
        assert git(folder, "commit", "-qm", new.id) == 0
    return git(folder, *options, "merge", "-q", "--no-edit", "theirs")


def numbers(inventory: Inventory, sites: set[str]) -> dict[str, object]:
    return {name: inventory.numbers.sites[name] for name in sites}


def settle(folder: Path) -> None:
    assert app.run(["inventory", "allocate", "--resolve", "--inventory", str(folder)]) == 0


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_branches_that_wrote_the_same_place_of_the_lock(
    style: str, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load(city)
    ours, theirs = office("dinsos", "murhum"), office("dispora", "murhum")
    assert merge_two_branches(city, ours, theirs, "-c", f"merge.conflictStyle={style}") == 1
    with pytest.raises(InvalidInventoryError) as caught:
        load(city)
    (problem,) = caught.value.problems
    assert f"{problem.place}  {problem.message}" == (
        "city/allocations.yml:41:1  a merge conflict is not resolved here."
        ' To keep both sides: run "baubau inventory allocate --resolve".'
    )
    settle(city)
    assert capsys.readouterr().out.startswith("Both sides of the merge are kept.\n- sites/dispora  {asn: ")
    after = load(city)
    assert after.proposed == frozenset()
    assert after.numbers.sites["dinsos"].asn == 4200000007
    assert after.numbers.sites["dispora"].asn == 4200000008
    assert numbers(after, set(before.sites)) == numbers(before, set(before.sites))


def test_branches_that_wrote_different_places_of_the_lock(city: Path) -> None:
    assert merge_two_branches(city, office("aa", "murhum"), office("zz", "murhum")) == 0
    with pytest.raises(InvalidInventoryError, match="1 error"):
        load(city)
    settle(city)
    assert load(city).proposed == frozenset()
    assert git(city, "diff", "--quiet", "HEAD", "--", "sites") == 0


def test_one_branch_changed_what_the_other_did_not(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two offices next to each other in the lock that have no number in common."""
    text = (city / "allocations.yml").read_text()
    other = text.replace("  lapangan-merdeka:", "<<<<<<< ours\n  lapangan-merdeka:").replace(
        "  puskesmas-wajo:", "=======\n  puskesmas-wajo:"
    )
    (city / "allocations.yml").write_text(other.replace("  rsud:", ">>>>>>> theirs\n  rsud:"))
    settle(city)
    assert capsys.readouterr().out == "Both sides of the merge are kept.\nNo number is taken twice.\n"
    assert (city / "allocations.yml").read_text() == text


@given(
    seed=st.integers(0, 999),
    names=st.lists(st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True), min_size=2, max_size=2, unique=True),
    places=st.tuples(st.integers(0), st.integers(0)),
)
@settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_two_sites_of_any_city(
    seed: int, names: list[str], places: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("merge") / "city"
    before = generate(folder, sites=1 + seed % 80, seed=seed)
    city = folder / "city.yml"
    city.write_text(re.sub(r"total: [0-9]+", "total: 999", city.read_text()))  # else the city has no more
    pops = sorted(before.backbone.pops)
    ours, theirs = (office(f"{name}-x", pops[at % len(pops)]) for name, at in zip(names, places, strict=True))
    merge_two_branches(folder, ours, theirs)
    with pytest.raises(InvalidInventoryError):  # both took the lowest free AS number
        load(folder)
    settle(folder)
    after = load(folder)
    assert after.proposed == frozenset()
    assert set(after.sites) == {*before.sites, ours.id, theirs.id}
    assert numbers(after, set(before.sites)) == numbers(before, set(before.sites))
