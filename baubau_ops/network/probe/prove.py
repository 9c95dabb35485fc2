"""Proves the policy by packets: allowed pairs get through, denied pairs are dropped by the right router."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from baubau_ops.core.dscp import dscp_name
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.inventory.environment import Answer, Vantage
from baubau_ops.network.probe.denied import prove
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.report import Outcome, ProbeReport, Result
from baubau_ops.network.state.router_state import Readable, Unread

TIMEOUT = 1.0
"""Seconds for an answer to an allowed packet."""

_LIKELY = 2
"""Number of counters that a message names."""

Counters = Mapping[str, Readable[Mapping[str, int]]]
"""Drop counters by device (`deny_zone` → packets), or the reason why they could not be read."""
ReadCounters = Callable[[Iterable[str]], Counters]


def probe(
    pairs: Sequence[Pair], vantage: Vantage, counters: ReadCounters, *, on_event: OnEvent = ignore
) -> ProbeReport:
    """Try all pairs: first the allowed ones, which show which machines are alive, then the denied ones.

    Raises what `vantage` and `counters` raise.
    """
    began = time.monotonic()
    on_event(Event("start", "probe", total=len(pairs)))
    results: dict[Pair, Result] = {}

    def note(result: Result) -> None:
        results[result.pair] = result
        on_event(Event("progress", "probe", str(result.pair), done=len(results), total=len(pairs)))

    alive = _try_allowed(pairs, vantage, counters, note)
    prove([pair for pair in pairs if not pair.allowed], alive, vantage, counters, note)
    report = ProbeReport(
        tuple(results[pair] for pair in pairs), time.monotonic() - began, len(vantage.machines())
    )
    summary = f"{len(pairs)} pairs: {report.open} open, {report.closed} closed"
    on_event(Event("done" if report.fine else "failed", "probe", seconds=report.seconds, detail=summary))
    return report


def _try_allowed(
    pairs: Sequence[Pair], vantage: Vantage, counters: ReadCounters, note: Callable[[Result], None]
) -> frozenset[str]:
    """Try allowed pairs, which must be answered. Returns the machines that sent or answered an ordinary packet."""
    answers = exchange([pair for pair in pairs if pair.allowed], vantage)
    if failed := [pair for pair, answer in answers.items() if _complaint(pair, answer)]:
        # Once more, and read the counters: the first packets may have met a neighbour table that was still empty.
        routers = {device for pair in pairs for device in pair.dropped_by}
        before = counters(routers)
        answers |= exchange(failed, vantage)
        risen = _risen(before, counters(routers))
    alive: set[str] = set()
    for pair, answer in answers.items():
        complaint = _complaint(pair, answer)
        if answer.answered:
            note(Result(pair, Outcome.MISMARKED if complaint else Outcome.OPEN, complaint))
            alive |= pair.shows_alive
        else:
            note(Result(pair, Outcome.BLOCKED, complaint + _hint(risen, answer)))
    return frozenset(alive)


def _complaint(pair: Pair, answer: Answer) -> str:
    """Return what is wrong with an allowed pair's result: a sentence, or nothing."""
    if answer.answered:
        right, mark = pair.arrives_as, answer.dscp
        if right is None or mark == right:
            return ""
        return f"{pair} arrives marked {dscp_name(mark)} instead of {dscp_name(right)}."
    if answer.probe.expires_at:
        return f"{pair} is not reported to {'who answers' if answer.probe.back else 'the sender'}."
    return f"{pair} is allowed, but {'was refused' if answer.refused else 'got no answer'}."


def exchange(pairs: Sequence[Pair], vantage: Vantage) -> dict[Pair, Answer]:
    """Return the result of each pair, whatever it should be."""
    if not pairs:
        return {}
    answers = vantage.exchange([pair.probe for pair in pairs], timeout=TIMEOUT)
    return dict(zip(pairs, answers, strict=True))


def _risen(before: Counters, after: Counters) -> dict[str, int]:
    """Return how much each counter rose, by its name and router."""
    risen: dict[str, int] = {}
    for device, values in sorted(after.items()):
        earlier = before.get(device)
        if isinstance(values, Unread) or earlier is None or isinstance(earlier, Unread):
            continue
        rises = {name: value - earlier.get(name, 0) for name, value in values.items()}
        risen |= {f"{name} on {device}": rise for name, rise in sorted(rises.items()) if rise > 0}
    return risen


def _hint(risen: Mapping[str, int], answer: Answer) -> str:
    """Return a sentence about the counters that may have counted this probe, the likeliest first, or nothing.

    Each frame is counted once: a counter that rose by less did not count it; IPv6 noise has counters of its own.
    """
    family = answer.probe.target.version
    may = [
        (abs(rise - answer.sent), name)
        for name, rise in risen.items()
        if rise >= answer.sent > 0 and name.startswith("deny_ipv6") == (family == 6)
    ]
    likely = [f"{name} by {risen[name]}" for _, name in sorted(may)[:_LIKELY]]
    return f" Meanwhile these counters rose: {', '.join(likely)}." if likely else ""
