"""The BGP `clear` commands that a change needs, because FRR does not react to it by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from napalm_frr.frrconfig.tree import Config, diff

_FILTER = re.compile(r"ip prefix-list .+|route-map .+")
_TIMERS = re.compile(r"neighbor (\S+) timers \d+ \d+")
_PEER = re.compile(r"neighbor (\S+) remote-as .+")


def clears(running: Config, candidate: Config) -> tuple[str, ...]:
    """Return bgpd's commands; they are the same for a revert.

    When a filter changes, FRR does not re-evaluate routes that it has already received. It uses new timers of a
    neighbor only once the session is re-established.
    """
    if not any(line.startswith("router bgp ") for line in candidate.lines()):
        return ()
    difference = diff(running, candidate)
    changed = [*difference.added, *difference.removed]
    filtered = any(_FILTER.fullmatch(path[0] if path else line) for path, line in changed)
    lasting = set(_peers(running)) & set(_peers(candidate))
    timed = {match[1] for _, line in changed if (match := _TIMERS.fullmatch(line))}
    return (
        *(["clear bgp ipv4 unicast * soft"] if filtered else []),
        *(f"clear bgp ipv4 unicast {peer}" for peer in sorted(timed & lasting)),
    )


def _peers(config: Config) -> Iterator[str]:
    for _, line in config.walk():
        if match := _PEER.fullmatch(line):
            yield match[1]
