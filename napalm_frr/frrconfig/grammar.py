"""The driver's knowledge of FRR's lines: which lines replace each other, and how each is removed.

The driver leaves lines of no known class to frr-reload. Each class here was tried on FRR 8.4.4
(tests/napalm_frr/live/test_random_changes_live.py changes them at random and compares the result with the intent).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from napalm_frr.frrconfig.tree import Path


@dataclass(frozen=True, slots=True)
class Rule:
    """A class of lines: equal groups of the pattern mean the same setting; `undo` removes one."""

    pattern: re.Pattern[str]
    undo: str = ""
    replace: bool = False  # the old line must go before the new one is accepted


@dataclass(frozen=True, slots=True)
class Setting:
    """A parsed line: its identity within its context, its undo, and whether it must be removed before a replacement."""

    key: tuple[str, ...]
    undo: str
    replace: bool


def kind(path: Path) -> str:
    """Return the kind of a context; "" for one whose lines the driver leaves to frr-reload."""
    if not path:
        return "top"
    first = path[0].split()[0]
    if len(path) == 1:
        plain = {"interface": "interface", "route-map": "route-map", "bfd": "bfd"}
        return plain.get(first) or (_router(path[0]) if first == "router" else "")
    if path[0].startswith("router bgp") and path[1].startswith("address-family"):
        return "bgp-af"
    return "bfd-profile" if path[0] == "bfd" and path[1].startswith("profile ") else ""


def setting(path: Path, line: str) -> Setting | None:
    """Parse a line of a context; None if it is of no known class."""
    for rule in RULES.get(kind(path), ()):
        if match := rule.pattern.fullmatch(line):
            key = (rule.pattern.pattern, *(group or "" for group in match.groups()))
            return Setting(key, match.expand(rule.undo) if rule.undo else negate(line), rule.replace)
    return None


def negate(line: str) -> str:
    """Return the line that removes a line."""
    return line[3:] if line.startswith("no ") else f"no {line}"


def _router(header: str) -> str:
    words = header.split()
    if words[1] == "ospf" and len(words) == 2:
        return "ospf"
    return "bgp" if words[1] == "bgp" and len(words) == 3 else ""


def _rules(*specs: str | tuple[str, str] | tuple[str, str, bool]) -> tuple[Rule, ...]:
    full = [(spec,) if isinstance(spec, str) else spec for spec in specs]
    return tuple(Rule(re.compile(spec[0]), *spec[1:]) for spec in full)


RULES: dict[str, tuple[Rule, ...]] = {
    "top": _rules(
        (r"hostname \S+", r"no hostname"),
        r"log syslog .*",
        r"(log timestamp precision) \d+",
        r"(service [a-z-]+)",
        r"(no ip(?:v6)? forwarding)",
        r"(zebra work-queue) \d+",
        (r"(ip|ipv6) (prefix-list \S+ seq \d+) .+", "", True),
        (r"(ip|ipv6) (prefix-list \S+) description .+", r"no \1 \2 description"),
        (r"(ipv6 )?(access-list \S+ seq \d+) .+", "", True),
        (r"(bgp as-path access-list \S+ seq \d+) .+", "", True),
        (r"(bgp (?:large-|ext)?community-list (?:standard|expanded) \S+ seq \d+) .+", "", True),
        r"((?:ip|ipv6) route .+)",
        r"((?:ip|ipv6) nht \w+ route-map) \S+",
        r"((?:ip|ipv6) protocol \S+ route-map) \S+",
        (r"(route-map \S+) (?:permit|deny) (\d+)", "", True),
        r"(interface \S+|router ospf|router bgp \d+|bfd)",
    ),
    "interface": _rules(
        (r"description .+", "no description"),
        r"(ip address \S+)",
        r"(ipv6 address \S+)",
        r"(shutdown)",
        (r"(ip ospf message-digest-key \d+) md5 \S+", r"no \1", True),
        r"(ip ospf area) \S+",
        (r"(ip ospf authentication)(?: message-digest| null)?", "no ip ospf authentication"),
        (r"(ip ospf cost) \d+", r"no \1"),
        (r"(ip ospf hello-interval) \d+", r"no \1"),
        (r"(ip ospf dead-interval) \d+", r"no \1"),
        (r"(ip ospf retransmit-interval) \d+", r"no \1"),
        (r"(ip ospf priority) \d+", r"no \1"),
        (r"(ip ospf network) \S+", r"no \1"),
        (r"(ip ospf bfd profile) \S+", r"no ip ospf bfd profile"),
        r"(ip ospf bfd)",
        r"(ip ospf mtu-ignore)",
        r"(no ip ospf passive)",
        r"(ip ospf passive)",
    ),
    "bgp": _rules(
        (r"(bgp router-id) \S+", r"no \1"),
        (r"(bgp cluster-id) \S+", r"no \1"),
        r"((?:no )?bgp (?:default ipv4-unicast|deterministic-med|log-neighbor-changes|ebgp-requires-policy"
        r"|always-compare-med|bestpath as-path multipath-relax|enforce-first-as|network import-check"
        r"|suppress-duplicates|graceful-restart|graceful-shutdown))",
        (r"(bgp conditional-advertisement timer) \d+", r"no \1"),
        (r"(timers bgp) \d+ \d+", r"no \1"),
        r"(neighbor \S+ peer-group)",
        r"(neighbor \S+ peer-group \S+)",
        (r"(neighbor \S+ timers connect) \d+", r"no \1"),
        r"(neighbor \S+ bfd profile) \S+",
        r"(neighbor \S+ bfd)",
        (r"(neighbor \S+ (?:description|password|update-source|timers|advertisement-interval|remote-as)) .+",
         r"no \1"),
        r"(neighbor \S+ (?:ebgp-multihop|ttl-security|local-role|port|local-as)) .+",
        r"(neighbor \S+ (?:shutdown|passive|capability extended-nexthop|disable-connected-check"
        r"|dont-capability-negotiate|graceful-restart|graceful-restart-disable|graceful-restart-helper))",
    ),
    "bgp-af": _rules(
        r"(network \S+)(?: route-map \S+)?",
        (r"(aggregate-address \S+)(?: .+)?", "", True),
        (r"(redistribute \S+)(?: .+)?", "", True),
        (r"(maximum-paths(?: ibgp)?) \d+", r"no \1"),
        r"((?:no )?neighbor \S+ activate)",
        r"(neighbor \S+ route-map) \S+ (in|out)",
        r"(neighbor \S+ prefix-list) \S+ (in|out)",
        r"(neighbor \S+ filter-list) \S+ (in|out)",
        (r"(neighbor \S+ advertise-map) \S+ (?:exist|non-exist)-map \S+", "", True),
        (r"(neighbor \S+ maximum-prefix) .+", r"no \1"),
        (r"(neighbor \S+ default-originate)(?: route-map \S+)?", "", True),
        (r"(neighbor \S+ weight) \d+", r"no \1"),
        (r"(neighbor \S+ allowas-in)(?: .+)?", r"no \1"),
        r"(neighbor \S+ next-hop-self)(?: force)?",
        r"(neighbor \S+ (?:route-reflector-client|route-server-client|addpath-tx-all-paths"
        r"|addpath-tx-bestpath-per-AS|soft-reconfiguration inbound|as-override|remove-private-AS(?: all)?"
        r"(?: replace-AS)?))",
        r"((?:no )?neighbor \S+ send-community(?: \S+)?)",
    ),
    "ospf": _rules(
        (r"(ospf router-id) \S+", r"no \1"),
        (r"(auto-cost reference-bandwidth) \d+", r"no \1"),
        (r"(max-metric router-lsa (?:on-startup|on-shutdown)) \d+", r"no \1"),
        r"(max-metric router-lsa administrative)",
        r"(log-adjacency-changes)(?: detail)?",
        r"(passive-interface default)",
        (r"(timers throttle spf) .+", r"no \1"),
        (r"(timers (?:lsa min-arrival|throttle lsa all)) \d+", r"no \1"),
        (r"(maximum-paths) \d+", r"no \1"),
        (r"(redistribute \S+)(?: .+)?", "", True),
        (r"(default-information originate)(?: .+)?", r"no \1", True),
        r"(network \S+ area \S+)",
    ),
    "route-map": _rules(
        (r"(description) .+", r"no \1"),
        (r"(match (?:ip address(?: prefix-list| prefix-len)?|ip next-hop(?: prefix-list| prefix-len)?"
         r"|ipv6 address(?: prefix-list)?|as-path|interface|metric|tag|peer|source-protocol)) \S+"),
        (r"(match (?:large-)?community) .+", r"no \1"),
        (r"(set (?:local-preference|metric|weight|tag|src|origin|distance|ip next-hop|metric-type)) \S+"),
        (r"(set (?:as-path (?:prepend|exclude)|community|large-community)) .+"),
        (r"(set comm-list) \S+ delete"),
        r"(set extcommunity none)",
        (r"(on-match) .+", r"no \1", True),
        (r"(call) \S+", r"no \1"),
        (r"(continue) \d+", r"no \1"),
    ),
    "bfd": _rules(r"(profile \S+)"),
    "bfd-profile": _rules(
        (r"(detect-multiplier) \d+", r"\1 3"),
        (r"(transmit-interval) \d+", r"\1 300"),
        (r"(receive-interval) \d+", r"\1 300"),
        (r"(minimum-ttl) \d+", r"no \1"),
        r"((?:no )?(?:passive-mode|echo-mode|shutdown))",
    ),
}  # fmt: skip
