"""Which inside address used which public address and port, and when: searches the logs on the cores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

from baubau_ops.core.errors import BaubauError, InputError
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.topology import LinkKind, Role
from baubau_ops.network.fleet.fleet import DeviceTask, Fleet
from baubau_ops.network.platforms.translations import Search, TranslationEvent

LONGEST = timedelta(days=7)
"""A longer search would read more than a core should read while it forwards."""
MOST = 10_000
"""Maximum number of translations that one core returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Search criteria; a field that is None matches everything. Times are UTC."""

    since: datetime
    until: datetime
    site: str | None = None
    inside: IPv4Address | None = None
    public: IPv4Address | None = None
    port: int | None = None
    """The public port."""

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise InputError("The time searched ends before it begins.")
        if self.until - self.since > LONGEST:
            raise InputError(f"At most {LONGEST.days} days can be searched at once.")


@dataclass(frozen=True, slots=True)
class Translation:
    """One connection as seen from the internet."""

    core: str
    protocol: str
    inside: IPv4Address
    inside_port: int
    public: IPv4Address
    public_port: int
    remote: IPv4Address
    remote_port: int
    began: datetime | None
    """None if it began before the searched time."""
    ended: datetime | None
    """None if it has not ended, or not within the searched time."""
    site: str
    """Site with the segment of the inside address; empty if no present segment contains it."""


def search(inventory: Inventory, fleet: Fleet, query: Query) -> list[Translation]:
    """Query every core that has an ISP; sorted by time. Raises the error of a core that could not be read."""
    if inventory.city.translations is None:
        raise InputError("Translations are not logged in this city: city.yml has no `translations`.")
    wanted = Search(
        since=query.since,
        until=query.until,
        inside=tuple(_inside(inventory, query)),
        public=query.public,
        port=query.port,
        most=MOST,
    )
    answers = fleet.run(_cores(inventory), _asking(fleet, wanted))
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


def _asking(fleet: Fleet, wanted: Search) -> DeviceTask[Sequence[TranslationEvent]]:
    return lambda device, session: fleet.platforms[device].search_translations(device, session, wanted)


def _paired(
    core: str, events: Iterable[TranslationEvent], sites: Mapping[IPv4Network, str]
) -> Iterator[Translation]:
    """Join beginnings and ends; ports are reused, so an end belongs to the last beginning before it."""
    lasting: dict[TranslationEvent, Translation] = {}
    for event in events:
        key = replace(event, at=datetime.min, ends=False)
        if event.ends:
            known = lasting.pop(key, None) or _translation(core, event, sites)
            yield replace(known, ended=event.at)
        else:
            lasting[key] = replace(_translation(core, event, sites), began=event.at)
    yield from lasting.values()


def _translation(core: str, event: TranslationEvent, sites: Mapping[IPv4Network, str]) -> Translation:
    site = next((owner for prefix, owner in sites.items() if event.inside in prefix), "")
    return Translation(
        core=core,
        protocol=event.protocol,
        inside=event.inside,
        inside_port=event.inside_port,
        public=event.public,
        public_port=event.public_port,
        remote=event.remote,
        remote_port=event.remote_port,
        began=None,
        ended=None,
        site=site,
    )
