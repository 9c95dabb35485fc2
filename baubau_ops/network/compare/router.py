"""Compares routers with what is expected of them. Pure: a platform reads the routers, `expect` provides the intent.

Nothing passes because it was skipped: unreadable data is a finding of its own kind, and so is anything unexpected.
"""

from __future__ import annotations

from collections.abc import Mapping

from baubau_ops.core.errors import BaubauError, FailedError
from baubau_ops.network.compare.bgp import bgp
from baubau_ops.network.compare.checks import Checked, Problem, verdict
from baubau_ops.network.compare.fib import fib
from baubau_ops.network.compare.igp import bfd, ospf
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.expect.expectation import Expectation, RouterExpectation
from baubau_ops.network.state.router_state import RouterState

_FACETS = (ospf, bfd, bgp, fib)


def check(expected: RouterExpectation, state: RouterState | BaubauError) -> Verdict:
    """Compare one router with the intent; an error in place of its state fails all its checks."""
    if isinstance(state, BaubauError):
        problem = Problem("", "", f"{expected.device} could not be checked: {state}", "could not check")
        return verdict(expected.device, [Checked("device", (problem,), count_checks(expected))])
    return verdict(expected.device, (done for facet in _FACETS for done in facet(expected, state)))


def compare(expected: Expectation, states: Mapping[str, RouterState | BaubauError]) -> Verdict:
    """Compare all routers with the intent; a router that was not read counts as not checked."""
    return Verdict.join(
        check(router, states.get(name, FailedError("it was not read")))
        for name, router in expected.routers.items()
    )


def count_checks(expected: RouterExpectation) -> int:
    """Number of checks that `check` makes."""
    return len(expected.ospf) + 4 + len(expected.bfd) + 1 + 3 * len(expected.bgp) + 2 + len(expected.fib) + 1
