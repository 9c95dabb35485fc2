"""Safety rules for packet filters that nftables does not enforce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from baubau_ops.network.platforms.frr.lint.mistake import Lines, Mistake

_CHAIN = re.compile(r"\tchain (\S+) \{")
_GOTO = re.compile(r"goto ([\w-]+)")
_END = re.compile(r"accept|goto \S+|counter name \S+ drop")
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of a table; `line` is the line at which it begins."""

    line: int
    rules: Lines
    """Rules without the closing line."""

    @property
    def hook(self) -> str:
        """The kernel hook of the chain (`forward`); empty for a chain that only other chains go to."""
        found = re.match(r"type \S+ hook (\S+) ", self.rules[0][1]) if self.rules else None
        return found[1] if found else ""


def filter_checks(frr: Lines, nftables: Lines, qos: Lines) -> Iterator[Mistake]:
    """All mistakes in the filters of a configuration, given the lines of these sections."""
    chains = _chains(nftables)
    if not chains:
        return
    yield from _uncounted(chains)
    yield from _unrelated(chains)
    yield from _unused_classes(chains, frr, qos)
    yield from _empty_sets(nftables)
    yield from _leaks(chains)
    yield from _own_traffic(chains, shapes=bool(qos))
    yield from _believed_marks(chains, frr)


def _chains(nftables: Lines) -> dict[str, Chain]:
    chains: dict[str, Chain] = {}
    rules: Lines = []
    for number, line in nftables:
        if found := _CHAIN.fullmatch(line):
            rules = []
            chains[found[1]] = Chain(number, rules)
        elif line == "\t}":
            rules = []
        elif line.strip():
            rules.append((number, line.strip()))
    return chains


def _rules(chains: dict[str, Chain], hook: str) -> Iterator[tuple[int, str]]:
    """The rules of all chains of one hook."""
    for chain in chains.values():
        if chain.hook == hook:
            yield from chain.rules


def _uncounted(chains: dict[str, Chain]) -> Iterator[Mistake]:
    """A chain that drops by default, or is the target of a goto, ends in a verdict, so that drops are counted."""
    targets = {name for chain in chains.values() for _, rule in chain.rules for name in _GOTO.findall(rule)}
    for name, chain in chains.items():
        drops = any("policy drop;" in rule for _, rule in chain.rules)
        number, last = chain.rules[-1] if chain.rules else (chain.line, "")
        if (drops or name in targets) and not _END.fullmatch(last):
            yield Mistake(number, f"chain {name} lets packets fall out of it uncounted.")


def _unrelated(chains: dict[str, Chain]) -> Iterator[Mistake]:
    """A chain that drops invalid packets must accept related ones first: nothing else lets ICMP errors pass."""
    for name, chain in chains.items():
        rules = [rule for _, rule in chain.rules]
        invalid = next((n for n, rule in enumerate(rules) if rule.startswith("ct state invalid ")), None)
        if invalid is not None and "ct state established,related accept" not in rules[:invalid]:
            yield Mistake(
                chain.line,
                f"chain {name} drops what belongs to no connection, and knows none that it lets pass.",
            )


def _unused_classes(chains: dict[str, Chain], frr: Lines, qos: Lines) -> Iterator[Mistake]:
    """Every traffic class except the default must get packets; liveness must have a class where links can be full."""
    rules = [rule for _, rule in _rules(chains, "postrouting") if "meta priority set " in rule]
    used = {found[1] for rule in rules if (found := re.search(r"meta priority set (\S+)", rule))}
    default = {
        found[1]: f"1:{found[2]}"
        for _, line in qos
        if (found := re.match(r"qdisc add dev (\S+) root handle 1: htb default (\d+)", line))
    }
    told: set[str] = set()
    for number, line in qos:
        found = re.match(r"qdisc add dev (\S+) parent (\S+) ", line)
        if found and found[2] not in used | told and found[2] != default.get(found[1]):
            told.add(found[2])
            yield Mistake(number, f"no packet is put into class {found[2]}.")
    for protocol, runs, match in (
        ("OSPF", r"router ospf", r"ip protocol ospf "),
        ("BFD", r"bfd", r"udp dport \{ 3784, 4784 \} "),
    ):
        at = next((number for number, line in frr if re.fullmatch(runs, line)), None)
        if qos and at and not any(re.search(match, rule) for rule in rules):
            yield Mistake(
                at, f"{protocol} waits with all data where a port is full: it is put into no class."
            )


