"""A session's steps one by one, on a booted router: each in its order only, each to be taken back."""

from __future__ import annotations

import pytest
from live_router import Router, frr, full
from napalm.base.exceptions import CommitConfirmException, CommitError

from napalm_frr import FRRDriver
from napalm_frr.session import Session

CHANGED = full(frr=frr().replace("ip ospf cost 100", "ip ospf cost 77"))


@pytest.fixture
def session(base: FRRDriver) -> Session:
    """The session under a driver, with a candidate that changes one line."""
    base.device.load(CHANGED)
    return base.device


def test_what_is_armed_and_not_applied_changes_nothing_and_is_taken_back(
    router: Router, session: Session
) -> None:
    before = router.texts()
    assert session.arm(60, "test")
    pending = session.pending()
    assert pending is not None
    assert 50 < pending.remaining <= 60
    assert router.texts() == before
    session.revert()
    assert session.pending() is None
    assert router.texts() == before


def test_arm_then_apply_then_confirm(router: Router, session: Session) -> None:
    assert session.arm(60, "test")
    session.apply()
    assert "ip ospf cost 77" in router.texts()["running"]
    assert "ip ospf cost 77" not in router.texts()["startup"]
    session.confirm()
    assert "ip ospf cost 77" in router.texts()["startup"]
    assert session.pending() is None
    session.revert()
    assert "ip ospf cost 100" in router.texts()["startup"]


def test_no_step_is_taken_before_the_one_it_needs(session: Session) -> None:
    with pytest.raises(CommitError, match="nothing is armed"):
        session.apply()
    with pytest.raises(CommitConfirmException, match="no commit is pending"):
        session.confirm()
    assert session.arm(60, "test")
    with pytest.raises(CommitError, match="confirm it or roll it back first"):
        session.arm(60, "again")
    with pytest.raises(CommitConfirmException, match="is armed but was not applied"):
        session.confirm()
    session.revert()
    with pytest.raises(CommitError, match="nothing is armed"):
        session.apply()


def test_a_candidate_that_changes_nothing_is_not_armed(session: Session) -> None:
    session.load(full())
    assert session.diff() == ""
    assert not session.arm(60, "test")
    assert session.pending() is None


def test_what_the_device_took_back_itself_is_not_taken_back_again(router: Router, session: Session) -> None:
    """Its timer ran out between arm and apply."""
    before = router.texts()
    assert session.arm(2, "test")
    router.console("while [ -e /var/lib/napalm-frr/pending ]; do sleep 0.1; done")
    with pytest.raises(CommitError, match="the device had reverted it before"):
        session.apply()
    assert router.texts() == before
