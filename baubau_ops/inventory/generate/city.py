"""A valid synthetic city of any size, for trials and measurements; the same seed gives the same city."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from random import Random

from pydantic import BaseModel

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.files import new_folder
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.services import Services
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.generate.backbone import capacity, draw_names, draw_spans, split_into_rings
from baubau_ops.inventory.generate.sites import (
    KINDS,
    VOICE,
    ZONES,
    DrawnSite,
    composition,
    draw_sites,
    pop_count,
)
from baubau_ops.inventory.generate.space import pools
from baubau_ops.inventory.load import FILES, Source, assemble
from baubau_ops.inventory.numbers import lockfile

_EVERY = 500  # files between two steps of the progress bar
_BESIDES = 4  # routers: two cores and two firewalls
_ISPS = {"isp-1": ("Telkomsel", 64500, "core-1", 0), "isp-2": ("Indosat", 64501, "core-2", 2)}


def generate(folder: Path, *, sites: int, seed: int, on_event: OnEvent = ignore) -> Inventory:
    """Write the city into a new or empty folder, whole or not at all, and return it.

    InputError when the folder holds anything, or when there are no or too many sites for the address space.
    """
    if sites < 1:
        raise InputError(f"A city of {sites} sites cannot be generated.", remedy="Give --sites 1 or more.")
    space = pools(sites)
    _refuse_occupied(folder)
    texts = city_texts(sites, seed, space)
    inventory = _assembled(texts, folder, on_event)
    texts[lockfile.NAME] = lockfile.write(inventory.numbers)
    _write(folder, texts, on_event)
    return inventory


def sites_for(routers: int) -> int:
    """How many sites make a city of at most so many routers of ours; InputError when that is none."""
    for sites in range(routers - _BESIDES, 0, -1):
        if sites + pop_count(sites) + _BESIDES <= routers:
            return sites
    raise InputError(f"A city has at least {_BESIDES + 2} routers, not {routers}.")


def city_texts(sites: int, seed: int, space: Mapping[str, IPv4Network]) -> dict[str, str]:
    """Every file but the lock, by its name."""
    random = Random(seed)
    pops = draw_names(pop_count(sites), random)
    drawn = sorted(draw_sites(sites, pops, random), key=lambda site: site.id)
    origin = f"# Made by `baubau inventory generate --sites {sites} --seed {seed}`: no real place.\n"
    return {
        "city.yml": origin + _city(sites, pops, space),
        "backbone.yml": origin + _backbone(pops, drawn, random),
        "datacenter.yml": origin + _datacenter(sum(site.committed for site in drawn)),
        "services.yml": origin + _SERVICES,
        "policy.yml": origin + _POLICY,
        **{f"sites/{site.id}.yml": site.text for site in drawn},
    }


def _refuse_occupied(folder: Path) -> None:
    try:
        entries = len(os.listdir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InputError(f"{folder} is not a folder.", remedy="Name a new folder.") from None
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error
    if entries:
        plural = "entries" if entries > 1 else "entry"
        raise InputError(f"{folder} is not empty: {entries} {plural}.", remedy="Name a new folder.")


def _assembled(texts: Mapping[str, str], folder: Path, on_event: OnEvent) -> Inventory:
    """The city as a reader would have it: nothing is written that would not pass the check."""
    models: tuple[type[BaseModel], ...] = (City, Backbone, Datacenter, Services, Policy)
    source = Source()
    for name, model in zip(FILES, models, strict=True):
        source.add_text(name, texts[name], model)
    sites = [name for name in texts if name not in FILES]
    for name in _counted(sites, "check", on_event):
        source.add_text(name, texts[name], Site)
    return assemble(source, folder)


def _counted(names: Collection[str], what: str, on_event: OnEvent) -> Iterator[str]:
    """Yield the same names, and report progress."""
    on_event(Event("start", what, total=len(names)))
    for number, name in enumerate(names):
        if number % _EVERY == 0:
            on_event(Event("progress", what, done=number, total=len(names)))
        yield name
    on_event(Event("done", what, done=len(names), total=len(names)))


def _write(folder: Path, texts: Mapping[str, str], on_event: OnEvent) -> None:
    """Write without syncing: the same seed gives the files again after a power cut."""
    try:
        with new_folder(folder) as new:
            (new / "sites").mkdir()
            for name in _counted(texts, "write", on_event):
                with open(f"{new}/{name}", "w", encoding="utf-8") as file:
                    file.write(texts[name])
    except OSError as error:
        raise FailedError(f"{folder} cannot be written: {error.strerror}.") from error


def _city(sites: int, pops: list[str], space: Mapping[str, IPv4Network]) -> str:
    counts = Counter[str]()
    for variant, count in composition(sites).items():
        counts[variant.kind] += count
    kinds = "".join(
        # A tenth of each kind is not connected yet, so that the coverage report has something to show.
        f"  {kind}: {{total: {-(-counts[kind] * 10 // 9) or 1}, sizes: {_flow(sizes)}"
        f"{f', voice: {VOICE[kind]}' if kind in VOICE else ''}, assumed: true}}\n"
        for kind, sizes in KINDS.items()
    )
    return (
        f"name: Kota Buatan ({sites})\n"
        'code: "0000"\n'
        "asn: 64496                         # documentation (RFC 5398)\n"
        f"site_asns: {{first: 4200000001, last: {4200000000 + max(9999, 2 * sites)}}}\n"
        "public: 198.51.100.0/24            # documentation (RFC 5737)\n\npools:\n"
        + "".join(f"  {name}: {space[name]}\n" for name in ("loopback", "link", "service", "datacenter"))
        + "\nzones:\n"
        + "".join(
            f"  {name}: {{pool: {space[name]}{', queue: voice' if name == 'voice' else ''}}}\n"
            for name in ZONES
        )
        + f"\nkinds:\n{kinds}{_CLASSES}\nkecamatan:\n"
        + "".join(f"  - {pop}\n" for pop in pops)
        + "control: 1M\nquarantine: 90d\n"
    )


def _flow(values: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"


def _backbone(pops: list[str], sites: list[DrawnSite], random: Random) -> str:
    committed = Counter[str]()
    for site in sites:
        for pop in site.pops:  # a backup's ring carries it when the primary is lost
            committed[pop] += site.committed
    total = sum(committed.values())
    of_rings = [sum(committed[pop] for pop in ring) for ring in split_into_rings(pops)]
    capacities = {"core": capacity(total), "ring": capacity(max(of_rings))}
    capacities["cross"] = capacities["ring"]
    spans = "".join(
        f"  - {{a: {span.a}, b: {span.b}, km: {span.km}, capacity: {capacities[span.role]}"
        f"{'' if span.role == 'ring' else f', role: {span.role}'}}}\n"
        for span in draw_spans(pops, random)
    )
    isps = "".join(
        f"  {name}: {{name: {title}, asn: {asn}, core: {core}, address: 192.0.2.{host + 1}/31,"
        f" peer: 192.0.2.{host}, capacity: {capacity(total)}}}\n"
        for name, (title, asn, core, host) in _ISPS.items()
    )
    return (
        "cores:\n  core-1: {nat: 198.51.100.0/25}\n  core-2: {nat: 198.51.100.128/25}\n\npops:\n"
        + "".join(f"  {pop}: {{kecamatan: {pop}}}\n" for pop in pops)
        + f"\nspans:\n{spans}\nisps:\n{isps}\n"
        + "province:\n  name: Provinsi Buatan\n  asn: 64502\n  core: core-1\n"
        + f"  prefixes: [172.22.0.0/24]\n  capacity: {capacity(total)}\n"
    )


def _datacenter(committed: int) -> str:
    return (
        f"firewalls: [dc-1, dc-2]            # active, standby\ncapacity: {capacity(committed)}\nsegments:\n"
        "  services: {name: Aplikasi dan data, size: 27}\n"
        "  command: {name: Command Center, size: 28}\n"
    )


_CLASSES = """
link_classes:
  span: {bfd: {interval: 30ms, multiplier: 3}}
  fibre: {bfd: {interval: 300ms, multiplier: 3}}
  fibre-fast: {bfd: {interval: 30ms, multiplier: 3}}
  leased: {bfd: {interval: 300ms, multiplier: 3}}
  radio: {bfd: {interval: 500ms, multiplier: 5}}
