"""Checks services and the policy: targets exist, and dependencies have no cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.services import Service, Services


def services(
    model: Services, segments: frozenset[str] | None, sites: frozenset[str] | None
) -> Iterator[Finding]:
    file = "services.yml"
    for name, service in model.services.items():
        path = ("services", name)
        if segments is not None and service.segment not in segments:
            message = _unknown("data-center segment", service.segment, segments)
            yield Finding(file, (*path, "segment"), message)
        for index, needed in enumerate(service.depends):
            if needed not in model.services:
                message = _unknown("service", needed, frozenset(model.services))
                yield Finding(file, (*path, "depends", index), message)
        for index, site in enumerate(service.sites):
            if sites is not None and site not in sites:
                yield Finding(file, (*path, "sites", index), _unknown("site", site, sites))
        for index, port in enumerate(service.ports):
            if port in service.ports[:index]:
                yield Finding(file, (*path, "ports", index), f"{port} is listed twice. Remove one.")
    yield from _cycles(model.services)


def _unknown(what: str, name: str, known: frozenset[str]) -> str:
    guess = did_you_mean(name, known) or f" There is: {', '.join(sorted(known)) or 'none'}."
    return f'there is no {what} "{name}".{guess}'


def _cycles(given: Mapping[str, Service]) -> Iterator[Finding]:
    """Yield one finding for each cycle of dependencies, at its first service."""
    done: set[str] = set()
    for start in given:
        trail: list[str] = []
        stack = [(start, 0)]
        while stack:
            name, index = stack.pop()
            if index == 0:
                if name in done or name not in given:
                    continue
                if name in trail:
                    circle = [*trail[trail.index(name) :], name]
                    message = (
                        f"these services wait for each other: {' → '.join(circle)}. Remove one dependency."
                    )
                    yield Finding("services.yml", ("services", name, "depends"), message)
                    continue
                trail.append(name)
            depends = given[name].depends
            if index < len(depends):
                stack.append((name, index + 1))
                stack.append((depends[index], 0))
            else:
                trail.pop()
                done.add(name)


def policy(
    model: Policy,
    zones: frozenset[str] | None,
    segments: frozenset[str] | None,
    known_services: frozenset[str] | None,
) -> Iterator[Finding]:
    file = "policy.yml"
    is_known = zones is not None and segments is not None and known_services is not None
    places = (zones or frozenset()) | (segments or frozenset()) | {"province"}
    sources = places | {"bastion"}
    targets = places | {"internet"} | (known_services or frozenset())
    seen: dict[tuple[str, str], int] = {}
    for index, reach in enumerate(model.reach):
        if is_known and reach.source not in sources:
            yield Finding(file, ("reach", index, "from"), _no_place(reach.source, sources, "source"))
        if is_known and reach.to not in targets:
            yield Finding(file, ("reach", index, "to"), _no_place(reach.to, targets, "target"))
        pair = (reach.source, reach.to)
        if pair in seen:
            message = f"{reach.source} → {reach.to} stands in the list already. Remove one."
            yield Finding(file, ("reach", index), message)
        seen.setdefault(pair, index)


def _no_place(name: str, known: frozenset[str], role: str) -> str:
    guess = did_you_mean(name, known) or f" Known as a {role}: {', '.join(sorted(known))}."
    return f'there is no zone or other {role} "{name}".{guess}'
