"""A router's port whose cable is gone: it stays while it is configured, as on a real router."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tiny import Tiny, tiny, with_branch

from baubau_ops.lab import twin
from baubau_ops.lab.injector import LabInjector

CONFIGURE = "ip addr add 10.254.0.2/31 dev ce2 && tc qdisc add dev ce2 root handle 1: htb default 30"
CLEAR = "ip addr flush dev ce2; tc qdisc del dev ce2 root; true"


@pytest.fixture
def grown(changing: Tiny) -> Iterator[Tiny]:
    """The tiny twin with one more site, the POP configured for it."""
    changing.up(with_branch(tiny()))
    changing.console("pop-wolio", CONFIGURE)
    yield changing
    changing.console("pop-wolio", CLEAR)


def ports(made: Tiny) -> str:
    return made.console("pop-wolio", "ip -br link")


def test_a_configured_port_outlives_its_cable_and_goes_when_it_is_cleared(grown: Tiny) -> None:
    before = grown.inits()["pop-wolio"]
    grown.up(tiny())
    assert not grown.carrier("pop-wolio", "ce2")
    assert "10.254.0.2/31" in grown.console("pop-wolio", "ip -br addr show ce2")
    assert "htb 1: root" in grown.console("pop-wolio", "tc qdisc show dev ce2")
    assert twin.status(grown.name).unplugged == ["pop-wolio:ce2"]
    grown.up(tiny())
    assert "ce2" in ports(grown)
    grown.console("pop-wolio", "ip addr flush dev ce2")
    grown.up(tiny())
    assert "ce2" in ports(grown)  # its queues are still there
    grown.console("pop-wolio", "tc qdisc del dev ce2 root")
    grown.up(tiny())
    assert "ce2" not in ports(grown)
    assert twin.status(grown.name).unplugged == []
    assert grown.inits()["pop-wolio"] == before


def test_a_port_without_a_cable_survives_its_routers_power_cycle(grown: Tiny) -> None:
    grown.up(tiny())
    injector = LabInjector(grown.name, tiny())
    injector.power_off("pop-wolio")
    injector.power_on("pop-wolio")
    assert "ce2" in ports(grown)
    assert not grown.carrier("pop-wolio", "ce2")
    grown.console("pop-wolio", CONFIGURE)  # as its text would
    injector.power_off("pop-wolio")
    grown.up(tiny())  # boots what has no power
    assert "ce2" in ports(grown)
    grown.up(tiny())  # its text did not name the port
    assert "ce2" not in ports(grown)


def test_a_site_that_returns_finds_its_port_as_it_was(grown: Tiny) -> None:
    grown.up(tiny())
    grown.up(with_branch(tiny()))
    assert grown.carrier("pop-wolio", "ce2")
    assert "10.254.0.2/31" in grown.console("pop-wolio", "ip -br addr show ce2")
    assert twin.status(grown.name).unplugged == []
    grown.console("pop-wolio", "ping -c 1 -W 5 10.254.0.3")


def test_mending_all_passes_over_wires_laid_since(grown: Tiny) -> None:
    assert LabInjector(grown.name, tiny()).mend_all() == []
