"""Compares what a router does besides routing with its model: settings, shaped and policed ports, helpers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.compare.checks import Checked, Problem, verdict
from baubau_ops.network.compare.verdict import Verdict
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render.sysctl import sysctl
from baubau_ops.network.platforms.frr.render.units import services
from baubau_ops.network.platforms.frr.verify.policing import (
    Policer,
    check_policer,
    policed_ports,
    read_policers,
)
from baubau_ops.network.platforms.frr.verify.queues import SeenPort, check_port, read_class, read_queues
from baubau_ops.network.platforms.session import Session

_PROC = "/proc/sys/"
_PORT, _NEXTHOPS, _HELPER = "# port ", "# nexthops ", "# helper "
_END = "# end"


@dataclass(frozen=True, slots=True)
class Kernel:
    """State of a router's kernel and services."""

    settings: Mapping[str, str]
    """Values by key."""
    ports: Mapping[str, SeenPort]
    """Shaped ports, by name."""
    policers: Mapping[str, Policer]
    """Policers, by port."""
    nexthops: int
    """Number of nexthop objects."""
    helpers: Mapping[str, str]
    """The state of each service, such as `active`."""


def read_kernel(router: Router, session: Session) -> Kernel:
    """Read what a router's configuration sets. FailedError if it cannot be read, ValueError for unknown content."""
    return parse(session.run(script(router)))


def script(router: Router) -> str:
    """The script for the router's root shell; it omits settings that the kernel does not have."""
    files = " ".join(_PROC + key.replace(".", "/") for key in sysctl(router))
    ports = " ".join(shaped.port for shaped in router.shaped)
    helpers = " ".join(services(router.helpers))
    policed = "nft -j list table inet baubau || exit 1\n" if policed_ports(router.filters.forward) else ""
    return (
        "LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
        f"grep -s '' /dev/null {files}\n"
        f"for port in {ports}; do\n"
        f'    echo "{_PORT}$port"; tc -j qdisc show dev $port && echo && tc -d class show dev $port || exit 1\n'
        "done\n"
        f"{policed}"
        f'echo "{_NEXTHOPS}$(ip nexthop | wc -l)"\n'
        f'for unit in {helpers}; do echo "{_HELPER}$unit $(systemctl is-active $unit)"; done\n'
        f"echo '{_END}'\n"
    )


def parse(output: str) -> Kernel:
    """Parse the script's output into values; ValueError if it is incomplete or has unknown content."""
    lines = output.splitlines()
    if not lines or lines[-1] != _END:
        raise ValueError("the answer is not whole")
    settings: dict[str, str] = {}
    ports: dict[str, SeenPort] = {}
    policers: dict[str, Policer] = {}
    nexthops: int | None = None
    helpers: dict[str, str] = {}
    port: SeenPort | None = None
    for line in lines[:-1]:
        if line.startswith(_PORT):
            port = ports[line.removeprefix(_PORT)] = SeenPort()
        elif line.startswith("{"):
            policers = read_policers(json.loads(line))
        elif line.startswith(_NEXTHOPS):
            nexthops = int(line.removeprefix(_NEXTHOPS))
        elif line.startswith(_HELPER):
            unit, state = line.removeprefix(_HELPER).split()
            helpers[unit] = state
        elif port is None:
            file, _, value = line.partition(":")
            settings[file.removeprefix(_PROC).replace("/", ".")] = value
        elif line.startswith("["):
            read_queues(port, json.loads(line))
        elif line.startswith("class "):
            read_class(port, line)
        elif line.strip():
            raise ValueError(f"tc says: {line}")
    if nexthops is None:
        raise ValueError("the answer is not whole")
    return Kernel(settings, ports, policers, nexthops, helpers)


def check_kernel(router: Router, seen: Kernel | BaubauError) -> Verdict:
    """One check per setting, port and helper; an error in place of the reading fails all of them."""
    policed = policed_ports(router.filters.forward)
    helpers, settings = services(router.helpers), sysctl(router)
    if isinstance(seen, BaubauError):
        message = f"Kernel settings and queues could not be checked: {seen}"
        problem = Problem("", "", message, "could not check")
        count = 1 + len(settings) + len(router.shaped) + len(policed) + len(helpers)
        return verdict(router.name, [Checked("kernel", (problem,), count)])
    checks = [Checked("kernel", tuple(_setting(key, value, seen))) for key, value in settings.items()]
    checks.append(Checked("kernel", tuple(_nexthops(seen))))
    checks += [
        Checked("queues", tuple(check_port(shaped, seen.ports[shaped.port]))) for shaped in router.shaped
    ]
    checks += [
        Checked("policing", tuple(check_policer(site, seen.policers.get(site.port)))) for site in policed
    ]
    checks += [Checked("helpers", tuple(_helper(unit, seen))) for unit in helpers]
    return verdict(router.name, checks)


def _setting(key: str, value: str, seen: Kernel) -> Iterator[Problem]:
    is_ = seen.settings.get(key)
    if is_ != value:
        told = "the kernel has no such setting" if is_ is None else f"is {is_}"
        yield Problem("setting", key, f"Kernel {key}: expected {value}, {told}.")


def _nexthops(seen: Kernel) -> Iterator[Problem]:
    """zebra 8.4 continues to use a nexthop object that the kernel emptied when a port went down."""
    if seen.nexthops:
        message = f"Nexthop objects in the kernel: expected none, there are {seen.nexthops}."
        yield Problem("nexthops", "", message)


def _helper(unit: str, seen: Kernel) -> Iterator[Problem]:
    state = seen.helpers.get(unit, "unknown")
    if state != "active":
        yield Problem("state", unit, f"Helper {unit}: expected active, is {state}.")