def _empty_sets(nftables: Lines) -> Iterator[Mistake]:
    """A set without elements matches nothing; if negated, it matches everything."""
    name, begins = "", 0
    for number, line in nftables:
        if line.startswith("\tset "):
            name, begins = line.split()[1], number
        elif line.startswith("\t\telements = "):
            name = ""
        elif line == "\t}" and name:
            yield Mistake(begins, f"set {name} is empty.")
            name = ""


def _leaks(chains: dict[str, Chain]) -> Iterator[Mistake]:
    """Where sources are translated, no untranslated packet may leave, and no other traffic is tracked."""
    guarded = {
        port
        for _, rule in _rules(chains, "postrouting")
        if re.fullmatch(r"oifname .* ip saddr != .* drop", rule)
        for port in _QUOTED.findall(rule)
    }
    for number, rule in _rules(chains, "postrouting"):
        for port in _QUOTED.findall(rule) if " snat to " in rule else ():
            if port not in guarded:
                yield Mistake(number, f"what is not translated may leave by {port}.")
        passing = r"iifname != .* fib daddr oifname != .* notrack"
        if " snat to " in rule and not any(
            re.fullmatch(passing, each) for _, each in _rules(chains, "prerouting")
        ):
            yield Mistake(number, "what passes between the ports inside is tracked.")


def _own_traffic(chains: dict[str, Chain], *, shapes: bool) -> Iterator[Mistake]:
    """The router sends no IPv6, answers the bastion before data, and needs no table that others can fill."""
    first = next(iter(chains.values())).line
    received, into = ([rule for _, rule in _rules(chains, hook)] for hook in ("input", "prerouting"))
    if not all('iifname "lo" accept' in rules for rules in (received, into) if rules):
        yield Mistake(first, "the router cannot speak to itself.")
    if not any(re.match(r"icmp type \{ destination-unreachable, .* accept", rule) for rule in received):
        yield Mistake(first, "the router does not receive ICMP errors for its own packets.")
    out = [rule for _, rule in _rules(chains, "output")]
    if not any(rule.endswith("meta nfproto ipv6 drop") for rule in out):
        yield Mistake(first, "the router's own IPv6 may leave.")
    if shapes and not any(rule.endswith("tcp sport 22 ip dscp set cs6") for rule in out):
        yield Mistake(first, "its answers to the bastion wait with all data where a port is full.")
    if not any("ct state " in rule for chain in chains.values() for _, rule in chain.rules):
        return
    if "notrack" not in out:
        yield Mistake(first, "what the router sends is tracked.")
    if not any(re.fullmatch(r"fib daddr type \{ local, .* notrack", rule) for rule in into):
        yield Mistake(first, "what is sent to the router is tracked.")


def _believed_marks(chains: dict[str, Chain], frr: Lines) -> Iterator[Mistake]:
    """Marks from other networks and from sites are reset if the router has a backbone to carry them to."""
    reset = {
        port
        for _, rule in _rules(chains, "prerouting")
        if rule.endswith(" ip dscp set cs0")
        for port in _QUOTED.findall(rule)
    }
    for number, port in _outside_ports(frr):
        if port not in reset:
            yield Mistake(number, f"marks that come in by {port} are believed.")


def _outside_ports(frr: Lines) -> Iterator[tuple[int, str]]:
    """Ports to another AS, found by the address of a BGP neighbour; none on a router without a backbone."""
    asn = next((line.split()[2] for _, line in frr if line.startswith("router bgp ")), "")
    peers = [found for _, line in frr if (found := re.match(r" neighbor (\S+) remote-as (\S+)", line))]
    if all(found[2] != asn for found in peers):
        return
    outsiders = [IPv4Address(found[1]) for found in peers if found[2] != asn]
    port = ""
    for number, line in frr:
        if line.startswith("interface "):
            port = line.split()[1]
        elif found := re.match(r" ip address (\S+)", line):
            network = IPv4Interface(found[1]).network
            if any(one in network for one in outsiders):
                yield number, port
