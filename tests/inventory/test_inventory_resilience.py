"""What is lost with what: agreement with trying everything, and the small city's own answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from naive_resilience import City, losses
from random_city import cities

from baubau_ops.inventory.checks import admission
from baubau_ops.inventory.city.inventory import Files, Inventory
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.resilience.impacts import Impact, Resilience, Severity, resilience
from baubau_ops.inventory.resilience.losses import backbone_losses
from baubau_ops.inventory.resilience.traffic import Traffic

thorough = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module")
def found(small: Inventory) -> Resilience:
    return resilience(small)


def by_id(found: Resilience) -> dict[str, Impact]:
    return {impact.loss.id: impact for impact in (*found.backbone, *found.sites)}


def lost_by_site(impact: Impact) -> dict[str, set[str]]:
    return {site: set(map(str, cut.functions)) for cut in impact.cuts for site in cut.sites}


@thorough
@given(cities())
def test_who_is_cut_off_by_each_loss_and_from_what(files: Files) -> None:
    before = City(files, set())
    impacts = by_id(resilience(files))
    tried = {**losses(files)}
    for site, data in files.sites.items():
        tried |= {f"pop-{link.pop}--ce-{site}": {f"pop-{link.pop}--ce-{site}"} for link in data.links}
        tried[f"ce-{site}"] = {f"ce-{site}"}
    assert impacts.keys() == tried.keys()
    for name, lost in tried.items():
        after = City(files, lost)
        expected = {site: before.of_site(site) - after.of_site(site) for site in files.sites}
        assert lost_by_site(impacts[name]) == {site: each for site, each in expected.items() if each}, name


@thorough
@given(cities())
def test_load_on_every_link_with_each_loss(files: Files) -> None:
    traffic = Traffic(files)
    tried = losses(files)

    def named(load: dict[int, float]) -> dict[tuple[str, str], float]:
        arcs = {
            (traffic.graph.edges[arc >> 1].id, traffic.graph.head(arc)): rate for arc, rate in load.items()
        }
        return {arc: pytest.approx(rate, abs=1) for arc, rate in arcs.items() if rate > 1}

    def plain(load: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
        return {arc: rate for arc, rate in load.items() if rate > 1}

    assert plain(City(files, set()).load()) == named(dict(traffic.load))
    for loss in backbone_losses(files, traffic.graph):
        after = {**traffic.load, **traffic.moved(traffic.changed(loss.elements))}
        naive = City(files, tried[loss.id]).load()
        assert plain(naive) == named(after), loss.id


@thorough
@given(cities())
def test_most_on_every_link_over_all_losses(files: Files) -> None:
    """What is admitted must fit this: whole, after each loss in the backbone, after each line's."""
    tried = list(losses(files).values())
    for site, data in files.sites.items():
        line = City(files, set()).line(site)
        if len(data.links) > 1 and line is not None:
            tried.append({f"pop-{data.links[line].pop}--ce-{site}"})
    most: dict[tuple[str, str], float] = defaultdict(float)
    for lost in (set(), *tried):
        for arc, rate in City(files, lost).load().items():
            most[arc] = max(rate, most[arc])
    traffic = Traffic(files)
    told = {
        (traffic.graph.edges[arc >> 1].id, traffic.graph.head(arc)): peak.load
        for arc, peak in admission.peaks(traffic).items()
        if peak.load > 1
    }
    assert told == {arc: pytest.approx(rate, abs=1) for arc, rate in most.items() if rate > 1}


@thorough
@given(cities())
def test_what_is_refused_is_the_most_over_all_losses(files: Files) -> None:
    traffic = Traffic(files)
    worst: dict[tuple[str, DocumentPath], float] = defaultdict(float)
    for arc, peak in admission.peaks(traffic).items():
        edge = traffic.graph.edges[arc >> 1]
        if traffic.overload(arc, peak.load).is_refused:
            worst[edge.file, edge.path] = max(worst[edge.file, edge.path], peak.load)
    found = {(one.file, one.path): one.message for one in admission.findings(files)}
    assert found.keys() == worst.keys()
    for place, load in worst.items():
        assert f": {admission.told(load)} committed towards " in found[place]


@settings(thorough, max_examples=10)
@given(cities())
def test_who_has_one_way_left(files: Files) -> None:
    names = [*files.backbone.pops, *(site for site, data in files.sites.items() if len(data.links) > 1)]
    before = City(files, set())
    redundant = {name for name in names if before.is_redundant(name)}
    impacts = by_id(resilience(files))
    for loss, lost in losses(files).items():
        after = City(files, lost)
        left = {
            name
            for name in redundant
            if not after.is_redundant(name)
            and (after.of_site(name) if name in files.sites else after.of_pop(name))
        }
        assert set(impacts[loss].exposed) == left, loss


