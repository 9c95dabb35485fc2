"""Synthetic cities: every text is sound, by our checks and the platforms' parsers; a new site disturbs nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from baubau_ops.flows.link import changes
from baubau_ops.inventory.city.topology import INFRASTRUCTURE, Role
from baubau_ops.inventory.edit.site import NewSite, plan_addition
from baubau_ops.inventory.generate.city import generate
from baubau_ops.network.platforms.frr.lint.lint import lint
from baubau_ops.network.platforms.frr.lint.rules import own_checks
from baubau_ops.network.render.configurations import render

_PARSED_SITES = 20  # nft takes 60 ms for each text; sites of one kind differ in their addresses only


@pytest.mark.parametrize("sites", [1, 50, 1000])
def test_the_texts_of_a_generated_city_are_sound(tmp_path: Path, sites: int) -> None:
    city = generate(tmp_path / "city", sites=sites, seed=11)
    texts = render(city)
    assert len(texts) == len(city.topology.ours)
    for name, text in texts.items():
        assert list(own_checks(name, text)) == []
    some = {node.name for node in city.topology.with_role(Role.SITE)[:: max(1, sites // _PARSED_SITES)]}
    some |= {node.name for node in city.topology.with_role(*INFRASTRUCTURE)}
    problems = lint({name: texts[name] for name in sorted(some)})
    assert [str(problem) for problem in problems if problem.kind == "wrong"] == []
    missing = {problem.message for problem in problems}
    if missing:
        pytest.skip(f"not parsed here: {'; '.join(sorted(missing))}")


@given(
    sites=st.integers(1, 120),
    seed=st.integers(0, 999),
    name=st.from_regex(r"[a-z][a-z0-9]{0,8}-new", fullmatch=True),
    pops=st.lists(st.integers(0, 99), min_size=1, max_size=2),
    segments=st.lists(st.sampled_from(["office", "cctv", "wifi"]), min_size=1, unique=True),
)
@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_a_new_site_anywhere_in_the_alphabet_changes_only_its_own_router_and_its_pops(
    sites: int,
    seed: int,
    name: str,
    pops: list[int],
    segments: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("generated") / "city"
    known = sorted(generate(folder, sites=sites, seed=seed).backbone.pops)
    city = folder / "city.yml"
    city.write_text(re.sub(r"total: [0-9]+", "total: 999", city.read_text()))  # else the city has no more
    ends = list(dict.fromkeys(known[number % len(known)] for number in pops))
    new = NewSite(
        id=name,
        name="New",
        kind="agency",
        pop=ends[0],
        backup_pop=ends[1] if len(ends) == 2 else None,
        media="fibre",
        committed="1M",
        peak="2M",
        segments=tuple(segments),
    )
    edit = plan_addition(folder, new)
    before, after = render(edit.before), render(edit.after)
    changed = {device for device in after if before.get(device) != after[device]}
    assert changed == {f"ce-{name}", *(f"pop-{pop}" for pop in ends)}
    assert {change.target for change in changes(edit)} == changed
    assert before.keys() == after.keys() - {f"ce-{name}"}
    old = edit.before.numbers.sites
    assert {site: edit.after.numbers.sites[site] for site in old} == old
    assert edit.lock_lines == (1, 0)
