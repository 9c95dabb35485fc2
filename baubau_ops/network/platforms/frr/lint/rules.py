"""Rules for what the platform's parsers miss: undefined names, open sessions, timers that are too short."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from baubau_ops.inventory.city.topology import MAX_PORT_NAME
from baubau_ops.network.platforms.frr.lint.bgp import bgp_checks
from baubau_ops.network.platforms.frr.lint.filters import filter_checks
from baubau_ops.network.platforms.frr.lint.mistake import Lines, Mistake
from napalm_frr import text as device_text

MIN_BFD = 0.09
"""Minimum seconds until a link counts as dead: 30 ms × 3 worked on loaded machines, less gives false alarms."""
OWNED_TABLES = ("inet baubau", "ip baubau-nat")

_NO_IPV6 = ("net.ipv6.conf.all.forwarding = 0", "net.ipv6.conf.all.disable_ipv6 = 1")
_BFD_DEFAULTS = {"detect-multiplier": 3, "transmit-interval": 300, "receive-interval": 300}


def section_lines(text: str, section: str) -> Iterator[tuple[int, str]]:
    """The lines of one section, numbered as in the whole text; without section headers, all belong to frr."""
    lines = text.splitlines()
    inside = section == "frr" and not any(line.startswith("#@ section ") for line in lines)
    for number, line in enumerate(lines, 1):
        if line.startswith("#@ section "):
            inside = line.split()[2] == section
        elif inside:
            yield number, line


def own_checks(device: str, text: str) -> Iterator[Mistake]:
    """All mistakes in one configuration that its platform's parsers accept."""
    frr = list(section_lines(text, "frr"))
    yield from _hostname(device, frr)
    yield from _references(frr)
    yield from bgp_checks(frr)
    yield from _ospf(frr)
    yield from _bfd_timers(frr)
    yield from _ports(frr, text)
    yield from filter_checks(frr, list(section_lines(text, "nftables")), list(section_lines(text, "qos")))
    yield from _readable(text, "nftables", lambda body: device_text.tables(body, OWNED_TABLES))
    yield from _readable(text, "qos", device_text.ports)
    yield from _readable(text, "sysctl", device_text.settings)
    yield from _readable(text, "units", device_text.files)
    yield from _forwarding(frr, text)
    yield from _nexthop_groups(frr)
    yield from _files(list(section_lines(text, "units")))
    yield from _partners(list(section_lines(text, "units")), list(section_lines(text, "nftables")))
    yield from _placeholders(text)


def _hostname(device: str, frr: Lines) -> Iterator[Mistake]:
    for number, line in frr:
        if line.startswith("hostname ") and line.split()[1] != device:
            yield Mistake(number, f"hostname {line.split()[1]} in the text of {device}.")


_DEFINED = {
    "prefix list": re.compile(r"ip prefix-list (\S+) "),
    "community list": re.compile(r"bgp large-community-list standard (\S+) "),
    "route-map": re.compile(r"route-map (\S+) (?:permit|deny)"),
    "BFD profile": re.compile(r" profile (\S+)$"),
}
_USED = {
    "prefix list": re.compile(r" prefix-list (\S+)(?: in| out)?$"),
    "community list": re.compile(r" match large-community (\S+)"),
    "route-map": re.compile(r" (?:route|advertise|exist)-map (\S+)"),
    "BFD profile": re.compile(r" .* bfd profile (\S+)$"),
}


def _references(frr: Lines) -> Iterator[Mistake]:
    """FRR accepts a name that is not defined, and then filters everything or nothing."""
    for kind, pattern in _DEFINED.items():
        defined = {match[1]: number for number, line in frr if (match := pattern.match(line))}
        used: dict[str, int] = {}
        for number, line in frr:
            for name in _USED[kind].findall(line):
                used.setdefault(name, number)
        for name, number in used.items():
            if name not in defined:
                yield Mistake(number, f"{kind} {name} is used and not defined.")
        for name, number in defined.items():
            if name not in used:
                yield Mistake(number, f"{kind} {name} is defined and not used.")


def _bfd_timers(frr: Lines) -> Iterator[Mistake]:
    place, values = 0, dict(_BFD_DEFAULTS)
    for number, line in frr:
        if re.match(r" profile \S+$", line):
            place, values = number, dict(_BFD_DEFAULTS)
        elif place and line.strip() == "exit":
            slowest = min(values["transmit-interval"], values["receive-interval"])
            seconds = slowest * values["detect-multiplier"] / 1000
            if seconds < MIN_BFD:
                told = f"{seconds * 1000:g} ms until a link counts as dead; below {MIN_BFD * 1000:g} ms"
                yield Mistake(place, f"{told} a loaded FRR gives false alarms.")
            place = 0
        elif place and len(line.split()) == 2:
            key, value = line.split()
            values[key] = int(value) if value.isdigit() else values.get(key, 0)


