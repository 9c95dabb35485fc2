"""Twins for the tests: the small city, once for all, and tiny ones for what breaks things."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tiny import Tiny, taken_down, tiny
from twin_city import City

from baubau_ops.core import settings
from baubau_ops.core.plan import Status
from baubau_ops.flows import twin as flow
from baubau_ops.inventory.environment import Injector, Vantage
from baubau_ops.lab import twin as lab
from baubau_ops.lab.injector import LabInjector
from baubau_ops.network.change.apply import Application
from baubau_ops.network.verify.network import verify_network

TEST_TWIN = "test" + os.environ.get("PYTEST_XDIST_WORKER", "")
"""Each process that runs tests of the city has a twin of its own."""


@pytest.fixture(scope="session", autouse=True)
def twin_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The twins of the tests keep their state apart, but for one that the developer named."""
    with pytest.MonkeyPatch.context() as patch:
        if "BAUBAU_TEST_TWIN" not in os.environ:
            patch.setenv("BAUBAU_STATE", str(tmp_path_factory.mktemp("twins")))
        yield


@pytest.fixture(scope="session")
def twin(twin_state: None) -> Iterator[City]:  # noqa: ARG001
    """The twin of examples/small, booted from its day-0 texts; BAUBAU_TEST_TWIN=NAME keeps and reuses one."""
    kept = os.environ.get("BAUBAU_TEST_TWIN")
    name = kept or TEST_TWIN
    if not kept:
        lab.down(name)  # what a run that was killed left, maybe another checkout's
    inventory = flow.up(name, settings.root() / "examples" / "small")
    try:
        yield City(name, inventory)
    finally:
        if not kept:
            lab.down(name)


@pytest.fixture(scope="module")
def city(twin: City) -> City:
    """The same, configured and as intended."""
    report = Application(twin.inventory, twin.environment).run(lambda _plan: None)
    assert {outcome.status for outcome in report.outcomes} <= {Status.changed, Status.unchanged}, (
        report.outcomes
    )
    assert verify_network(twin.inventory, twin.environment, patience=60.0).findings == ()
    return twin


@pytest.fixture
def injector(city: City) -> Injector:
    assert city.environment.injector is not None
    return city.environment.injector


@pytest.fixture
def vantage(city: City) -> Vantage:
    assert city.environment.vantage is not None
    return city.environment.vantage


@pytest.fixture(scope="session")
def tiny_twin(twin_state: None) -> Iterator[Tiny]:  # noqa: ARG001
    """A tiny twin that is up, for all tests; one that changes it leaves it as it found it."""
    with taken_down("tiny") as made:
        made.up(tiny())
        yield made


@pytest.fixture
def changing(tiny_twin: Tiny) -> Iterator[Tiny]:
    """The tiny twin, for a test that changes its layout or cuts its wires."""
    yield tiny_twin
    tiny_twin.up(tiny())
    LabInjector(tiny_twin.name, tiny()).mend_all()
