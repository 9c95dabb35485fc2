"""Synthetic cities: valid at every size, the same for the same seed, refused when they cannot be."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baubau_ops.core.errors import BaubauError, FailedError
from baubau_ops.core.events import Event
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.rings import rings
from baubau_ops.inventory.generate.backbone import RING_POPS
from baubau_ops.inventory.generate.city import city_texts, generate
from baubau_ops.inventory.generate.sites import POP_SITES
from baubau_ops.inventory.generate.space import SPACE, needed, pools
from baubau_ops.inventory.load import load


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.yml")}


def links_by_pop(city: Inventory) -> Counter[str]:
    return Counter(link.pop for site in city.sites.values() for link in site.links)


@pytest.mark.parametrize("sites", [1, 50, 65, 1000])
def test_a_generated_city_is_valid_and_locked(tmp_path: Path, sites: int) -> None:
    made = generate(tmp_path / "city", sites=sites, seed=3)
    read = load(tmp_path / "city")
    assert read.sites == made.sites
    assert len(read.sites) == sites
    assert read.proposed == frozenset()
    assert read.numbers == made.numbers
    assert read.file_count == made.file_count + 1


@settings(max_examples=25, deadline=None)
@given(sites=st.integers(1, 300), seed=st.integers())
def test_any_seed_gives_a_city_of_the_promised_shape(
    tmp_path_factory: pytest.TempPathFactory, sites: int, seed: int
) -> None:
    city = generate(tmp_path_factory.mktemp("city"), sites=sites, seed=seed)
    assert len(city.sites) == sites
    on_pops = links_by_pop(city)
    assert set(on_pops) == set(city.backbone.pops)
    assert max(on_pops.values()) <= POP_SITES
    assert all(site.kecamatan == site.links[0].pop for site in city.sites.values())
    assert all(len(ring.pops) <= RING_POPS and ring.start != ring.end for ring in rings(city.backbone))
    counts = Counter(site.kind for site in city.sites.values())
    assert all(count <= city.city.kinds[kind].total for kind, count in counts.items())


def test_many_sites_are_mixed_and_have_several_rings(tmp_path: Path) -> None:
    city = generate(tmp_path / "city", sites=1000, seed=1)
    sites = city.sites.values()
    assert {site.kind for site in sites} == set(city.city.kinds)
    assert {zone for site in sites for zone in site.segments} == set(city.city.zones)
    assert {link.media for site in sites for link in site.links} == {"fibre", "fibre-fast", "leased", "radio"}
    two = [site for site in sites if len(site.links) == 2]
    assert {site.kind for site in two} == {"agency", "hospital"}
    assert len(two) == 55
    assert all(site.links[0].pop != site.links[1].pop for site in two)
    assert [len(ring.pops) for ring in rings(city.backbone)] == [5, 6, 6]
    assert Counter(span.role for span in city.backbone.spans) == {"core": 2, "ring": 20, "cross": 5}


def test_a_seed_says_it_all(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        generate(tmp_path / name, sites=80, seed=seed)
    assert files(tmp_path / "one") == files(tmp_path / "same")
    assert files(tmp_path / "one") != files(tmp_path / "other")


def test_rings_carry_their_sites_through_one_end(tmp_path: Path) -> None:
    city = generate(tmp_path / "city", sites=1000, seed=1)
    committed = Counter[str]()
    for site in city.sites.values():
        for link in site.links:
            committed[link.pop] += max(link.committed.down, link.committed.up)
    least = min(span.capacity for span in city.backbone.spans)
    for ring in rings(city.backbone):
        assert sum(committed[pop] for pop in ring.pops) <= least


def test_there_is_room_for_more() -> None:
    for sites in (1, 1000, 1017, 20_000):
        space = pools(sites)
        for name, count in needed(sites).items():
            assert space[name].num_addresses * 8 >= count * 9


def test_pools_lie_in_their_space_and_apart() -> None:
    found = sorted(pools(30_000).values())
    assert all(prefix.subnet_of(SPACE) for prefix in found)
    assert not any(one.overlaps(two) for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        (0, "A city of 0 sites cannot be generated."),
        (-3, "A city of -3 sites cannot be generated."),
        (
            70_000,
            "70,000 sites need 27,396,352 addresses (loopback 131,072, link 262,144, service 256,"
            " datacenter 2,048, cctv 1,048,576, mgmt 262,144, office 8,388,608, voice 524,288, wifi 16,777,216);"
            " 10.0.0.0/8 has 16,777,216. At most 58,835 sites fit.",
        ),
    ],
)
def test_a_city_that_cannot_be(tmp_path: Path, sites: int, message: str) -> None:
    with pytest.raises(BaubauError) as caught:
        generate(tmp_path / "city", sites=sites, seed=1)
    assert caught.value.message == message
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_largest_city_is_told_exactly() -> None:
    assert sum(prefix.num_addresses for prefix in pools(58_835).values()) <= SPACE.num_addresses
    with pytest.raises(BaubauError, match="At most 58,835 sites fit"):
        pools(58_836)
    with pytest.raises(BaubauError, match="At most 58,835 sites fit"):
        pools(10**30)


def test_a_folder_in_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("city").mkdir()
    Path("city/notes.txt").write_text("mine")
    with pytest.raises(BaubauError) as caught:
        generate(Path("city"), sites=1, seed=1)
    assert (caught.value.message, caught.value.remedy) == (
        "city is not empty: 1 entry.",
        "Name a new folder.",
    )
    assert files(tmp_path) == {}
    with pytest.raises(BaubauError, match=r"^city/notes\.txt is not a folder\.$"):
        generate(Path("city/notes.txt"), sites=1, seed=1)


def test_an_empty_folder_or_a_new_one_below_new_ones_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/below"):
        generate(tmp_path / name, sites=1, seed=1)
        assert len(load(tmp_path / name).sites) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "new"]


def test_nothing_is_left_of_a_broken_off_write(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if event.what == "write" and event.kind == "done":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "city", sites=10, seed=1, on_event=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written() -> None:
    with pytest.raises(FailedError, match=r"^/proc/nobody/city cannot be written: No such file or directory"):
        generate(Path("/proc/nobody/city"), sites=1, seed=1)


def test_the_texts_name_their_origin() -> None:
    texts = city_texts(1, 9, {name: IPv4Network("10.0.0.0/9") for name in pools(1)})
    assert texts["city.yml"].startswith("# Made by `baubau inventory generate --sites 1 --seed 9`")
