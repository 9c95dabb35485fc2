"""What BGP must be told after a change, because FRR does not see it by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from napalm_frr.frrconfig.tree import Config, diff

_FILTER = re.compile(r"ip prefix-list .+|route-map .+")
_TIMERS = re.compile(r"neighbor (\S+) timers \d+ \d+")
_PEER = re.compile(r"neighbor (\S+) remote-as .+")


def clears(running: Config, candidate: Config) -> tuple[str, ...]:
    """Name bgpd's commands; they are the same for the way back.

    FRR does not judge routes anew that it has already received when a filter changes, and uses new timers of a
    neighbor only when its session is set up again.
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
