"""What a router's kernel does, beside routes, against what is derived for it: settings, shaped and policed ports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from baubau_ops.core.errors import BaubauError
from baubau_ops.network.checked import Checked, Problem, verdict
from baubau_ops.network.device import Device, ShapedPort, TrafficClass
from baubau_ops.network.observe import run_script
from baubau_ops.network.verdict import Verdict
from baubau_ops.network.verify_policing import Policer, check_policer, policed_ports, read_policers

if TYPE_CHECKING:
    from napalm.base.base import NetworkDriver

_PROC = "/proc/sys/"
_PORT = "# port "
_END = "# end"
_CLASS = re.compile(
    r"class htb (?P<id>\S+) (?:root|parent (?P<parent>\S+))(?: leaf \S+)?"
    r"(?: prio (?P<prio>\d+) quantum (?P<quantum>\d+))?"
    r" rate (?P<rate>\S+) ceil (?P<ceil>\S+) "
)
_RATE = re.compile(r"(\d+)([KMGT]?)bit")
_FACTOR = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000}
_EXACT = 1_000
"""tc cuts what does not matter off a rate: less than one part in so many."""


@dataclass(frozen=True, slots=True)
class SeenClass:
    """A traffic class as tc prints it."""

    parent: str
    """`1:1`; empty below the root."""
    rate: int
    ceil: int
    priority: int | None
    """None where it has classes below it: then it means nothing."""
    quantum: int | None


@dataclass(slots=True)
class SeenPort:
    """The queues of one port."""

    default: int | None = None
    """Of its HTB; None without one."""
    limits: dict[str, int] = field(default_factory=dict)
    """By class (`1:30`): bytes that its queue takes."""
    classes: dict[str, SeenClass] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A router's settings by key, and its shaped and policed ports by name."""

    settings: Mapping[str, str]
    ports: Mapping[str, SeenPort]
    policers: Mapping[str, Policer]


def read_kernel(device: Device, driver: NetworkDriver) -> Kernel:
    """Read what a router's text sets. FailedError if it cannot be read, ValueError if it is not understood."""
    return parse(run_script(device.name, driver, script(device)))


def script(device: Device) -> str:
    """What the router's root shell is to run; a setting that the kernel lacks is left out of the answer."""
    files = " ".join(_PROC + key.replace(".", "/") for key in device.sysctl)
    ports = " ".join(shaped.port for shaped in device.qos)
    policed = "nft -j list table inet baubau || exit 1\n" if policed_ports(device.filters.forward) else ""
    return (
        "LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
        f"grep -s '' /dev/null {files}\n"
        f"for port in {ports}; do\n"
        f'    echo "{_PORT}$port"; tc -j qdisc show dev $port && echo && tc -d class show dev $port || exit 1\n'
        "done\n"
        f"{policed}echo '{_END}'\n"
    )


def parse(output: str) -> Kernel:
    """Turn the script's output into values; ValueError unless it is whole and known."""
    lines = output.splitlines()
    if not lines or lines[-1] != _END:
        raise ValueError("the answer is not whole")
    settings: dict[str, str] = {}
    ports: dict[str, SeenPort] = {}
    policers: dict[str, Policer] = {}
    port: SeenPort | None = None
    for line in lines[:-1]:
        if line.startswith(_PORT):
            port = ports[line.removeprefix(_PORT)] = SeenPort()
        elif line.startswith("{"):
            policers = read_policers(json.loads(line))
        elif port is None:
            file, _, value = line.partition(":")
            settings[file.removeprefix(_PROC).replace("/", ".")] = value
        elif line.startswith("["):
            _queues(port, json.loads(line))
        elif line.startswith("class "):
            _class(port, line)
        elif line.strip():
            raise ValueError(f"tc says: {line}")
    return Kernel(settings, ports, policers)


