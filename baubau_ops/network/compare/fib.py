"""The kernel's forwarding table: each prefix has the right next hops, and there are no other routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from baubau_ops.network.compare.checks import Checked, Problem, unread
from baubau_ops.network.expect.expectation import NextHop as ExpectedHop
from baubau_ops.network.expect.expectation import Route as Expected
from baubau_ops.network.expect.expectation import RouterExpectation
from baubau_ops.network.state.router_state import Network, NextHop, Route, RouterState, Unread


def fib(expected: RouterExpectation, state: RouterState) -> Iterator[Checked]:
    """One check per prefix, and one for unexpected prefixes."""
    if isinstance(state.fib, Unread):
        yield unread("fib", "The kernel's routes", state.fib, len(expected.fib) + 1)
        return
    used = _used(state.fib)
    for prefix, route in expected.fib.items():
        yield Checked("fib", tuple(_route(route, used.get(prefix))))
    right = [used.get(prefix) for prefix in expected.fib]
    others = [route for route in state.fib if route not in right]
    yield Checked("fib", tuple(_other(route) for route in others))


def _used(routes: Iterable[Route]) -> dict[Network, Route]:
    """For each prefix, the entry of the main table that the kernel uses: the one with the lowest metric."""
    used: dict[Network, Route] = {}
    for route in routes:
        best = used.get(route.prefix)
        if route.table == "main" and (best is None or route.metric < best.metric):
            used[route.prefix] = route
    return used


def _route(expected: Expected, seen: Route | None) -> Iterator[Problem]:
    prefix = str(expected.prefix)
    wanted = _way(expected.type, expected.next_hops)
    if seen is None:
        yield Problem("route", prefix, f"Route {prefix}: expected {wanted}, is not in the kernel.")
        return
    is_ = _way(seen.type, seen.next_hops)
    if is_ != wanted:
        yield Problem("route", prefix, f"Route {prefix}: expected {wanted}, is {is_}.")
    elif seen.protocol != expected.protocol:
        message = f"Route {prefix}: expected from {expected.protocol}, is from {seen.protocol}."
        yield Problem("protocol", prefix, message)


def _other(route: Route) -> Problem:
    place = "" if route.table == "main" else f" in table {route.table}"
    way = _way(route.type, route.next_hops)
    message = f"Route {route.prefix}{place} {way} ({route.protocol}) is not expected."
    return Problem("other", f"{route.prefix}{place}", message, "unexpected")


def _way(kind: str, hops: Iterable[NextHop | ExpectedHop]) -> str:
    ways = sorted(f"{hop.gateway} {hop.interface}" if hop.gateway else hop.interface for hop in hops)
    if kind != "unicast":
        return kind
    return f"via {' and '.join(ways)}" if ways else "without a usable next hop"
