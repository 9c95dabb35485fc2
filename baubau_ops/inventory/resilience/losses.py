"""Single losses: a link, a router, an ISP, the Province, or everything that shares one risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import PROVINCE, LinkKind, link_id, pop_device, site_device, span_ids
from baubau_ops.inventory.files.yaml import DocumentPath
from baubau_ops.inventory.resilience.backbone import RISK, Element, Graph


class LossKind(StrEnum):
    SPAN = "span"
    LINK = "link"
    ROUTER = "router"
    ISP = "isp"
    PROVINCE = "province"
    DUCT = "duct"
    POLE = "pole"
    BUILDING = "building"
    POWER = "power"
    UPSTREAM = "upstream"
    SUBMARINE = "submarine"
    LINE = "line"
    """A site's line to a POP."""
    SITE = "site"
    """A site's router."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that fails as a whole."""

    id: str
    """A device's or link's name, or the shared-risk group's."""
    kind: LossKind
    name: str
    """The label on screens."""
    elements: frozenset[Element] = frozenset()
    """The elements of the graph that it takes down; empty for a site's line and router."""


@dataclass(frozen=True, slots=True)
class Member:
    """A part that names a shared-risk group, and the place in the files."""

    group: str
    device: str
    """The node or link, or the hosts, that fail with the group."""
    file: str
    path: DocumentPath


def members(files: Files) -> Iterator[Member]:
    """Return all members of shared-risk groups, in the order of the files."""
    backbone, found = files.backbone, "backbone.yml"
    for core, data in backbone.cores.items():
        yield from _members(data.srlg, core, found, ("cores", core))
    for pop, place in backbone.pops.items():
        yield from _members(place.srlg, pop_device(pop), found, ("pops", pop))
    for index, (span, name) in enumerate(zip(backbone.spans, span_ids(backbone), strict=True)):
        yield from _members(span.srlg, name, found, ("spans", index))
    for isp, uplink in backbone.isps.items():
        yield from _members(uplink.srlg, isp, found, ("isps", isp))
    yield from _members(backbone.province.srlg, PROVINCE, found, ("province",))
    for part, groups in files.datacenter.srlg.items():
        for index, group in enumerate(groups):
            yield Member(group, part, "datacenter.yml", ("srlg", part, index))
    for name, site in files.sites.items():
        if site.srlg:
            yield from _members(site.srlg, site_device(name), f"sites/{name}.yml", ())
        for link in site.links:
            if link.srlg:
                line = link_id(pop_device(link.pop), site_device(name))
                yield from _members(link.srlg, line, f"sites/{name}.yml", site.link_path(link.pop))


def _members(groups: tuple[str, ...], device: str, file: str, path: DocumentPath) -> Iterator[Member]:
    for index, group in enumerate(groups):
        yield Member(group, device, file, (*path, "srlg", index))


def backbone_losses(files: Files, graph: Graph) -> tuple[Loss, ...]:
    """Return all single losses except those of one site: routers, external nodes, links and shared risks."""
    found = [*_nodes(files, graph)]
    for edge in graph.edges:
        kind = LossKind.SPAN if edge.kind is LinkKind.SPAN else LossKind.LINK
        found.append(Loss(edge.id, kind, edge.label, frozenset([graph.number[edge.id]])))
    by_group: defaultdict[str, set[Element]] = defaultdict(set)
    for member in members(files):
        if member.device in graph.number:
            by_group[member.group].add(graph.number[member.device])
    for name, risk in files.backbone.risks.items():
        elements = frozenset((graph.number[f"{RISK}{name}"], *by_group[name]))
        found.append(Loss(name, LossKind(risk.kind), risk.name, elements))
    return tuple(found)


def _nodes(files: Files, graph: Graph) -> Iterator[Loss]:
    isps = files.backbone.isps
    for number, node in enumerate(graph.elements[: graph.first_link]):
        elements = frozenset([number])
        if node in isps:
            yield Loss(node, LossKind.ISP, isps[node].name, elements)
        elif node == PROVINCE:
            yield Loss(node, LossKind.PROVINCE, files.backbone.province.name, elements)
        else:
            yield Loss(node, LossKind.ROUTER, node, elements)


def by_element(losses: tuple[Loss, ...]) -> Mapping[Element, tuple[int, ...]]:
    """Return, for each element, the indexes of the losses that take it down."""
    found: defaultdict[Element, list[int]] = defaultdict(list)
    for place, loss in enumerate(losses):
        for element in loss.elements:
            found[element].append(place)
    return {element: tuple(places) for element, places in found.items()}
