"""Policed ports: what nftables 1.0.6 printed of a POP against the rates of a site's link."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from baubau_ops.core.errors import FailedError
from baubau_ops.network.model.filters import PopFilter, SitePort
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render.sysctl import sysctl
from baubau_ops.network.platforms.frr.verify.kernel import check_kernel, parse, script
from baubau_ops.network.platforms.frr.verify.policing import Policer, check_policer, read_policers

SITE = SitePort("ce2", committed=50_000_000, peak=100_000_000, voice=4_000_000, sources=())
DSCP = {"payload": {"protocol": "ip", "field": "dscp"}}


def limit(rate: int, unit: str, *then: Any) -> list[Any]:
    burst = {"burst": 128, "burst_unit": "kbytes"}
    return [{"limit": {"rate": rate, "rate_unit": unit, "per": "second", "inv": True, **burst}}, *then]


DROP = ({"counter": "deny_police"}, {"drop": None})
CALLS = [{"match": {"op": "==", "left": DSCP, "right": "ef"}}, {"goto": {"target": "calls_ce2"}}]
PEAK = limit(12_500_000, "bytes", *DROP)
COMMITTED = limit(6_250_000, "bytes", {"mangle": {"key": DSCP, "value": "cs1"}})
VOICE = limit(500_000, "bytes", *DROP)


def printed(police: list[Any], calls: list[Any]) -> Any:
    rules = [("police_ce2", rule) for rule in police] + [("calls_ce2", rule) for rule in calls]
    return {
        "nftables": [
            {"metainfo": {"json_schema_version": 1}},
            {"chain": {"family": "inet", "table": "baubau", "name": "police_ce2"}},
            *({"rule": {"chain": chain, "expr": copy.deepcopy(expr)}} for chain, expr in rules),
        ]
    }


def problems(police: list[Any], calls: list[Any]) -> list[str]:
    seen = read_policers(printed(police, calls)).get("ce2")
    return [one.message for one in check_policer(SITE, seen)]


def test_rates_as_intended_pass() -> None:
    assert problems([CALLS, PEAK, COMMITTED, [{"accept": None}]], [VOICE, [{"accept": None}]]) == []
    kib = read_policers(printed([limit(1000, "kbytes", *DROP)], []))
    assert kib == {"ce2": Policer(1000 * 1024 * 8, None, None)}


@pytest.mark.parametrize(
    ("police", "calls", "message"),
    [
        ([CALLS, COMMITTED], [VOICE], "Policing of ce2: expected peak 100000000, is unlimited."),
        ([CALLS, PEAK], [VOICE], "Policing of ce2: expected committed 50000000, is unlimited."),
        ([PEAK, COMMITTED], [VOICE], "Policing of ce2: expected voice 4000000, is unlimited."),
        ([CALLS, PEAK, COMMITTED], [], "Policing of ce2: expected voice 4000000, is unlimited."),
        (
            [CALLS, limit(1, "mbytes", *DROP), COMMITTED],
            [VOICE],
            "Policing of ce2: expected peak 100000000, is 8388608.",
        ),
    ],
)
def test_each_limit_that_is_gone_or_another_is_told(
    police: list[Any], calls: list[Any], message: str
) -> None:
    assert problems(police, calls) == [message]


def test_a_port_without_any_policer_lacks_all_of_them() -> None:
    assert [one.message for one in check_policer(SITE, None)] == [
        "Policing of ce2: expected peak 100000000, is unlimited.",
        "Policing of ce2: expected committed 50000000, is unlimited.",
        "Policing of ce2: expected voice 4000000, is unlimited.",
    ]


def test_a_unit_that_is_not_known_is_no_limit_to_compare() -> None:
    with pytest.raises(ValueError, match="a limit by packets/second is not known"):
        read_policers(printed([limit(5, "packets", *DROP)], []))


def test_a_pop_is_asked_and_each_of_its_policed_ports_counts(devices: dict[str, Router]) -> None:
    pop = replace(devices["pop-wolio"], interfaces=(), shaped=(), helpers=None)
    assert isinstance(pop.filters.forward, PopFilter)
    pop = replace(pop, filters=replace(pop.filters, forward=replace(pop.filters.forward, sites=(SITE,))))
    assert "nft -j list table inet baubau" in script(pop)
    assert "nft" not in script(devices["ce-dinkes"])
    whole = printed([CALLS, PEAK, COMMITTED], [VOICE])
    told = "".join(f"/proc/sys/{key.replace('.', '/')}:{value}\n" for key, value in sysctl(pop).items())
    checks = len(sysctl(pop)) + 2
    found = check_kernel(pop, parse(f"{told}{json.dumps(whole)}\n# nexthops 0\n# end\n"))
    assert (found.checks, found.passed, found.findings) == (checks, checks, ())
    found = check_kernel(pop, parse(f"{told}# nexthops 0\n# end\n"))
    assert (found.checks, found.passed, len(found.findings)) == (checks, checks - 1, 3)
    found = check_kernel(pop, FailedError("no answer"))
    assert (found.checks, found.passed) == (checks, 0)
