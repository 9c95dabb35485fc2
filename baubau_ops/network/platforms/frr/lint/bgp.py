"""Safety rules for BGP that FRR does not enforce: it accepts a configuration that violates them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from baubau_ops.network.platforms.frr.lint.mistake import Lines, Mistake

_CLEARED = ("community", "extcommunity", "large-community")
"""Kinds of communities, by the keyword in `set … none`."""


def bgp_checks(frr: Lines) -> Iterator[Mistake]:
    """All mistakes in BGP in the lines of FRR's section."""
    process = next((number for number, line in frr if line.startswith("router bgp ")), None)
    if process is None:
        return
    asn = dict(frr)[process].split()[2]
    said = _neighbours(frr)
    external = {
        peer for peer, lines in said.items() if not any(what == f"remote-as {asn}" for _, what in lines)
    }
    yield from _process(process, frr)
    yield from _sessions(said, external)
    yield from _idle_maps(frr, said)
    if len(external) < len(said):  # else no neighbour would receive an outsider's routes
        yield from _strangers(frr, said, external)


def _neighbours(frr: Lines) -> dict[str, Lines]:
    """The settings of each neighbour, without its address."""
    said: dict[str, Lines] = {}
    for number, line in frr:
        if found := re.match(r" +neighbor (\S+) (.+)", line):
            said.setdefault(found[1], []).append((number, found[2]))
    return said


def _process(number: int, frr: Lines) -> Iterator[Mistake]:
    """Defaults of FRR that do not suit a city."""
    lines = {line.strip() for _, line in frr}
    if not any(line.startswith("bgp router-id ") for line in lines):
        yield Mistake(number, "BGP has no router-id: FRR would take an address, and another one some day.")
    for kind in ("", "ibgp "):
        if f"maximum-paths {kind}1" not in lines:
            told = "internal" if kind else "external"
            yield Mistake(number, f"BGP may use several {told} paths at once: firewalls see half of a flow.")
    looks = any(line.startswith("bgp conditional-advertisement timer ") for line in lines)
    if not looks and any(" advertise-map " in line for line in lines):
        yield Mistake(
            number, "BGP looks only every 60 s whether what it announces conditionally still holds."
        )


def _sessions(said: dict[str, Lines], external: set[str]) -> Iterator[Mistake]:
    """Every BGP session has a password; an external session also has filters, GTSM, a role and a limit."""
    for peer, lines in said.items():
        wanted: dict[str, Callable[[str], bool]] = {"a password": lambda what: what.startswith("password ")}
        if peer in external:
            wanted |= {
                "GTSM (ttl-security)": lambda what: what.startswith("ttl-security "),
                "a role (local-role)": lambda what: what.startswith("local-role "),
                "a limit (maximum-prefix)": lambda what: what.startswith("maximum-prefix "),
                "an inbound prefix list": lambda what: bool(re.fullmatch(r"prefix-list \S+ in", what)),
                "an outbound prefix list": lambda what: bool(re.fullmatch(r"prefix-list \S+ out", what)),
            }
        for what, is_it in wanted.items():
            if not any(is_it(line) for _, line in lines):
                yield Mistake(lines[0][0], f"the BGP session with {peer} lacks {what}.")


def _idle_maps(frr: Lines, said: dict[str, Lines]) -> Iterator[Mistake]:
    """A route-map of a session must deny or change something."""
    used = {
        found[1]
        for lines in said.values()
        for _, what in lines
        if (found := re.fullmatch(r"route-map (\S+) (?:in|out)", what))
    }
    for name in sorted(used):
        entries = _entries(frr, name)
        denies = any(line.startswith(f"route-map {name} deny ") for _, line in frr)
        if entries and not denies and not any(entries.values()):
            yield Mistake(min(entries), f"route-map {name} neither refuses nor changes anything.")


def _strangers(frr: Lines, said: dict[str, Lines], external: set[str]) -> Iterator[Mistake]:
    """Communities from another AS are not passed on: they could keep routes from sites, or change preferences."""
    for peer in sorted(external):
        maps = [found[1] for _, what in said[peer] if (found := re.fullmatch(r"route-map (\S+) in", what))]
        if not maps:
            yield Mistake(said[peer][0][0], f"the BGP session with {peer} lacks an inbound route-map.")
        for number, lines in (place for name in maps for place in _entries(frr, name).items()):
            for kind in _CLEARED:
                if f"set {kind} none" not in lines:
                    yield Mistake(number, f"what {peer} announces keeps its {kind}.")


def _entries(frr: Lines, name: str) -> dict[int, set[str]]:
    """The permit entries of a route-map: the lines of each, by the line number at which it begins."""
    entries: dict[int, set[str]] = {}
    lines: set[str] = set()
    for number, line in frr:
        if re.fullmatch(rf"route-map {re.escape(name)} permit \d+", line):
            lines = entries[number] = set()
        elif line.startswith(" "):
            lines.add(line.strip())
        else:
            lines = set()
    return entries
