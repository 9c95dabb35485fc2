"""What all tests share: which need the twin or take long, in what order and beside what they run, --update-goldens."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.core import machine

TESTS = Path(__file__).parent
TWIN = (TESTS / "twin", TESTS / "napalm_frr" / "live")
LONG = (TESTS / "bench",)
TWINS = ("twin", "tiny_twin", "lab")
"""Fixtures of a whole run: the twins that many tests share."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write tests/network/golden and docs/reference anew"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder; put what needs the twin last, or first where tests run side by side: it takes longest."""
    for item in items:
        if any(folder in item.path.parents for folder in TWIN):
            item.add_marker(pytest.mark.twin)
        if any(folder in item.path.parents for folder in LONG):
            item.add_marker(pytest.mark.long)
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    side_by_side = items and items[0].config.getoption("dist", "no") != "no"
    # Stable: all else stays in its order.
    items.sort(key=(lambda item: _group(item) != TWINS[0]) if side_by_side else _needs_twin)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Try the machine once, and only when a test that needs the twin is really to run."""
    on_twin = [item for item in session.items if _needs_twin(item)]
    if not on_twin or session.config.option.collectonly:
        return
    lacking = machine.lacking(machine.look(), after_install=True)
    if lacking:
        reason = "twin: not run (" + "; ".join(f"{each.name}: {each.detail}" for each in lacking) + ")"
        for item in on_twin:
            item.add_marker(pytest.mark.skip(reason=reason))


def _group(item: pytest.Item) -> str:
    """What must run in one process: the tests of one twin, or those of one file."""
    fixtures = getattr(item, "fixturenames", ())
    return next((twin for twin in TWINS if twin in fixtures), item.path.stem)


def _needs_twin(item: pytest.Item) -> bool:
    return item.get_closest_marker("twin") is not None


@pytest.fixture(autouse=True)
def own_state(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests without the twin out of the user's state and settings."""
    if request.node.get_closest_marker("twin") is None:
        monkeypatch.setenv("BAUBAU_STATE", str(request.getfixturevalue("tmp_path") / "baubau-state"))
        for name in ("BAUBAU_ENV", "NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