def _queues(port: SeenPort, document: list[dict[str, Any]]) -> None:
    for entry in document:
        if entry["kind"] == "htb" and entry.get("root"):
            port.default = int(entry["options"]["default"], 16)
        elif entry["kind"] == "bfifo":
            port.limits[entry["parent"]] = int(entry["options"]["limit"])


def _class(port: SeenPort, line: str) -> None:
    found = _CLASS.match(line)
    if not found:
        raise ValueError(f"tc says: {line}")
    port.classes[found["id"]] = SeenClass(
        parent=found["parent"] or "",
        rate=_rate(found["rate"]),
        ceil=_rate(found["ceil"]),
        priority=int(found["prio"]) if found["prio"] else None,
        quantum=int(found["quantum"]) if found["quantum"] else None,
    )


def _rate(text: str) -> int:
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is not a rate")
    return int(found[1]) * _FACTOR[found[2]]


def check_kernel(device: Device, seen: Kernel | BaubauError) -> Verdict:
    """One check for each setting and each shaped or policed port; an error in place of the reading fails all."""
    policed = policed_ports(device.filters.forward)
    if isinstance(seen, BaubauError):
        message = f"Kernel settings and queues could not be checked: {seen}"
        problem = Problem("", "", message, "could not check")
        count = len(device.sysctl) + len(device.qos) + len(policed)
        return verdict(device.name, [Checked("kernel", (problem,), count)])
    checks = [Checked("kernel", tuple(_setting(key, value, seen))) for key, value in device.sysctl.items()]
    checks += [Checked("queues", tuple(_port(shaped, seen))) for shaped in device.qos]
    checks += [
        Checked("policing", tuple(check_policer(site, seen.policers.get(site.port)))) for site in policed
    ]
    return verdict(device.name, checks)


def _setting(key: str, value: str, seen: Kernel) -> Iterator[Problem]:
    is_ = seen.settings.get(key)
    if is_ != value:
        told = "the kernel has no such setting" if is_ is None else f"is {is_}"
        yield Problem("setting", key, f"Kernel {key}: expected {value}, {told}.")


def _port(expected: ShapedPort, seen: Kernel) -> Iterator[Problem]:
    name = expected.port
    port = seen.ports[name]
    if port.default is None:
        yield Problem("port", name, f"Queues of {name}: expected shaped, is not.")
        return
    # tc takes and prints the numbers of classes as hexadecimal digits, and derive writes them as such.
    if f"{port.default:x}" != str(expected.default):
        message = f"Queues of {name}: expected default class {expected.default}, is {port.default:x}."
        yield Problem("default", name, message)
    wanted = {f"1:{one.minor}": one for one in expected.classes}
    for number, one in wanted.items():
        yield from _traffic_class(name, number, one, port)
    for number in sorted(port.classes.keys() - wanted.keys()):
        message = f"Queues of {name}: class {number} is not expected."
        yield Problem("other", f"{name} {number}", message, "unexpected")


def _traffic_class(port: str, number: str, expected: TrafficClass, seen: SeenPort) -> Iterator[Problem]:
    subject = f"{port} {number}"
    found = seen.classes.get(number)
    if found is None:
        yield Problem("class", subject, f"Queues of {port}: there is no class {number}.")
        return
    terms: list[tuple[str, object, object]] = [
        ("parent", f"1:{expected.parent}" if expected.parent else "", found.parent),
        ("rate", expected.rate, _near(found.rate, expected.rate)),
        ("ceil", expected.ceil, _near(found.ceil, expected.ceil)),
    ]
    if expected.limit is not None:
        terms += [
            ("priority", expected.priority, found.priority),
            ("quantum", expected.quantum, found.quantum),
            ("queue", expected.limit, seen.limits.get(number)),
        ]
    for what, wanted, is_ in terms:
        if wanted != is_:
            yield Problem(
                what, subject, f"Queues of {port}: class {number}: expected {what} {wanted}, is {is_}."
            )


def _near(seen: int, expected: int) -> int:
    """The expected rate if tc means that, else what was seen."""
    return expected if abs(seen - expected) * _EXACT < expected else seen
