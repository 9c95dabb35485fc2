"""Parses the driver's diff: what each line of an FRR router's configuration concerns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from baubau_ops.core.secrets import MASK
from baubau_ops.network.platforms.diff import About, DiffLine, Sign

_AGREED = "remote-as|password|ttl-security|local-role|local-as|update-source|ebgp-multihop"
# A change of any of these resets the BGP session that it belongs to (FRR 8.4.4, bgpd/bgpd.c: peer_change_action).
_RESETS = re.compile(rf"(?:{_AGREED}|timers|addpath-\S+|capability|shutdown)\b")
_BOTH_ENDS = re.compile(rf"(?:{_AGREED}|bfd)\b")
"""Settings that both ends must agree on. Timers are negotiated, and each end has its own filters."""
_NEIGHBOR = re.compile(r"neighbor (?P<peer>\S+) (?P<what>.*)")
_OSPF_PORT = re.compile(
    r"ip ospf (?:authentication|message-digest-key|(?P<new>network|area)|(?:hello|dead)-interval)\b"
)
_PROCESS = re.compile(r"(?P<new>router )?(?P<of>bgp|ospf)\b(?(new)| router-id\b)")
_OSPF_NETWORK = re.compile(r"network \S+ area\b")
_CONTEXT = re.compile(r"(?:interface|router|address-family|route-map|profile)\b")
_KEY = re.compile(r"\b(password|md5) (?!\$\{secret:)\S+")
"""A BGP or OSPF key that is not a placeholder."""
_COSMETIC = ("description", "hostname", "log ", "!")


def read_diff(diff: str) -> tuple[DiffLine, ...]:
    """Parse a diff; headers of files and sections are left out."""
    return tuple(_lines(diff))


def mask_keys(diff: str) -> str:
    """Mask keys that only the device knows."""
    return _KEY.sub(rf"\1 {MASK}", diff)


def _lines(diff: str) -> Iterator[DiffLine]:
    port = ""
    for raw in diff.splitlines():
        if not raw or raw.startswith(("+++", "---", "@@", "#@")):
            continue
        sign, text = (raw[0], raw[1:]) if raw[0] in "+- " else (" ", raw)
        bare = text.strip()
        if _CONTEXT.match(bare):
            port = bare.split()[1] if bare.startswith("interface ") else ""
        yield _line(cast("Sign", sign), bare, port)


def _line(sign: Sign, text: str, port: str) -> DiffLine:
    if found := _NEIGHBOR.match(text):
        what = found["what"]
        return DiffLine(
            sign,
            text,
            About.SESSION,
            peer=found["peer"],
            creates=what.startswith("remote-as "),
            resets=bool(_RESETS.match(what)),
            agreed=bool(_BOTH_ENDS.match(what)),
        )
    if found := _OSPF_PORT.match(text):
        return DiffLine(sign, text, About.ADJACENCY, port, creates=bool(found["new"]), resets=True)
    if found := _PROCESS.match(text):
        about = About.BGP if found["of"] == "bgp" else About.OSPF
        return DiffLine(sign, text, about, creates=bool(found["new"]), resets=True)
    if _OSPF_NETWORK.match(text):
        return DiffLine(sign, text, About.OSPF, resets=True)
    return DiffLine(sign, text, _other(text, port), port)


def _other(text: str, port: str) -> About:
    if text.startswith("ip address "):
        return About.ADDRESS
    if port and text == "shutdown":
        return About.SHUTDOWN
    return About.COSMETIC if text.startswith(_COSMETIC) else About.OTHER
