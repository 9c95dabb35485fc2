"""Checks across the files: every reference has a target, and every design rule is satisfied.

References are checked as far as the files can be read: one bad file does not hide errors in others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.checks.backbone import same_port_names, shape
from baubau_ops.inventory.checks.isps import probes
from baubau_ops.inventory.checks.links import links, placed_links, voice
from baubau_ops.inventory.checks.numbers import locked_outside, pins, pools
from baubau_ops.inventory.checks.phases import phases, totals
from baubau_ops.inventory.checks.risks import risks
from baubau_ops.inventory.checks.services import policy, services
from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import MAX_PORT_NAME
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.problems import Finding, shown_path
from baubau_ops.inventory.files.services import Services
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.numbers.assigned import Holding
from baubau_ops.inventory.numbers.duplicates import duplicates

_TO = "to-"
_LAN = "lan-"


@dataclass(frozen=True, slots=True)
class Names:
    """All names that references can use, taken from the YAML; None where the file cannot be read."""

    kinds: frozenset[str] | None
    zones: frozenset[str] | None
    media: frozenset[str] | None
    kecamatan: frozenset[str] | None
    pops: frozenset[str] | None
    cores: frozenset[str] | None
    segments: frozenset[str] | None
    services: frozenset[str] | None

    @classmethod
    def of(cls, documents: Mapping[str, Mapping[str, Any]]) -> Names:
        def names(file: str, key: str) -> frozenset[str] | None:
            value = documents.get(file, {}).get(key)
            return frozenset(map(str, value)) if isinstance(value, dict | list) else None

        media = names("city.yml", "link_classes")
        return cls(
            kinds=names("city.yml", "kinds"),
            zones=names("city.yml", "zones"),
            media=None if media is None else media - {"span"},
            kecamatan=names("city.yml", "kecamatan"),
            pops=names("backbone.yml", "pops"),
            cores=names("backbone.yml", "cores"),
            segments=names("datacenter.yml", "segments"),
            services=names("services.yml", "services"),
        )


def references(
    documents: Mapping[str, Mapping[str, Any]], models: Mapping[str, BaseModel], sites: frozenset[str] | None
) -> Iterator[Finding]:
    """Find all errors that can be found without numbers."""
    names = Names.of(documents)
    for file, model in models.items():
        if isinstance(model, City):
            yield from _city(model, names)
            listed = (site for site in models.values() if isinstance(site, Site))
            yield from totals(model, listed)
        elif isinstance(model, Backbone):
            yield from _backbone(model, names)
        elif isinstance(model, Services):
            yield from services(model, names.segments, sites)
            yield from _reserved(model.services, "services.yml", ("services",), names)
        elif isinstance(model, Policy):
            yield from policy(model, names.zones, names.segments, names.services)
        elif isinstance(model, Site):
            yield from _site(file, model, names, models.get("city.yml"))
        yield from _assumed(file, model, documents[file])


def numbers(files: Files, locked: Allocations, holdings: Sequence[Holding]) -> Iterator[Finding]:
    """Find errors in pools, pins, the lock and shared risks; `holdings` are those of the files and the lock."""
    yield from risks(files)
    yield from pools(files)
    yield from pins(files, holdings)
    yield from probes(files.backbone, files.city)
    yield from locked_outside(locked, holdings)
    yield from duplicates(holdings)


def unknown(
    file: str, path: tuple[str | int, ...], what: str, name: str, known: Collection[str] | None
) -> Iterator[Finding]:
    """Yield a finding unless `name` is known or the known names could not be read."""
    if known is not None and name not in known:
        known = sorted(known)
        guess = did_you_mean(name, known) or f" There is: {', '.join(known) or 'none'}."
        yield Finding(file, path, f'there is no {what} "{name}".{guess}')


def _city(city: City, names: Names) -> Iterator[Finding]:
    for name in city.zones:
        yield from _port_name(f"{_LAN}{name}", "city.yml", ("zones", name), "zone", name)
    yield from _reserved(city.zones, "city.yml", ("zones",), names)
    for kind, data in city.kinds.items():
        for zone in data.sizes:
            yield from unknown("city.yml", ("kinds", kind, "sizes", zone), "zone", zone, names.zones)
        voice = [zone for zone in data.sizes if zone in city.zones and city.zones[zone].queue == "voice"]
        if voice and data.voice is None:
            message = (
                f'its segment "{voice[0]}" is for calls, but they have no rate. Add voice, such as voice: 1M.'
            )
            yield Finding("city.yml", ("kinds", kind), message, at_key=True)
    if "span" not in city.link_classes:
        yield Finding("city.yml", ("link_classes",), 'there is no class "span" for the backbone. Add it.')
    if "leased" not in city.link_classes:
        message = 'there is no class "leased" for the links to ISPs and the Province. Add it.'
        yield Finding("city.yml", ("link_classes",), message)
    first, last = city.site_asns.first, city.site_asns.last
    if first > last:
        message = f"the first AS number {first} is above the last {last}. Exchange them."
        yield Finding("city.yml", ("site_asns",), message)
    for index, name in enumerate(city.kecamatan):
        if name in city.kecamatan[:index]:
            yield Finding("city.yml", ("kecamatan", index), f'"{name}" is listed twice. Remove one.')
    yield from phases(city)
    for index, phase in enumerate(city.phases):
        for number, target in enumerate(phase.coverage):
            path = ("phases", index, "coverage", number)
            for at, kind in enumerate(target.kinds):
                yield from unknown("city.yml", (*path, "kinds", at), "kind of site", kind, names.kinds)
            for at, medium in enumerate(target.media):
                yield from unknown("city.yml", (*path, "media", at), "medium", medium, names.media)


def _reserved(given: Iterable[str], file: str, path: tuple[str, ...], names: Names) -> Iterator[Finding]:
    """Find ambiguous names: policies refer to zones, segments and services in the same way."""
    others = {"internet": "the internet", "province": "the Province", "bastion": "the bastion"}
    others |= dict.fromkeys(names.segments or (), "a data-center segment")
    if path != ("zones",):
        others |= dict.fromkeys(names.zones or (), "a zone")
    for name in given:
        if name in others:
            message = f'"{name}" is also the name of {others[name]}; a policy could mean either. Rename it.'
            yield Finding(file, (*path, name), message, at_key=True)


def _port_name(port: str, file: str, path: tuple[str, ...], what: str, name: str) -> Iterator[Finding]:
    if len(port) > MAX_PORT_NAME:
        most = MAX_PORT_NAME - len(port) + len(name)
        yield Finding(
            file,
            path,
            f'the interface name "{port}" would have {len(port)} characters; Linux allows {MAX_PORT_NAME}.'
            f" Give the {what} a name of at most {most}.",
            at_key=True,
        )


def _backbone(backbone: Backbone, names: Names) -> Iterator[Finding]:
    file = "backbone.yml"
    for pop, data in backbone.pops.items():
        yield from _port_name(f"{_TO}{pop}", file, ("pops", pop), "POP", pop)
        yield from unknown(file, ("pops", pop, "kecamatan"), "kecamatan", data.kecamatan, names.kecamatan)
    for isp, uplink in backbone.isps.items():
        yield from unknown(file, ("isps", isp, "core"), "core", uplink.core, backbone.cores)
    yield from unknown(file, ("province", "core"), "core", backbone.province.core, backbone.cores)
    yield from same_port_names(backbone)
    yield from shape(backbone)


def _site(file: str, site: Site, names: Names, city: BaseModel | None) -> Iterator[Finding]:
    yield from unknown(file, ("kind",), "kind of site", site.kind, names.kinds)
    yield from unknown(file, ("kecamatan",), "kecamatan", site.kecamatan, names.kecamatan)
    for path, link in placed_links(site):
        yield from unknown(file, (*path, "pop"), "POP", link.pop, names.pops)
        yield from unknown(file, (*path, "media"), "medium", link.media, names.media)
    yield from links(file, site)
    if isinstance(city, City):
        yield from voice(file, site, city)
    for zone, segment in site.segments.items():
        at = ("segments", zone)
        if names.zones is not None and zone not in names.zones:
            yield from unknown(file, at, "zone", zone, names.zones)
        elif segment.size is None and segment.prefix is None and isinstance(city, City):
            kind = city.kinds.get(site.kind)
            if kind is not None and zone not in kind.sizes:
                message = (
                    f'a site of kind "{site.kind}" has no size for "{zone}".'
                    f" Write segments as {{{zone}: {{size: 27}}}}, or add a size to the kind in city.yml."
                )
                yield Finding(file, at, message)


def _assumed(file: str, model: BaseModel, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that every path marked as assumed exists."""
    if isinstance(model, Services):
        for name, service in model.services.items():
            yield from _paths(file, ("services", name), service.assumed, document["services"][name])
    elif isinstance(model, Site):
        yield from _paths(file, (), model.assumed, document)


def _paths(
    file: str, base: tuple[str, ...], assumed: tuple[str, ...], document: Mapping[str, Any]
) -> Iterator[Finding]:
    for index, path in enumerate(assumed):
        if not _exists(path, document):
            known = [shown_path(each) for each in _all_paths(document) if each[0] != "assumed"]
            guess = did_you_mean(path, known)
            yield Finding(file, (*base, "assumed", index), f'there is no "{path}" here.{guess}')


def _exists(path: str, document: object) -> bool:
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return False
    return path != "assumed"


def _all_paths(value: object, base: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, child in pairs:
        yield (*base, key)
        yield from _all_paths(child, (*base, key))
