"""Who holds which number, by lock or by pin, and where two hold the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.numbers.assigned import Assigned, assigned

_LOCK = "allocations.yml"
_RESOLVE = "baubau inventory allocate --resolve"


class Claim(NamedTuple):
    """Somebody's hold on numbers `first` to `last` of one kind. There are four for every site."""

    first: int
    last: int
    section: str
    """Of the lock."""
    holder: str
    """Its id there."""
    form: str
    """How people call it, with a place for the number: `AS {}`, `office {}`."""
    given: object
    """The number as the lock writes it."""
    pin: DocumentPath = ()
    """Where the holder's file pins it; empty when the lock holds it."""

    @property
    def what(self) -> str:
        """For people: `AS 4200000001`, `office 10.64.0.0/26`."""
        return self.form.format(self.given)


def duplicates(files: Files, locked: Allocations) -> Iterator[Finding]:
    """Numbers that two hold, by lock or by pin."""
    pairs: defaultdict[tuple[tuple[str, str], tuple[str, str]], list[tuple[Claim, Claim]]] = defaultdict(list)
    for first, second in collisions(files, locked):
        one, two = sorted((first, second), key=lambda claim: (claim.section, claim.holder))
        pin = one if one.pin else two
        if pin.pin:
            other = two if pin is one else one
            yield _pinned_twice(pin, other)
        else:
            pairs[(one.section, one.holder), (two.section, two.holder)].append((one, two))
    for found in pairs.values():
        yield _locked_twice(found)


def _pinned_twice(pin: Claim, other: Claim) -> Finding:
    verb = "is also pinned by" if other.pin else "is already held by"
    where = f"sites/{other.holder}.yml" if other.pin else f"{other.holder} ({_LOCK})"
    message = f"{pin.what} {verb} {where}. Pin another, or leave the pin out."
    return Finding(f"sites/{pin.holder}.yml", pin.pin, message)


def _locked_twice(found: list[tuple[Claim, Claim]]) -> Finding:
    one, two = found[0]
    numbers = ", ".join(dict.fromkeys(second.what for _, second in found))
    remedy = f'Reallocate {two.holder}: run "{_RESOLVE}".'
    message = f"{one.holder} and {two.holder} both hold {numbers}. {remedy}"
    return Finding(_LOCK, (two.section, two.holder), message)


def collisions(files: Files, locked: Allocations) -> Iterator[tuple[Claim, Claim]]:
    """Every two holders of one number."""
    sites = assigned(files.sites, locked)
    yield from _sweep(_addresses(sites, locked))
    asns = (
        Claim(numbers.asn, numbers.asn, "sites", name, "AS {}", numbers.asn, _at(numbers, "asn", "asn"))
        for name, numbers in sites.items()
        if numbers.asn is not None
    )
    yield from _sweep(asns)
    ports: defaultdict[str, list[Claim]] = defaultdict(list)
    for name, numbers in sites.items():
        for pop, access in numbers.links.items():
            if access.port is not None:
                form, number, pin = f"port {{}} of POP {pop}", access.port, access.port_pin
                ports[pop].append(Claim(number, number, "sites", name, form, number, pin))
    for claims in ports.values():
        yield from _sweep(claims)


def _at(numbers: Assigned, pin: str, *path: str) -> DocumentPath:
    return path if pin in numbers.pinned else ()


def _addresses(sites: dict[str, Assigned], locked: Allocations) -> Iterator[Claim]:
    for name, address in locked.loopbacks.items():
        yield _claim("loopbacks", name, "loopback", address)
    for name, link in locked.links.items():
        yield _claim("links", name, "link", link)
    for name, address in locked.services.items():
        yield _claim("services", name, "service", address)
    for segment, lans in locked.lans.items():
        for firewall, lan in lans.items():
            yield _claim("lans", segment, f"LAN of {firewall}", lan)
    for name, numbers in sites.items():
        if numbers.loopback is not None:
            yield _claim("sites", name, "loopback", numbers.loopback, _at(numbers, "loopback", "loopback"))
        for zone, prefix in numbers.segments.items():
            yield _claim("sites", name, zone, prefix, _at(numbers, zone, "segments", zone, "prefix"))
        for access in numbers.links.values():
            if access.prefix is not None:
                yield _claim("sites", name, "link", access.prefix, access.prefix_pin)


def _claim(
    section: str, holder: str, what: str, given: IPv4Address | IPv4Network, pin: DocumentPath = ()
) -> Claim:
    form = what + " {}"
    if isinstance(given, IPv4Address):
        return Claim(int(given), int(given), section, holder, form, given, pin)
    first = int(given.network_address)
    return Claim(first, first + (1 << (32 - given.prefixlen)) - 1, section, holder, form, given, pin)


def _sweep(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Every claim that begins before a former one has ended, with that former one."""
    widest: Claim | None = None
    for claim in sorted(claims, key=lambda claim: claim.first):
        if widest is not None and claim.first <= widest.last:
            yield widest, claim
        if widest is None or claim.last > widest.last:
            widest = claim
