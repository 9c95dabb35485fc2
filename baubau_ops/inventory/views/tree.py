"""The topology as text: the cores, each ring from one to the other, and every POP's sites below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baubau_ops.core.units import format_rate
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.inventory.city.rings import Ring, rings
from baubau_ops.inventory.city.topology import Link, LinkKind, Node, Role, pop_device
from baubau_ops.inventory.files.site import LinkStatus

_OUTSIDE = {LinkKind.ISP, LinkKind.PROVINCE, LinkKind.DATACENTER, LinkKind.BASTION}


def graph_text(inventory: Inventory, marks: Mapping[str, str] | None = None) -> str:
    """Draw the city; `marks` are appended to nodes and links, by their name (`core-1--pop-wolio`)."""
    drawing = _Drawing(inventory, marks or {})
    return "\n".join(drawing.lines())


class _Drawing:
    def __init__(self, inventory: Inventory, marks: Mapping[str, str]) -> None:
        self._inventory = inventory
        self._topology = inventory.topology
        self._marks = marks
        self._spans = [link for link in self._topology.links.values() if link.kind is LinkKind.SPAN]

    def lines(self) -> Iterator[str]:
        found = rings(self._inventory.backbone)
        linked = len(self._topology.with_role(Role.SITE))
        plural = "s" if len(found) != 1 else ""
        pops = f"{len(self._inventory.backbone.pops)} POPs on {len(found)} ring{plural}"
        yield f"{self._inventory.city.name}: {pops}, {linked} of {len(self._inventory.sites)} sites linked"
        yield ""
        yield from self._cores()
        for number, ring in enumerate(found, 1):
            yield ""
            yield from self._ring(ring, f"Ring {number}")
        unlinked = [name for name, site in self._inventory.sites.items() if not site.links]
        if unlinked:
            yield ""
            yield "Without a link"
            yield from self._branches([self._named(name) for name in unlinked], "")

    def _mark(self, name: str) -> str:
        return f"  [{self._marks[name]}]" if self._marks.get(name) else ""

    def _cores(self) -> Iterator[str]:
        cores = self._topology.with_role(Role.CORE)
        for index, core in enumerate(cores):
            yield f"{core.name}{self._mark(core.name)}"
            around = [link for link in self._topology.links_of(core.name) if link.kind in _OUTSIDE]
            stem = "║  " if index < len(cores) - 1 else "   "
            yield from self._branches([self._outside(link, core) for link in around], stem)
            if index < len(cores) - 1:
                between = self._between(core.name, cores[index + 1].name)
                yield from (f"║  {self._span(link)}" for link in between)

    def _outside(self, link: Link, core: Node) -> str:
        other = link.far(core.name).node
        isp = self._inventory.backbone.isps.get(other)
        name = f" {isp.name}" if isp else ""
        return f"{other}{name}  {format_rate(link.capacity)}{self._mark(other)}{self._mark(link.id)}"

    def _span(self, link: Link) -> str:
        return f"{link.km} km  {format_rate(link.capacity)}{self._mark(link.id)}"

    def _between(self, a: str, b: str) -> list[Link]:
        return [link for link in self._spans if {link.a.node, link.b.node} == {a, b}]

    def _ring(self, ring: Ring, title: str) -> Iterator[str]:
        way = [ring.start, *(pop_device(pop) for pop in ring.pops), str(ring.end)]
        yield f"{title}: {len(ring.pops)} POP{'s' if len(ring.pops) != 1 else ''}"
        yield f"{ring.start}"
        for before, here, after in zip(way, way[1:], way[2:], strict=False):
            yield from (f"│  {self._span(link)}" for link in self._between(before, here))
            yield from self._pop(here, {before, after})
        yield from (f"│  {self._span(link)}" for link in self._between(way[-2], way[-1]))
        yield f"{ring.end}"

    def _pop(self, name: str, neighbours: set[str]) -> Iterator[str]:
        node = self._topology.nodes[name]
        access = [link for link in self._topology.links_of(name) if link.kind is LinkKind.ACCESS]
        across = [
            f"  ╌╌ {self._topology.nodes[link.far(name).node].id} {self._span(link)}"
            for link in self._topology.links_of(name)
            if link.kind is LinkKind.SPAN and link.far(name).node not in neighbours
        ]
        plural = "s" if len(access) != 1 else ""
        yield f"├─ {node.id}  {len(access)} site{plural}{self._mark(name)}{''.join(across)}"
        yield from self._branches([self._site(link) for link in access], "│  ")

    def _site(self, link: Link) -> str:
        name = self._topology.nodes[link.b.node].id
        pop = self._topology.nodes[link.a.node].id
        planned = any(
            one.pop == pop and one.status is LinkStatus.PLANNED for one in self._inventory.sites[name].links
        )
        words = [link.media, format_rate(link.capacity)]
        words += ["backup"] if link.role == "backup" else []
        words += ["planned"] if planned else []
        return f"{self._named(name)}  {' '.join(words)}"

    def _named(self, site: str) -> str:
        return f"{site}  {self._inventory.sites[site].name}"

    @staticmethod
    def _branches(texts: list[str], stem: str) -> Iterator[str]:
        for index, text in enumerate(texts):
            yield f"{stem}{'└─' if index == len(texts) - 1 else '├─'} {text}"
