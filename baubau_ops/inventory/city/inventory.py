"""One city, read and complete: the value that all other parts work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path

from baubau_ops.core.addresses import host, prefix_order
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.city.build_topology import build_topology
from baubau_ops.inventory.city.topology import Topology
from baubau_ops.inventory.files.allocations import Allocations
from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.datacenter import Datacenter
from baubau_ops.inventory.files.policy import Policy
from baubau_ops.inventory.files.services import Service
from baubau_ops.inventory.files.site import Site


@dataclass(frozen=True)
class Files:
    """The files that people write, validated."""

    city: City
    backbone: Backbone
    datacenter: Datacenter
    services: Mapping[str, Service]
    policy: Policy
    sites: Mapping[str, Site]
    """Sites by id, sorted."""


@dataclass(frozen=True)
class Inventory(Files):
    """The files with a number for everything that needs one."""

    folder: Path
    allocations: Allocations
    """The numbers locked in allocations.yml."""
    numbers: Allocations
    """The numbers of every object: locked ones, and proposed ones for the rest."""
    proposed: frozenset[str]
    """The objects whose numbers are not locked, as `<section>/<id>` of the lock (`sites/dinkes`)."""
    proposed_devices: frozenset[str] = frozenset()
    """The nodes whose configuration contains a proposed number: `net apply` refuses them."""
    file_count: int = 0
    """Number of files read."""

    @cached_property
    def topology(self) -> Topology:
        with no_garbage_collection():
            return build_topology(
                asn=self.city.asn,
                backbone=self.backbone,
                datacenter=self.datacenter,
                sites=self.sites,
                platforms=self.city.platforms,
                allocations=self.numbers,
            )

    @cached_property
    def site_prefixes(self) -> Mapping[str, tuple[IPv4Network, ...]]:
        """Loopback and segments of each connected site, sorted; by site."""
        found = {}
        for name, site in self.sites.items():
            if site.links:
                numbers = self.numbers.sites[name]
                segments = [numbers.segments[zone] for zone in site.segments]
                found[name] = tuple(sorted([host(numbers.loopback), *segments], key=prefix_order))
        return found
