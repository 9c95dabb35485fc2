"""Lines taken off real routers: each kind of check notices its own, and the routers are as before in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baubau_ops.network.change.apply import Application
from baubau_ops.network.coverage.measure import chosen, run
from baubau_ops.network.coverage.result import Coverage, Notice
from baubau_ops.network.coverage.trial import open_bench
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.platforms.frr.lines.classes import removals
from baubau_ops.network.verify.network import verify_network

if TYPE_CHECKING:
    from twin_city import City

NOTICED_BY = {
    "neighbor * password *": Notice.VERIFY,
    "ip ospf hello-interval *": Notice.VERIFY,
    "qdisc add * handle 30: bfifo *": Notice.VERIFY,
    "net.ipv4.conf.all.arp_ignore = *": Notice.VERIFY,
    "iifname * fib saddr . iif oif missing *": Notice.PROBE,
    "timers throttle lsa *": Notice.VERIFY,
    "zebra work-queue *": Notice.PLAN,
}


@pytest.fixture(scope="module")
def coverage(city: City, tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    everything = removals(derive(city.inventory))
    wanted = [chosen(everything, pattern)[0] for pattern in NOTICED_BY]
    file: Path = tmp_path_factory.mktemp("coverage") / "coverage.jsonl"
    with open_bench(city.inventory, city.environment) as bench:
        return run(wanted, bench, file)


def test_each_class_is_noticed_by_the_check_made_for_it(coverage: Coverage) -> None:
    told = {one.example: (one.notice, one.by) for one in coverage.tested}
    assert [notice for notice, _ in told.values()] == list(NOTICED_BY.values()), told


def test_the_routers_run_their_intended_texts_again(city: City, coverage: Coverage) -> None:
    assert not coverage.missing
    assert verify_network(city.inventory, city.environment).verdict.fine
    plan = Application(city.inventory, city.environment).run(lambda _plan: None).plan
    assert not plan.changes
