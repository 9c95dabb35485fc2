"""The city as data holds the facts of the city's plan, and what is assumed says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.rings import rings
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.load import load

CITY = Path(__file__).parents[2] / "inventory"


@pytest.fixture(scope="module")
def baubau() -> Inventory:
    """The check is clean, or this raises."""
    return load(CITY)


def of_kind(inventory: Inventory, kind: str) -> dict[str, Site]:
    return {name: site for name, site in inventory.sites.items() if site.kind == kind}


def test_every_number_is_locked(baubau: Inventory) -> None:
    assert baubau.proposed == frozenset()
    assert baubau.numbers == baubau.allocations


def test_the_backbone_has_the_shape_of_the_design(baubau: Inventory) -> None:
    backbone = baubau.backbone
    kecamatan = ["betoambari", "murhum", "batupoaro", "wolio", "kokalukuna", "sorawolio", "bungi", "lea-lea"]
    assert list(baubau.city.kecamatan) == kecamatan
    assert sorted(pop.kecamatan for pop in backbone.pops.values()) == sorted(kecamatan)
    (ring,) = rings(backbone)
    assert {ring.start, ring.end} == {"core-1", "core-2"}
    assert len(ring.pops) == 8
    assert Counter(span.role for span in backbone.spans) == {"ring": 9, "core": 2, "cross": 2}
    assert [isp.name for isp in backbone.isps.values()] == ["Telkomsel", "Indosat"]
    assert {isp.core for isp in backbone.isps.values()} == {"core-1", "core-2"}
    assert all(span.assumed for span in backbone.spans)


def test_there_are_31_agencies_on_good_lines_of_three_providers(baubau: Inventory) -> None:
    agencies = of_kind(baubau, "agency")
    assert len(agencies) == baubau.city.kinds["agency"].total == 31
    today = [site.today for site in agencies.values() if site.today is not None]
    assert len(today) == 31
    assert {line.quality for line in today} == {"good"}
    assert {line.provider for line in today} == {"telkomsel", "indosat", "indihome"}
    named = "setda dprd inspektorat diskominfo dinkes dishub disdik dispenda dpmptsp disperindag pupr dlh"
    named += " disparekraf perpustakaan bkpsdm lpse"
    assert set(named.split()) <= set(agencies)
    others = set(agencies) - set(named.split())
    assert len(others) == 15
    assert all("name" in agencies[name].assumed for name in others)


def test_there_are_17_puskesmas_and_one_is_poor(baubau: Inventory) -> None:
    puskesmas = of_kind(baubau, "puskesmas")
    assert len(puskesmas) == baubau.city.kinds["puskesmas"].total == 17
    poor = [name for name, site in puskesmas.items() if site.today and site.today.quality != "good"]
    assert poor == ["puskesmas-kampeonaho"]
    assert puskesmas["puskesmas-kampeonaho"].kecamatan == "bungi"
    assert "name" not in puskesmas["puskesmas-kampeonaho"].assumed
    assert all("name" in site.assumed for name, site in puskesmas.items() if name not in poor)
    assert len(of_kind(baubau, "hospital")) == 1


def test_the_ten_schools_of_the_plan_are_poor_or_unconnected(baubau: Inventory) -> None:
    schools = of_kind(baubau, "school")
    assert {site.name for site in schools.values()} == {
        "SD Negeri Kecil Kolagana",
        "SD Negeri Kecil Wamembe",
        "SMP Negeri 16 Baubau",
        "SMPS Darussalam",
        "SD Negeri 2 Wonco",
        "SD Negeri Wonco",
        "SMAS Darusalam",
        "SMKN 6 Baubau",
        "SMP Negeri 14 Baubau (Sulaa)",
        "SMP Negeri 19 Baubau",
    }
    assert {site.today.quality for site in schools.values() if site.today} == {"poor", "none"}
    assert all(site.today and "today" in site.assumed for site in schools.values())
    assert schools["smpn-14"].kecamatan == "betoambari"
    assert baubau.city.kinds["school"].assumed


def test_the_offices_of_kecamatan_and_kelurahan(baubau: Inventory) -> None:
    offices = of_kind(baubau, "kecamatan")
    assert sorted(site.kecamatan for site in offices.values()) == sorted(baubau.city.kecamatan)
    kelurahan = of_kind(baubau, "kelurahan")
    assert baubau.city.kinds["kelurahan"].total == 43
    found = {name.removeprefix("kelurahan-"): site for name, site in kelurahan.items()}
    assert found["palabusa"].kecamatan == "lea-lea"
    assert found["waborobo"].kecamatan == "betoambari"
    poor = {name for name, site in found.items() if site.today and site.today.quality != "good"}
    assert poor == {"palabusa", "waborobo"}
    own = {name for name, site in found.items() if site.today and site.today.provider == "diskominfo"}
    assert own == {"palabusa", "kantalai", "bugi"}


def test_the_public_spaces(baubau: Inventory) -> None:
    parks = of_kind(baubau, "park")
    links = {name: site.links[0] for name, site in parks.items()}
    built = {name for name, link in links.items() if link.status == "built"}
    assert built == {"lapangan-merdeka", "taman-segitiga"}
    assert set(parks) - built == {"pantai-kamali", "kotamara", "benteng-keraton", "stadion-betoambari"}
    for name in built:
        assert set(parks[name].segments) == {"cctv", "wifi"}
        assert links[name].peak.down == 300_000_000


def test_four_sites_have_two_links_at_different_pops(baubau: Inventory) -> None:
    two = {name: site for name, site in baubau.sites.items() if len(site.links) == 2}
    assert set(two) == {"rsud", "setda", "dinkes", "monitoring-wall"}
    for site in two.values():
        primary, backup = site.links
        assert (primary.role, backup.role) == ("primary", "backup")
        feeds = [set(baubau.backbone.pops[link.pop].srlg) for link in site.links]
        assert primary.pop != backup.pop
        assert not feeds[0] & feeds[1]


def test_most_sites_are_routers_of_their_own(baubau: Inventory) -> None:
    connected = [site for site in baubau.sites.values() if site.links]
    assert 80 <= len(baubau.sites) <= 85
    assert len(baubau.topology.ours) == 2 + 8 + 2 + len(connected) == 91


def test_every_intended_link_is_marked_as_assumed(baubau: Inventory) -> None:
    for name, site in baubau.sites.items():
        marked = [path for path in site.assumed if path.split(".")[0] in ("link", "links")]
        assert bool(marked) == bool(site.links), name


def test_services_keep_the_plans_promises(baubau: Inventory) -> None:
    services = baubau.services
    tier_one = "satu-data command-center e-retribusi pajak dns ntp identity logging monitoring backup"
    assert {services[name].tier for name in tier_one.split()} == {1}
    assert (services["simkes"].tier, services["simkes"].rto, services["simkes"].rpo) == (2, 3600, 900)
    assert {services[name].tier for name in ("smart-office", "e-kinerja", "absensi")} == {3}
    assert (services["pajak"].rto, services["pajak"].rpo) == (900, 0)
    assert (services["command-center"].rto, services["command-center"].rpo) == (300, 60)
    assert "api-gateway" in services["satu-data"].depends


def test_cameras_reach_the_command_center_only_and_wifi_the_internet_only(baubau: Inventory) -> None:
    reach = [(line.source, line.to) for line in baubau.policy.reach]
    assert [to for source, to in reach if source == "cctv"] == ["command-center"]
    assert [to for source, to in reach if source == "wifi"] == ["internet"]
    assert [source for source, to in reach if to == "mgmt"] == ["bastion"]
    assert not [pair for pair in reach if set(pair) <= set(baubau.city.zones)]


def test_the_plans_first_phase_is_70_per_cent_on_fibre(baubau: Inventory) -> None:
    first, second, third = baubau.city.phases
    assert [(phase.first, phase.last) for phase in (first, second, third)] == [
        (2025, 2028),
        (2029, 2032),
        (2033, 2035),
    ]
    (target,) = first.coverage
    assert set(target.kinds) == {"agency", "school", "puskesmas"}
    assert target.share == 70
