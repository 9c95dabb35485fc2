from __future__ import annotations

import pytest

from baubau_ops.core.plan import Change, Effect, Outcome, Plan, Status, exit_code

ONE = Change("pop-murhum", "+ 1 port, 1 BGP session", Effect.hitless, "hitless", "+ interface ce7\n")
TWO = Change("ce-dinas-pariwisata", "new router", Effect.installs, "to be installed", "")


def test_equal_plans_have_equal_hashes_and_others_do_not() -> None:
    assert Plan.of([ONE, TWO]) == Plan.of(iter((ONE, TWO)))
    hashes = {Plan.of(changes).hash for changes in ([], [ONE], [TWO], [ONE, TWO], [TWO, ONE])}
    assert len(hashes) == 5
    assert all(len(each) == 64 for each in hashes)


def test_the_hash_of_a_plan_does_not_move_between_versions() -> None:
    expected = "cc79caf8bb6edbcb1f924917a8b5ca303cbc1f6345e561528f0fb264f7029c53"
    assert Plan.of([ONE, TWO]).hash == expected


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], 0),
        ([Status.unchanged, Status.changed], 0),
        ([Status.unreachable, Status.rolled_back, Status.failed], 1),
        ([Status.unreachable, Status.rolled_back, Status.changed], 4),
        ([Status.unreachable, Status.changed], 5),
        ([Status.not_run, Status.rolled_back], 4),
        ([Status.not_run, Status.changed], 1),
    ],
)
def test_several_outcomes_have_one_exit_code(statuses: list[Status], code: int) -> None:
    assert exit_code(Outcome(f"device-{n}", status, "") for n, status in enumerate(statuses)) == code
