"""Small cities that nobody would build, in memory: any graph, any costs, any shared risks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.services import Service
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.load import load

SMALL = load(Path(__file__).parents[2] / "examples" / "small")
POPS = ("aa", "bb", "cc", "dd", "ee")
RISKS = ("one", "two")


@st.composite
def cities(draw: st.DrawFn) -> Files:
    pops = POPS[: draw(st.integers(1, 5))]
    width = draw(st.sampled_from([1, 4]))  # with 4 most promises fit
    risks = st.lists(st.sampled_from(RISKS), unique=True, max_size=2).map(tuple) | st.just(())
    ends = st.sampled_from(("core-1", "core-2", *pops))
    spans = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "a": ends,
                    "b": ends,
                    "km": st.just(1.0),
                    "capacity": st.sampled_from([f"{10 * width}M", f"{30 * width}M"]),
                    "cost": st.integers(1, 3),
                    "srlg": risks,
                }
            ).filter(lambda span: span["a"] != span["b"]),
            min_size=1,
            max_size=9,
        )
    )
    cores = st.sampled_from(["core-1", "core-2"])
    isps = {
        f"isp-{number}": _uplink(number, width, draw(cores), draw(st.sampled_from([100, 200])), draw(risks))
        for number in range(1, 1 + draw(st.integers(0, 3)))
    }
    backbone = {
        "cores": {
            "core-1": {"nat": "198.51.100.0/25", "srlg": draw(risks)},
            "core-2": {"nat": "198.51.100.128/25", "srlg": draw(risks)},
        },
        "pops": {pop: {"kecamatan": "wolio", "srlg": draw(risks)} for pop in pops},
        "spans": [*_few_parallel(spans)],
        "isps": isps,
        "province": {
            "name": "P",
            "asn": 64502,
            "core": draw(cores),
            "prefixes": [],
            "capacity": "1G",
            "srlg": draw(risks),
        },
        "risks": {name: {"name": name, "kind": "duct"} for name in RISKS},
    }
    datacenter = {
        "firewalls": ["dc-1", "dc-2"],
        "capacity": f"{50 * width}M",
        "srlg": {part: draw(risks) for part in ("dc-1", "dc-2", "hosts")},
        "segments": {"services": {"name": "S"}},
    }
    sites = {f"s{number}": _site(draw, pops, risks) for number in range(draw(st.integers(1, 6)))}
    reach = [{"from": "office", "to": "province", "why": "-"}] if draw(st.booleans()) else []
    return Files(
        SMALL.city,
        Backbone.model_validate(backbone),
        Datacenter.model_validate(datacenter),
        {name: Service.model_validate(data) for name, data in _services(draw, list(sites)).items()},
        Policy.model_validate({"reach": reach}),
        {name: Site.model_validate(data) for name, data in sites.items()},
    )


def _uplink(number: int, width: int, core: str, preference: int, risks: tuple[str, ...]) -> dict[str, Any]:
    address, peer = f"192.0.2.{2 * number + 1}/31", f"192.0.2.{2 * number}"
    return {
        "name": "I",
        "asn": 64500 + number,
        "core": core,
        "address": address,
        "peer": peer,
        "capacity": f"{50 * width}M",
        "preference": preference,
        "srlg": risks,
    }


def _few_parallel(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most three spans between two ends."""
    kept: list[dict[str, Any]] = []
    for span in spans:
        same = [other for other in kept if {other["a"], other["b"]} == {span["a"], span["b"]}]
        if len(same) < 3:
            kept.append(span)
    return kept


def _site(draw: st.DrawFn, pops: tuple[str, ...], risks: st.SearchStrategy[Any]) -> dict[str, Any]:
    lines = draw(st.lists(st.sampled_from(pops), unique=True, min_size=1, max_size=2))
    links = [
        {
            "pop": pop,
            "media": "fibre",
            "committed": {"down": draw(st.sampled_from(["10M", "12M"])), "up": "7M"},
            "peak": "50M",
            "status": "built",
            "role": "backup" if number else "primary",
            "srlg": draw(risks),
        }
        for number, pop in enumerate(lines)
    ]
    segments = [draw(st.sampled_from(["office", "wifi"]))]
    site = {"name": "X", "kind": "agency", "kecamatan": "wolio", "segments": segments, "srlg": draw(risks)}
    return {**site, "link": links[0]} if len(links) == 1 else {**site, "links": links}


def _services(draw: st.DrawFn, sites: list[str]) -> dict[str, dict[str, Any]]:
    plain = {"name": "S", "owner": "O", "rto": "5m", "segment": "services", "ports": ["53/udp"]}
    needing = draw(st.sampled_from(sites))
    return {
        "dns": {**plain, "tier": 1},
        "simkes": {**plain, "tier": 2, "sites": [needing]},
        "e-retribusi": {**plain, "tier": 1, "depends": ["simkes", "dns"]},
        "arsip": {**plain, "tier": 3, "depends": ["dns"]},
    }
