"""Proves denied pairs. A missing answer proves nothing: the router that should drop the frames must count them.

All pairs of one counter are sent in one round and must raise it by exactly their number. If the sum differs, the
pairs are halved until the wrong ones are isolated: a network as intended takes one round, whatever its size.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from baubau_ops.inventory.environment import Answer, Vantage
from baubau_ops.network.probe.pair import Pair
from baubau_ops.network.probe.report import Outcome, Result
from baubau_ops.network.state.router_state import Readable, Unread

logger = logging.getLogger(__name__)

TIMEOUT = 0.4
"""Seconds for an answer. A later one is missed, but then the drop is missing, too. Below one second, after which TCP
retransmits: the frames sent are counted exactly."""

MAX_ROUNDS = 60
"""Rounds after which a remaining difference counts as not proven."""

_Group = tuple[frozenset[str], str]
"""The routers, any of which should drop the pair, and the counter's name."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pairs of one group that are sent in one round."""

    pairs: tuple[Pair, ...]
    again: bool = False
    """They were sent before without effect; a frame may be lost once, but not twice."""


def prove(
    pairs: Sequence[Pair],
    alive: AbstractSet[str],
    vantage: Vantage,
    counters: Callable[[Iterable[str]], Mapping[str, Readable[Mapping[str, int]]]],
    note: Callable[[Result], None],
) -> None:
    """Try denied pairs and note a result for each; `alive` are the machines known to send and answer."""
    queues: defaultdict[_Group, list[_Batch]] = defaultdict(list)
    for group, members in _groups(pairs).items():
        queues[group].append(_Batch(tuple(members)))
    rounds = 0
    while now := {group: queue.pop(0) for group, queue in queues.items() if queue}:
        rounds += 1
        if rounds > MAX_ROUNDS:
            left = [*now.values(), *(batch for queue in queues.values() for batch in queue)]
            for pair in (pair for batch in left for pair in batch.pairs):
                note(_unproven(pair, "the counters kept moving"))
            return
        devices = frozenset().union(*(routers for routers, _ in now))
        sent = [pair for batch in now.values() for pair in batch.pairs]
        before = counters(devices)
        answers = vantage.exchange([pair.probe for pair in sent], timeout=TIMEOUT)
        after = counters(devices)
        by_pair = dict(zip(sent, answers, strict=True))
        for group, batch in now.items():
            silent = list(_silent(batch, by_pair, note))
            rise = _rise(before, after, group)
            queues[group][:0] = _judge(group, batch, silent, rise, alive, note)
    logger.debug("%d denied pairs took %d rounds", len(pairs), rounds)


def _groups(pairs: Sequence[Pair]) -> dict[_Group, list[Pair]]:
    groups: defaultdict[_Group, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.dropped_by, pair.counter].append(pair)
    return groups


def _silent(
    batch: _Batch, answers: Mapping[Pair, Answer], note: Callable[[Result], None]
) -> Iterator[tuple[Pair, int]]:
    """Return the unanswered pairs with the frames sent; the others get their result at once."""
    for pair in batch.pairs:
        answer = answers[pair]
        if answer.answered:
            note(Result(pair, Outcome.LEAKS, f"{pair} is denied, but gets through."))
        elif answer.refused:
            note(Result(pair, Outcome.REFUSED, f"{pair} is denied, but was refused instead of dropped."))
        elif not answer.sent:
            note(_unproven(pair, "no frame could be sent"))
        else:
            yield pair, answer.sent


def _rise(
    before: Mapping[str, Readable[Mapping[str, int]]],
    after: Mapping[str, Readable[Mapping[str, int]]],
    group: _Group,
) -> Readable[int]:
    """Return how much the counter rose on the routers that could be read; Unread if none could."""
    routers, name = group
    rise, reasons = 0, []
    for device in sorted(routers):
        old, new = before.get(device, Unread("not read")), after.get(device, Unread("not read"))
        if isinstance(old, Unread):
            reasons.append(f"{device} could not be read: {old.reason}")
        elif isinstance(new, Unread):
            reasons.append(f"{device} could not be read: {new.reason}")
        elif name not in old or name not in new:
            reasons.append(f"{device} has no counter {name}")
        else:
            rise += new[name] - old[name]
    return Unread("; ".join(reasons)) if len(reasons) == len(routers) else rise


def _judge(
    group: _Group,
    batch: _Batch,
    silent: Sequence[tuple[Pair, int]],
    rise: Readable[int],
    alive: AbstractSet[str],
    note: Callable[[Result], None],
) -> list[_Batch]:
    """Note the results known now; return the pairs that must be sent again."""
    if not silent:
        return []
    pairs = tuple(pair for pair, _ in silent)
    if isinstance(rise, Unread):
        for pair in pairs:
            note(_unproven(pair, rise.reason))
        return []
    frames = sum(sent for _, sent in silent)
    # Other traffic may be dropped at the same moment: for a single pair, a larger rise is enough.
    if rise == frames or (len(pairs) == 1 and rise > frames):
        for pair in pairs:
            note(_closed(pair, alive))
        return []
    for pair in pairs:
        if _absent(pair, alive):
            note(_closed(pair, alive))  # no further round could prove it
    silent = [(pair, sent) for pair, sent in silent if not _absent(pair, alive)]
    pairs = tuple(pair for pair, _ in silent)
    if len(pairs) > 1 and rise > 0:
        half = len(pairs) // 2
        return [_Batch(pairs[:half]), _Batch(pairs[half:])]
    if pairs and not batch.again:
        return [_Batch(pairs, again=True)]
    routers, name = group
    for pair, sent in silent:
        where = " or ".join(sorted(routers))
        note(_unproven(pair, f"{sent} sent, but {name} on {where} did not rise so much"))
    return []


def _absent(pair: Pair, alive: AbstractSet[str]) -> list[str]:
    """Return which of its two machines were not seen alive."""
    return [name for name in (pair.probe.source, pair.machine) if name and name not in alive]


def _closed(pair: Pair, alive: AbstractSet[str]) -> Result:
    if absent := _absent(pair, alive):
        return _unproven(pair, f"{' and '.join(absent)} was not seen alive in this run")
    return Result(pair, Outcome.CLOSED)


def _unproven(pair: Pair, why: str) -> Result:
    return Result(pair, Outcome.UNPROVEN, f"{pair} is denied, but that could not be proven: {why}.")
