from __future__ import annotations

import json

import pytest

from baubau_ops.cli import app as cli
from baubau_ops.lab.host.machine import Finding, State

GOOD = Finding("veth", State.present, "tried")
OPTIONAL = Finding(
    "vlan", State.missing, "no such type", needed=False, cost="nothing", remedy="modprobe 8021q"
)
BAD = Finding("nft", State.missing, "not installed", cost="the twin", remedy="apt-get install nftables")


def _found(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr("baubau_ops.lab.host.machine.look", lambda: findings)


def test_a_machine_with_all_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _found(monkeypatch, GOOD, OPTIONAL)
    assert cli.run(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "feature           found",
        "veth     present  tried",
        "vlan     missing  no such type",
        "",
        "missing  cost     remedy",
        "vlan     nothing  modprobe 8021q",
        "",
        "Everything the twin needs is present.",
    ]


def test_a_machine_that_lacks_something_exits_2_and_says_what_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _found(monkeypatch, GOOD, BAD)
    assert cli.run(["doctor"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert "nft      the twin  apt-get install nftables" in lines
    assert lines[-1] == "The twin lacks: nft. Everything else runs without it."


def test_the_same_facts_for_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _found(monkeypatch, BAD)
    assert cli.run(["doctor", "--output", "json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "ready": False,
        "findings": [
            {
                "name": "nft",
                "state": "missing",
                "detail": "not installed",
                "needed": True,
                "installable": False,
                "cost": "the twin",
                "remedy": "apt-get install nftables",
            }
        ],
    }
