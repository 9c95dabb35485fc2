"""Losses on the real small city: what is predicted is seen, and a wrong prediction is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twin_city import City

from baubau_ops.drills.trials import LossTrials, Trial
from baubau_ops.inventory.resilience.impacts import Impact, resilience


def tried(city: City, *impacts: Impact) -> list[Trial]:
    return list(LossTrials(city.inventory, city.environment, seed=2).run(impacts))


def predicted(city: City, loss: str) -> Impact:
    answer = resilience(city.inventory)
    return next(one for one in (*answer.backbone, *answer.sites) if one.loss.id == loss)


def test_what_is_predicted_is_seen_and_what_is_not_is_found(city: City) -> None:
    line, span = predicted(city, "pop-betoambari--ce-smpn-14"), predicted(city, "pop-murhum--pop-wolio")
    harmless = replace(line, cuts=())  # as if the school had another way
    right, wrong, cut = tried(city, line, harmless, span)
    for trial in (right, cut):
        assert trial.fine, [str(finding) for finding in trial.findings]
        assert trial.disagreeing == frozenset()
    assert right.silenced > 0
    assert right.report.closed > 0
    assert wrong.disagreeing == {"smpn-14"}
    said = {finding.message for finding in wrong.findings if finding.check == "resilience"}
    assert "ce-smpn-14 is predicted to be reachable, but it does not answer the bastion." in said


@pytest.mark.parametrize("router", ["dc-1", "core-1"])
def test_who_has_two_gateways_is_still_heard_without_the_first(city: City, router: str) -> None:
    (trial,) = tried(city, predicted(city, router))
    assert trial.fine, [str(finding) for finding in trial.findings]
