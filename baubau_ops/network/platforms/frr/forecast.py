"""How disruptive a change will be, read from the diff before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from baubau_ops.core.plan import Effect

# A change of any of these resets the BGP session it belongs to (FRR 8.4.4, bgpd/bgpd.c: peer_change_action).
_SESSION_ATTRIBUTES = (
    "remote-as|password|timers|ttl-security|local-role|update-source|addpath-\\S+|capability|local-as|ebgp-multihop"
    "|shutdown"
)
_NEIGHBOR = re.compile(rf"neighbor (?P<peer>\S+) (?:{_SESSION_ATTRIBUTES})\b")
_NEW_NEIGHBOR = re.compile(r"neighbor (?P<peer>\S+) remote-as\b")
_OSPF_PORT = re.compile(
    r"ip ospf (?:authentication|message-digest-key|network|(?:hello|dead)-interval|area)\b"
)
_NEW_OSPF_PORT = re.compile(r"ip ospf (?:area|network)\b")
_OSPF_NETWORK = re.compile(r"network \S+ area\b")
_ADDRESS = re.compile(r"ip address\b")
_SHUTDOWN = re.compile(r"shutdown$")
_ROUTER_ID = re.compile(r"(?:bgp|ospf) router-id\b|router (?:bgp|ospf)\b")
_CONTEXT = re.compile(r"(?:interface|router|address-family|route-map|profile)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff: `sign` is "+", "-" or " ", `context` the block it stands in."""

    sign: str
    context: str
    text: str


def parse_diff(diff: str) -> Iterator[Line]:
    """Split a device's diff into lines, each with the block (`interface …`, `router …`) it stands in."""
    context = ""
    for raw in diff.splitlines():
        if not raw or raw.startswith(("+++", "---", "@@", "#@")):
            continue
        sign, text = (raw[0], raw[1:]) if raw[0] in "+- " else (" ", raw)
        bare = text.strip()
        if _CONTEXT.match(bare):
            context = bare
        yield Line(sign, context, bare)


def effect_of(diff: str) -> Effect:
    """What a device's users will notice while `diff` is applied.

    Additions that open something new (a neighbour, a port) are hitless; taking away or altering what a
    session or a port is made of is not.
    """
    lines = [line for line in parse_diff(diff) if line.sign != " "]
    if not lines:
        return Effect.none
    if any(_takes_link_down(line) for line in lines):
        return Effect.interrupts
    return Effect.restarts if _flaps(lines) else Effect.hitless


def _takes_link_down(line: Line) -> bool:
    if line.context.startswith("interface") and _SHUTDOWN.match(line.text):
        return line.sign == "+"
    return line.sign == "-" and bool(_ADDRESS.match(line.text))


def _flaps(lines: Iterable[Line]) -> bool:
    lines = tuple(lines)
    added = tuple(line for line in lines if line.sign == "+")
    removed = tuple(line for line in lines if line.sign == "-")
    lost = {found["peer"] for line in removed if (found := _NEW_NEIGHBOR.match(line.text))}
    new_peers = {found["peer"] for line in added if (found := _NEW_NEIGHBOR.match(line.text))} - lost
    lost_ports = {line.context for line in removed if _NEW_OSPF_PORT.match(line.text)}
    new_ports = {line.context for line in added if _NEW_OSPF_PORT.match(line.text)} - lost_ports
    if any(_ROUTER_ID.match(line.text) or _OSPF_NETWORK.match(line.text) for line in removed):
        return True
    for line in chain(added, removed):
        neighbor = _NEIGHBOR.match(line.text)
        if neighbor and neighbor["peer"] not in new_peers:
            return True
        if _OSPF_PORT.match(line.text) and line.context not in new_ports:
            return True
    return False


def summary(diff: str) -> str:
    """A line for people: how many lines come and go."""
    signs = [line.sign for line in parse_diff(diff)]
    return f"+{signs.count('+')} −{signs.count('-')} lines"
