"""Policed ports: compares the kernel's policers on a POP with the rates of the site's link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from baubau_ops.network.compare.checks import Problem
from baubau_ops.network.model.filters import PopFilter, SitePort

Json: TypeAlias = Mapping[str, Any]

_CHAIN = "police_"
_BYTES = {"bytes": 1, "kbytes": 1024, "mbytes": 1024 * 1024}
_CALLS = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "dscp"}}, "right": "ef"}}
_REMARK = {"mangle": {"key": {"payload": {"protocol": "ip", "field": "dscp"}}, "value": "cs1"}}
_DROP = {"drop": None}


@dataclass(frozen=True, slots=True)
class Policer:
    """The limits of a port, bit/s at layer 3; None for a rate without limit."""

    peak: int | None
    """Packets above this rate are dropped."""
    committed: int | None
    """Packets above this rate are marked to be dropped first."""
    voice: int | None
    """Guaranteed rate of calls, which is also their limit."""


def policed_ports(forward: object) -> tuple[SitePort, ...]:
    """The policed ports of a router's filter."""
    return forward.sites if isinstance(forward, PopFilter) else ()


def read_policers(document: Json) -> dict[str, Policer]:
    """Find the policers in `nft -j list table inet baubau`, by port. ValueError for an unknown unit."""
    chains: dict[str, list[list[Json]]] = {}
    for entry in document["nftables"]:
        if "rule" in entry:
            chains.setdefault(entry["rule"]["chain"], []).append(entry["rule"]["expr"])
    return {name.removeprefix(_CHAIN): _policer(name, chains) for name in chains if name.startswith(_CHAIN)}


def _policer(name: str, chains: Mapping[str, list[list[Json]]]) -> Policer:
    rules = chains[name]
    calls = (part["goto"]["target"] for rule in rules if _CALLS in rule for part in rule if "goto" in part)
    return Policer(
        peak=_limit(rules, _DROP),
        committed=_limit(rules, _REMARK),
        voice=_limit(chains.get(next(calls, ""), []), _DROP),
    )


def _limit(rules: list[list[Json]], action: Json) -> int | None:
    """The rate above which an action applies to packets."""
    for rule in rules:
        first = rule[0].get("limit")
        if first and first.get("inv") and action in rule:
            if first["per"] != "second" or first["rate_unit"] not in _BYTES:
                raise ValueError(f"a limit by {first['rate_unit']}/{first['per']} is not known")
            return int(first["rate"]) * _BYTES[first["rate_unit"]] * 8
    return None


def check_policer(expected: SitePort, seen: Policer | None) -> Iterator[Problem]:
    """Differences at one port; nftables counts in whole bytes."""
    found = seen or Policer(None, None, None)
    for what, wanted, is_ in (
        ("peak", expected.peak, found.peak),
        ("committed", expected.committed, found.committed),
        ("voice", expected.voice, found.voice),
    ):
        if (wanted and wanted // 8 * 8) != is_:
            told = f"expected {what} {wanted or 'unlimited'}, is {is_ or 'unlimited'}"
            yield Problem(what, expected.port, f"Policing of {expected.port}: {told}.")