def _ports(frr: Lines, text: str) -> Iterator[Mistake]:
    """All sections use the same ports, and the kernel accepts the length of their names."""
    known = {line.split()[1] for _, line in frr if line.startswith("interface ")}
    for number, line in frr:
        if line.startswith("interface ") and len(line.split()[1].encode()) > MAX_PORT_NAME:
            yield Mistake(number, f"{line.split()[1]} is longer than {MAX_PORT_NAME} bytes.")
    named = [
        ("qos", re.compile(r" dev (\S+)")),
        ("nftables", re.compile(r'"([^"]+)"')),
        ("sysctl", re.compile(r"net\.ipv4\.conf\.(\S+)\.\w+ =")),
    ]
    for section, pattern in named:
        reported: set[str] = set()
        for number, line in section_lines(text, section):
            unknown = set(pattern.findall(line)) - known - {"lo", "all", "default"} - reported
            reported |= unknown
            for port in sorted(unknown):
                yield Mistake(number, f"{section} names the port {port}, which frr does not have.")


def _readable(text: str, section: str, read: Callable[[str], object]) -> Iterator[Mistake]:
    """The driver must be able to parse the sections."""
    lines = list(section_lines(text, section))
    try:
        read("".join(f"{line}\n" for _, line in lines))
    except device_text.TextError as error:
        place = re.match(r"line (\d+): (.*)", str(error))
        if place:
            yield Mistake(lines[int(place[1]) - 1][0], place[2])
        else:
            yield Mistake(0, f"{section}: {error}")


def _ospf(frr: Lines) -> Iterator[Mistake]:
    lines = dict(frr)
    process = next((number for number, line in frr if line == "router ospf"), None)
    if process and not any(line.startswith(" ospf router-id ") for line in lines.values()):
        yield Mistake(process, "OSPF has no router-id: FRR would take an address, and another one some day.")


def _forwarding(frr: Lines, text: str) -> Iterator[Mistake]:
    """zebra enables IPv6 forwarding when it starts, whatever the kernel setting was."""
    off = [number for number, line in section_lines(text, "sysctl") if line in _NO_IPV6]
    if off and not any(line == "no ipv6 forwarding" for _, line in frr):
        yield Mistake(off[0], "FRR turns this on again whenever it starts: it lacks `no ipv6 forwarding`.")


def _nexthop_groups(frr: Lines) -> Iterator[Mistake]:
    """zebra 8.4.4 treats a nexthop group as complete when one of its ports has gone down."""
    routing = next((number for number, line in frr if line.startswith("router ")), None)
    if routing and not any(line == "no zebra nexthop kernel enable" for _, line in frr):
        yield Mistake(routing, "routes may lose ways for good: it lacks `no zebra nexthop kernel enable`.")


def _files(units: Lines) -> Iterator[Mistake]:
    """All files of a helper exist."""
    there = {line.split()[2] for _, line in units if line.startswith("#@ file ")}
    for number, line in units:
        for name in re.findall(r"/run/napalm-frr/units/(\S+)", line):
            if name not in there:
                yield Mistake(number, f"a helper wants the file {name}, which is not there.")


def _partners(units: Lines, nftables: Lines) -> Iterator[Mistake]:
    """Packets from another router's helper are accepted."""
    accepted = {port for _, rule in nftables for port in re.findall(r" udp dport (\d+) accept$", rule)}
    for number, line in units:
        found = re.fullmatch(r"\t+Port (\d+)", line)
        if found and found[1] not in accepted:
            yield Mistake(number, f"a helper listens on UDP {found[1]}, and no rule accepts that.")


def _placeholders(text: str) -> Iterator[Mistake]:
    """A key or password in plain text, or a placeholder that nothing would replace."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\$\{(?!secret:[A-Za-z0-9][A-Za-z0-9_./-]*\})", line):
            yield Mistake(number, "a placeholder that is not of the form ${secret:NAME}.")
        secret = re.search(r" (?:password|md5) (\S+)$", line)
        if secret and not secret[1].startswith("${secret:"):
            yield Mistake(number, "a secret stands in the text; write ${secret:NAME}.")