@settings(thorough, max_examples=8)
@given(cities())
def test_which_pairs_cut_off_whom_neither_does_alone(files: Files) -> None:
    tried = losses(files)
    found = resilience(files).doubles
    alone = {
        name: {site: City(files, lost).of_site(site) for site in files.sites} for name, lost in tried.items()
    }
    before = {site: City(files, set()).of_site(site) for site in files.sites}
    cutting: dict[frozenset[str], int] = defaultdict(int)
    for one, other in combinations(tried, 2):
        both = City(files, tried[one] | tried[other])
        for site, reached in before.items():
            if (reached & alone[one][site] & alone[other][site]) - both.of_site(site):
                cutting[frozenset((one, other))] += 1
    assert found.pairs == len(tried) * (len(tried) - 1) // 2
    assert found.cutting == len(cutting)
    worst = [double.sites for double in found.worst]
    assert worst == sorted(cutting.values(), reverse=True)[:10]
    for double in found.worst:
        assert cutting[frozenset((double.first.id, double.second.id))] == double.sites


@thorough
@given(cities())
def test_services_that_are_lost(files: Files) -> None:
    before, impacts = City(files, set()), by_id(resilience(files))
    (needed,) = files.services["simkes"].sites
    reaching = {site for site in files.sites if "dns" in before.of_site(site)}
    for name, lost in losses(files).items():
        after = City(files, lost)
        gone = "datacenter" in before.of_site(needed) - after.of_site(needed)
        expected = {"simkes", "e-retribusi"} if gone else set()
        if reaching and not any("dns" in after.of_site(site) for site in reaching):
            expected = set(files.services)
        assert set(impacts[name].services) == expected, name


def test_small_city_hangs_on_its_pops_and_the_province_on_one_core(found: Resilience) -> None:
    impacts = by_id(found)
    core = impacts["core-1"]
    assert [(list(map(str, cut.functions)), len(cut.sites)) for cut in core.cuts] == [(["province"], 6)]
    assert list(map(str, core.last)) == ["reflector", "isp"]
    assert core.exposed == ("batupoaro", "betoambari", "murhum", "rsud", "wolio")
    assert not impacts["core-2"].cuts
    assert impacts["pop-murhum"].cuts[0].sites == ("bappeda", "puskesmas-wajo")
    assert not impacts["pop-betoambari--ce-rsud"].cuts, "RSUD has two lines"
    assert impacts["pop-betoambari--ce-rsud"].exposed == ("rsud",)
    assert impacts["pop-betoambari"].cuts[0].sites == ("smpn-14",)
    assert impacts["duct-wolio"].exposed == core.exposed


def test_tiers_of_the_small_city(found: Resilience) -> None:
    verdict = {tier.tier: tier for tier in found.tiers}
    assert not verdict[1].points
    assert verdict[1].is_allowed
    assert found.is_allowed
    losing = {impact.loss.id for impact in verdict[2].points}
    assert {"pop-wolio", "ce-dinkes", "ce-rsud", "pop-wolio--ce-dinkes"} <= losing, (
        "simkes needs Dinkes, RSUD"
    )


def test_tier_1_is_not_allowed_a_single_point(small: Inventory) -> None:
    risks = {"gedung": small.backbone.risks["duct-wolio"].model_copy(update={"kind": "building"})}
    datacenter = small.datacenter.model_copy(update={"srlg": {"dc-1": ("gedung",), "hosts": ("gedung",)}})
    backbone = small.backbone.model_copy(update={"risks": {**small.backbone.risks, **risks}})
    found = resilience(replace(small, backbone=backbone, datacenter=datacenter))
    assert not found.is_allowed
    (point,) = found.tiers[0].points
    assert point.loss.id == "gedung"
    assert point.services == tuple(sorted(small.services))
    assert point.severity is Severity.SERVICE


def test_how_much_a_loss_does_and_to_which_site(found: Resilience) -> None:
    impacts = {impact.loss.id: impact for impact in found.backbone}
    assert impacts["core-1"].severity is Severity.CUT
    assert impacts["core-2"].severity is Severity.EXPOSED
    assert impacts["core-1--core-2"].severity is Severity.NONE
    cutting = {
        site: {name for name, impact in impacts.items() if any(site in cut.sites for cut in impact.cuts)}
        for site in ("dinkes", "rsud")
    }
    assert cutting["dinkes"] == {"core-1", "core-1--prov", "prov", "pop-wolio"}
    assert cutting["rsud"] == {"core-1", "core-1--prov", "prov"}
