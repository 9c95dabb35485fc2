"""What all tests share: which need the twin or take long, in what order and beside what they run, --update-goldens."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.lab.host import machine

TESTS = Path(__file__).parent
TWIN = (TESTS / "twin", TESTS / "napalm_frr" / "live")
LONG = (TESTS / "bench",)
SECOND_CITY = frozenset(
    {
        "test_city_twin",
        "test_failing_twin",
        "test_multihomed",
        "test_network_texts",
        "test_outside",
        "test_verify_twin",
    }
)
"""Side by side, the small city's tests go to two twins: most of them wait for something to settle."""


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
    is_side_by_side = bool(items) and hasattr(items[0].config, "workerinput")
    items.sort(key=_rank if is_side_by_side else _needs_twin)  # stable: all else stays in its order


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out tests side by side: what shares a twin goes to one process, all else by file.

    `--dist=loadgroup` would do it by marks, but with pytest 9.2 xdist 3.8 does not group at all, without a word:
    it renames the tests by a field that pytest no longer reads.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByTwin(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(Path(nodeid.partition("::")[0]))

    return ByTwin(config, log)


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


def _group(path: Path) -> str:
    """What must run in one process: the tests of one twin, or those of one file."""
    if path.parent.name == "live":
        return "live"
    if path.parent.name != "twin" or path.stem in ("test_link_twin",):
        return path.stem
    if path.stem.startswith("test_lab_"):
        return "tiny"
    return "second city" if path.stem in SECOND_CITY else "city"


def _rank(item: pytest.Item) -> int:
    """What takes longest comes first."""
    return 2 if not _needs_twin(item) else 0 if _group(item.path).endswith("city") else 1


def _needs_twin(item: pytest.Item) -> bool:
    return item.get_closest_marker("twin") is not None


@pytest.fixture(autouse=True)
def own_state(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests without the twin out of the user's state and settings."""
    if request.node.get_closest_marker("twin") is None:
        monkeypatch.setenv("BAUBAU_STATE", str(request.getfixturevalue("tmp_path") / "baubau-state"))
        for name in ("BAUBAU_ENV", "NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
