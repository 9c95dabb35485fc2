"""Who had which public address and port, and when: searched in the logs that the cores keep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from baubau_ops.core.errors import BaubauError, FailedError, InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import LinkKind, Role
from baubau_ops.network.derive.helpers import TRANSLATIONS
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet
from baubau_ops.network.platforms.session import Session

LONGEST = timedelta(days=7)
"""A longer search would read more than a core should while it forwards."""
MOST = 10_000
"""Translations that one core returns."""

# Runs on the core: only what was asked for crosses the network. A translation may have begun before `since`:
# what ended since then, or has not ended, is found in the days between.
_PROGRAM = """\
import ipaddress, json, pathlib, sys
wanted = json.loads(sys.argv[1])
networks = [ipaddress.ip_network(text) for text in wanted["inside"]]
found = 0
for day in sorted(pathlib.Path(wanted["folder"]).glob("????-??-??")):
    if not wanted["first"] <= day.name <= wanted["last"]:
        continue
    for line in day.open():
        if wanted["public"] and '"o":"%s"' % wanted["public"] not in line:
            continue
        record = json.loads(line)
        if wanted["port"] is not None and record["op"] != wanted["port"]:
            continue
        if networks and not any(ipaddress.ip_address(record["i"]) in network for network in networks):
            continue
        if record["t"] > wanted["until"] or (record["e"] == "end" and record["t"] < wanted["since"]):
            continue
        found += 1
        if found <= 2 * wanted["most"]:
            print(line, end="")
print("# end", found)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; a field that is None matches everything. Times are UTC."""

    since: datetime
    until: datetime
    site: str | None = None
    inside: IPv4Address | None = None
    public: IPv4Address | None = None
    port: int | None = None
    """Public port."""

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise InputError("The time searched ends before it begins.")
        if self.until - self.since > LONGEST:
            raise InputError(f"At most {LONGEST.days} days can be searched at once.")


@dataclass(frozen=True, slots=True)
class Translation:
    """One connection as the internet saw it."""

    core: str
    protocol: str
    inside: IPv4Address
    inside_port: int
    public: IPv4Address
    public_port: int
    remote: IPv4Address
    remote_port: int
    began: datetime | None
    """None: before the time searched."""
    ended: datetime | None
    """None: it still lasts, or did at the end of the time searched."""
    site: str
    """Whose segment the inside address is in; empty for none of today's."""


def search(inventory: Inventory, fleet: Fleet, query: Query) -> list[Translation]:
    """Ask every core that has an ISP; sorted by time. Raises what a core answered if one could not be read."""
    if inventory.city.translations is None:
        raise InputError("Translations are not logged in this city: city.yml has no `translations`.")
    networks = _inside(inventory, query)
    answers = fleet.run(_cores(inventory), _asking(query, networks))
    found: list[Translation] = []
    sites = _sites(inventory)
    for core, answer in answers.items():
        if isinstance(answer, BaubauError):
            raise answer
        found += _paired(core, answer, sites)
    inside = [one for one in found if one.began is None or one.began <= query.until]
    return sorted(inside, key=lambda one: (one.began or query.since, one.inside, one.inside_port))


def _cores(inventory: Inventory) -> list[str]:
    links = inventory.topology.links.values()
    return sorted({link.a.node for link in links if link.kind is LinkKind.ISP})


def _inside(inventory: Inventory, query: Query) -> list[IPv4Network]:
    if query.inside is not None:
        return [IPv4Network(query.inside)]
    if query.site is None:
        return []
    lans = [lan.prefix for lan in inventory.topology.lans if lan.owner == query.site]
    if not lans:
        raise InputError(f'The site "{query.site}" has no segment.')
    return lans


def _sites(inventory: Inventory) -> Mapping[IPv4Network, str]:
    roles = {node.name: node.role for node in inventory.topology.nodes.values()}
    return {lan.prefix: lan.owner for lan in inventory.topology.lans if roles[lan.router] is Role.SITE}


def _asking(query: Query, networks: Iterable[IPv4Network]) -> DeviceTask[list[Mapping[str, Any]]]:
    wanted = {
        "folder": TRANSLATIONS,
        "first": f"{query.since - timedelta(days=1):%Y-%m-%d}",
        "last": f"{query.until:%Y-%m-%d}",
        "since": query.since.timestamp(),
        "until": query.until.timestamp(),
        "inside": [str(network) for network in networks],
        "public": str(query.public) if query.public else "",
        "port": query.port,
        "most": MOST,
    }
    script = f"python3 - '{json.dumps(wanted)}' <<'END_OF_PROGRAM'\n{_PROGRAM}END_OF_PROGRAM\n"

    def ask(device: str, session: Session) -> list[Mapping[str, Any]]:
        *lines, end = session.run(script).splitlines() or [""]
        if not end.startswith("# end "):
            raise FailedError(f"{device}: the translation log was not read to its end")
        if int(end.split()[2]) > 2 * MOST:
            raise InputError(
                f"{device} has more than {MOST} translations of this kind.", remedy="Ask for less."
            )
        return [json.loads(line) for line in lines]

    return ask


def _paired(
    core: str, records: Iterable[Mapping[str, Any]], sites: Mapping[IPv4Network, str]
) -> Iterator[Translation]:
    """Put beginnings and ends together; ports are used again, so an end belongs to the last beginning before it."""
    lasting: dict[tuple[object, ...], Translation] = {}
    for record in records:
        key = tuple(record[name] for name in ("p", "i", "ip", "o", "op", "r", "rp"))
        time = datetime.fromtimestamp(record["t"], UTC)
        if record["e"] == "end":
            known = lasting.pop(key, None) or _translation(core, record, sites)
            yield replace(known, ended=time)
        else:
            lasting[key] = replace(_translation(core, record, sites), began=time)
    yield from lasting.values()


def _translation(core: str, record: Mapping[str, Any], sites: Mapping[IPv4Network, str]) -> Translation:
    inside = IPv4Address(record["i"])
    site = next((owner for prefix, owner in sites.items() if inside in prefix), "")
    return Translation(
        core=core,
        protocol=record["p"],
        inside=inside,
        inside_port=record["ip"],
        public=IPv4Address(record["o"]),
        public_port=record["op"],
        remote=IPv4Address(record["r"]),
        remote_port=record["rp"],
        began=None,
        ended=None,
        site=site,
    )
