"""The backbone as a graph of numbers: elements that can be lost, carry traffic or lead outside.

Sites connect to POPs and are not part of the graph, so its size does not depend on their number. It is built from
the files alone, before anything has an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from baubau_ops.inventory.city.costs import DATACENTER_COST, span_cost
from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import (
    PROVINCE,
    LinkKind,
    backbone_device,
    link_id,
    pop_device,
    span_ids,
)
from baubau_ops.inventory.files.yaml import DocumentPath

HOSTS = "hosts"
"""The data center's hosts taken together: only a shared-risk group takes them down."""
RISK = "risk:"
"""Prefix of the element of a shared-risk group: things outside the graph may depend on the group."""

Element = int
"""A node, a link, the hosts or a shared-risk group."""
Arc = int
"""A link in one direction: twice its place among the links, plus one from `b` to `a`."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A link of the backbone; `a` is the end nearer to the cores."""

    id: str
    kind: LinkKind
    a: str
    b: str
    cost: int
    """OSPF cost; 0 towards the outside, where the distance to the core decides."""
    capacity: int
    """bit/s, each direction."""
    oversubscription: float
    label: str
    """The label on screens: `span wolio–murhum`."""
    file: str
    path: DocumentPath
    """The place in the files that defines its capacity."""

    @property
    def room(self) -> float:
        """bit/s that may be committed, each direction."""
        return self.capacity * self.oversubscription


@dataclass(frozen=True)
class Graph:
    """Nodes come first among the elements, then links, then the hosts, then the groups."""

    elements: tuple[str, ...]
    edges: tuple[Edge, ...]
    cores: tuple[Element, ...]
    firewalls: tuple[Element, ...]
    """The active one first."""
    isps: Mapping[Element, int]
    """Each with its preference."""
    province: Element
    pops: tuple[Element, ...]

    @cached_property
    def number(self) -> Mapping[str, Element]:
        return {name: number for number, name in enumerate(self.elements)}

    @cached_property
    def first_link(self) -> Element:
        """The element of the first edge."""
        return self.number[self.edges[0].id]

    @cached_property
    def transit(self) -> frozenset[Element]:
        """Nodes that carry transit traffic: no firewall, since it keeps state and drops traffic between cores."""
        return frozenset((*self.cores, *self.pops))

    @cached_property
    def hops(self) -> tuple[tuple[tuple[Element, int, Element, Arc], ...], ...]:
        """By node: neighbour, cost, the link's element, and the arc towards the neighbour."""
        found: list[list[tuple[Element, int, Element, Arc]]] = [[] for _ in range(self.first_link)]
        for place, edge in enumerate(self.edges):
            a, b, link = self.number[edge.a], self.number[edge.b], self.first_link + place
            found[a].append((b, edge.cost, link, 2 * place))
            found[b].append((a, edge.cost, link, 2 * place + 1))
        return tuple(map(tuple, found))

    def elements_of(self, arc: Arc) -> tuple[Element, Element, Element]:
        """The link of an arc and its two ends."""
        edge = self.edges[arc >> 1]
        return self.first_link + (arc >> 1), self.number[edge.a], self.number[edge.b]

    def head(self, arc: Arc) -> str:
        """The node that an arc leads to."""
        edge = self.edges[arc >> 1]
        return edge.a if arc & 1 else edge.b

    def is_attached(self, node: Element, lost: AbstractSet[Element]) -> bool:
        """Return whether a node at the edge is up and has a link to a core that is up."""
        return node not in lost and any(
            core not in lost and link not in lost for core, _, link, _ in self.hops[node]
        )


def graph_of(files: Files) -> Graph:
    """Return the graph of files with valid references."""
    backbone, datacenter = files.backbone, files.datacenter
    cores, pops = sorted(backbone.cores), [pop_device(pop) for pop in sorted(backbone.pops)]
    isps = sorted(backbone.isps)
    nodes = [*cores, *pops, *datacenter.firewalls, *isps, PROVINCE]
    edges = tuple(_edges(files))
    risks = [f"{RISK}{name}" for name in backbone.risks]
    elements = (*nodes, *(edge.id for edge in edges), HOSTS, *risks)
    number = {name: place for place, name in enumerate(elements)}
    return Graph(
        elements=elements,
        edges=edges,
        cores=tuple(number[core] for core in cores),
        firewalls=tuple(number[firewall] for firewall in datacenter.firewalls),
        isps={number[isp]: backbone.isps[isp].preference for isp in isps},
        province=number[PROVINCE],
        pops=tuple(number[pop] for pop in pops),
    )


def _edges(files: Files) -> Iterator[Edge]:
    yield from _spans(files)
    backbone, datacenter = files.backbone, files.datacenter
    for firewall in datacenter.firewalls:
        for core in sorted(backbone.cores):
            yield Edge(
                link_id(core, firewall),
                LinkKind.DATACENTER,
                core,
                firewall,
                DATACENTER_COST,
                datacenter.capacity,
                datacenter.oversubscription,
                f"link {core}–{firewall}",
                "datacenter.yml",
                ("capacity",),
            )
    for name, isp in sorted(backbone.isps.items()):
        yield Edge(
            link_id(isp.core, name),
            LinkKind.ISP,
            isp.core,
            name,
            0,
            isp.capacity,
            isp.oversubscription,
            f"uplink {name}",
            "backbone.yml",
            ("isps", name, "capacity"),
        )
    province = backbone.province
    yield Edge(
        link_id(province.core, PROVINCE),
        LinkKind.PROVINCE,
        province.core,
        PROVINCE,
        0,
        province.capacity,
        province.oversubscription,
        "link to the Province",
        "backbone.yml",
        ("province", "capacity"),
    )


def _spans(files: Files) -> Iterator[Edge]:
    backbone = files.backbone
    for index, (span, name) in enumerate(zip(backbone.spans, span_ids(backbone), strict=True)):
        a, b = backbone_device(span.a, backbone), backbone_device(span.b, backbone)
        yield Edge(
            name,
            LinkKind.SPAN,
            a,
            b,
            span_cost(span),
            span.capacity,
            span.oversubscription,
            f"span {span.a}–{span.b}",
            "backbone.yml",
            ("spans", index, "capacity"),
        )