"""

_SERVICES = """\
services:
  dns:
    {name: DNS, owner: Diskominfo, tier: 1, rto: 5m, segment: services, ports: [53/udp, 53/tcp]}
  satu-data:
    {name: Satu Data, owner: Diskominfo, tier: 1, rto: 15m, rpo: 5m, sla: 99.9, segment: services,
     ports: [443/tcp], depends: [dns]}
  telephony:
    {name: Telepon, owner: Diskominfo, tier: 2, rto: 15m, segment: services, ports: [5061/tcp, 4569/udp]}
  command-center:
    {name: Command Center, owner: Diskominfo, tier: 1, rto: 5m, rpo: 1m, sla: 99.9, segment: command,
     ports: [443/tcp, 554/tcp], depends: [dns]}
"""

_POLICY = """\
reach:
  - {from: office, to: services, why: agencies use the city's applications}
  - {from: office, to: internet, why: one managed internet for all agencies}
  - {from: cctv, to: command-center, why: cameras send to the monitoring wall and nowhere else}
  - {from: wifi, to: internet, why: free public Wi-Fi is for the internet only}
  - {from: voice, to: telephony, why: telephones speak to the telephone exchange and to nobody else}
  - {from: services, to: province, why: data is exchanged with the Province's data center}
  - {from: province, to: satu-data, why: the Province reads the city's shared data}
  - {from: bastion, to: mgmt, why: equipment is managed from the bastion only}
"""
