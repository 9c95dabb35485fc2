"""Reads the state of a router in one exec: output of its daemons and its kernel, as a `RouterState`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from baubau_ops.core.errors import FailedError
from baubau_ops.network.platforms.frr.state import daemons as frr
from baubau_ops.network.platforms.frr.state import kernel
from baubau_ops.network.platforms.session import Session
from baubau_ops.network.state.router_state import Readable, RouterState, Unread
from napalm_frr.remote import asking

T = TypeVar("T")

OSPF_NEIGHBOURS = "show ip ospf neighbor json"
OSPF_INTERFACES = "show ip ospf interface json"
OSPF = "show ip ospf json"
BFD = "show bfd peers json"
BFD_COUNTERS = "show bfd peers counters json"
BGP_NEIGHBOURS = "show bgp neighbors json"
BGP_ROUTES = "show bgp ipv4 unicast json"
ROUTES4 = "ip -j -4 route show table all"
ROUTES6 = "ip -j -6 route show table all"
LINKS = "ip -j -s link show"
COUNTERS = "nft -j list counters"

_FRR = {
    OSPF_NEIGHBOURS: "ospfd",
    OSPF_INTERFACES: "ospfd",
    OSPF: "ospfd",
    BFD: "bfdd",
    BGP_NEIGHBOURS: "bgpd",
    BGP_ROUTES: "bgpd",
}
"""Which daemon answers a command."""
_KERNEL = (ROUTES4, ROUTES6, LINKS)

# The daemons are queried twice: the second time for the routes sent to each neighbour in the first answer.
_SCRIPT = """\
LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin
{asking}
answers=$(frr_ask {frr} 2>&1)
printf '%s\\n' "$answers"
set --
for peer in $(printf '%s\\n' "$answers" | sed -n 's/^  "\\([0-9.]*\\)":{{$/\\1/p' | sort -u); do
    set -- "$@" bgpd "show bgp ipv4 unicast neighbors $peer advertised-routes json"
done
[ $# -eq 0 ] || frr_ask "$@" 2>&1
{kernel}
printf '\\n# end\\n'
"""
_OWN = "inet/baubau/"
"""The table that contains the drop counters."""
_PROMPT = re.compile(r"\S*# (?P<command>(?:show|ip|nft) .*|end)")
_SENT = re.compile(r"show bgp ipv4 unicast neighbors (\S+) advertised-routes json")


def read_state(device: str, session: Session) -> RouterState:
    """Read one router; a task for `Fleet.run`.

    An output that is missing or malformed becomes `Unread` in the state; a lost connection is UnreachableError.
    """
    return parse(device, session.run(script()))


def read_counters(device: str, session: Session) -> dict[str, int]:
    """Read a router's drop counters by name; a task for `Fleet.run`. FailedError if they cannot be read."""
    answers = _answers(session.run(f"printf '# %s\\n' '{COUNTERS}'; {COUNTERS}; printf '\\n# end\\n'"))
    found = _read(answers, COUNTERS, _drops)
    if isinstance(found, Unread):
        raise FailedError(f"{device}: {found.reason}")
    return found


def lost_sessions(_device: str, session: Session) -> int:
    """Count how often a router's BGP and BFD sessions have gone down since their daemons started.

    FRR forgets a BFD session that OSPF drops, so compare two counts only while the same sessions exist. A task for
    `Fleet.run`.
    """
    commands = f"bgpd '{BGP_NEIGHBOURS}' bfdd '{BFD_COUNTERS}'"
    answers = _answers(session.run(f"{asking()}\nfrr_ask {commands}\nprintf '\\n# end\\n'"))
    neighbours: dict[str, dict[str, Any]] = json.loads(answers[BGP_NEIGHBOURS])
    peers: list[dict[str, Any]] = json.loads(answers[BFD_COUNTERS])
    dropped = [int(one["connectionsDropped"]) for one in neighbours.values() if isinstance(one, dict)]
    return sum(dropped) + sum(int(peer["session-down"]) for peer in peers)


def _drops(document: kernel.Json) -> dict[str, int]:
    found = kernel.counters(document)
    return {name.removeprefix(_OWN): packets for name, packets in found.items() if name.startswith(_OWN)}


def script() -> str:
    """The script for the router's root shell."""
    return _SCRIPT.format(
        asking=asking(),
        frr=" ".join(f"{daemon} '{command}'" for command, daemon in _FRR.items()),
        kernel="\n".join(f"printf '\\n# %s\\n' '{command}'; {command} 2>&1" for command in _KERNEL),
    )


def parse(device: str, output: str) -> RouterState:
    """Parse the script's output into values."""
    answers = _answers(output)

    def read(command: str, make: Callable[[Any], T]) -> Readable[T]:
        return _read(answers, command, make)

    routes4 = read(ROUTES4, lambda document: kernel.routes(document, 4))
    routes6 = read(ROUTES6, lambda document: kernel.routes(document, 6))
    table = read(BGP_ROUTES, dict)
    sent = {
        found[1]: read(command, dict)
        for command in answers
        if (found := _SENT.fullmatch(command)) is not None
    }
    interfaces = read(OSPF_INTERFACES, frr.ospf_interfaces)
    return RouterState(
        device=device,
        ospf_neighbours=read(OSPF_NEIGHBOURS, frr.ospf_neighbours),
        ospf_interfaces=interfaces,
        # FRR prints nothing at all if OSPF is not configured.
        ospf_process=None if interfaces == {} else read(OSPF, frr.ospf_process),
        bfd=read(BFD, frr.bfd_peers),
        bgp=read(BGP_NEIGHBOURS, lambda document: frr.bgp_sessions(document, table, sent)),
        originated=read(BGP_ROUTES, frr.originated_prefixes),
        fib=_joined(routes4, routes6),
        interfaces=read(LINKS, kernel.interfaces),
    )


def _joined(first: Readable[tuple[T, ...]], second: Readable[tuple[T, ...]]) -> Readable[tuple[T, ...]]:
    if isinstance(first, Unread):
        return first
    return second if isinstance(second, Unread) else first + second


def _answers(output: str) -> Mapping[str, str]:
    """The output of each command. Without its last line the output is incomplete, and nothing counts as read."""
    answers: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in output.splitlines():
        if found := _PROMPT.fullmatch(line):
            lines = answers.setdefault(found["command"], [])
        else:
            lines.append(line)
    if "end" not in answers:
        return {}
    return {command: "\n".join(lines).strip() for command, lines in answers.items()}


def _read(answers: Mapping[str, str], command: str, make: Callable[[Any], T]) -> Readable[T]:
    text = answers.get(command)
    if text is None:
        return Unread(f"`{command}` was not answered")
    try:
        document = json.loads(text)
    except ValueError:
        return Unread(f"`{command}`: {text.splitlines()[0] if text else 'no output'}")
    try:
        return make(document)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Unread(f"`{command}`: not understood: {type(error).__name__}: {error}")
