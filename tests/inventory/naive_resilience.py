"""The same answers as resilience's, by trying everything on plain dicts: slow, short, and made otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from baubau_ops.inventory.city.inventory import Files

Links = dict[str, tuple[str, str, int]]
"""By name: both ends and the OSPF cost."""
ALL = frozenset({"core", "reflector", "isp", "dns", "datacenter", "province"})


def end(files: Files, name: str) -> str:
    return name if name in files.backbone.cores else f"pop-{name}"


def links(files: Files) -> Links:
    found: Links = {}
    for span in files.backbone.spans:
        one, other = sorted((end(files, span.a), end(files, span.b)))
        name = f"{one}--{other}"
        suffix = next(letter for letter in ["", "-b", "-c", "-d", "-e"] if name + letter not in found)
        found[name + suffix] = (one, other, span.cost or 0)
    for firewall, core in product(files.datacenter.firewalls, files.backbone.cores):
        found[f"{core}--{firewall}"] = (core, firewall, 10)
    for isp, uplink in files.backbone.isps.items():
        found[f"{uplink.core}--{isp}"] = (uplink.core, isp, 0)
    found[f"{files.backbone.province.core}--prov"] = (files.backbone.province.core, "prov", 0)
    return found


def losses(files: Files) -> dict[str, set[str]]:
    """Everything in the backbone that is lost at once, by name: the names of what goes down."""
    found = {name: {name} for name in links(files)}
    nodes = {node for a, b, _ in links(files).values() for node in (a, b)}
    found |= {node: {node} for node in nodes | {f"pop-{pop}" for pop in files.backbone.pops}}
    for group in files.backbone.risks:
        found[group] = {
            *(core for core, data in files.backbone.cores.items() if group in data.srlg),
            *(f"pop-{pop}" for pop, data in files.backbone.pops.items() if group in data.srlg),
            *(isp for isp, data in files.backbone.isps.items() if group in data.srlg),
            *(["prov"] if group in files.backbone.province.srlg else []),
            *(part for part, groups in files.datacenter.srlg.items() if group in groups),
            *(
                name
                for span, name in zip(files.backbone.spans, links(files), strict=False)
                if group in span.srlg
            ),
        }
        for site, data in files.sites.items():
            found[group] |= {f"ce-{site}"} if group in data.srlg else set()
            found[group] |= {f"pop-{link.pop}--ce-{site}" for link in data.links if group in link.srlg}
    return found


class City:
    """What is left of a city."""

    def __init__(self, files: Files, lost: set[str]) -> None:
        self.files, self.lost = files, lost
        self.around: defaultdict[str, list[tuple[str, int, str]]] = defaultdict(list)
        for name, (a, b, cost) in links(files).items():
            if lost.isdisjoint({name, a, b}):
                self.around[a].append((b, cost, name))
                self.around[b].append((a, cost, name))

    def distances(self, source: str) -> dict[str, int]:
        """Bellman and Ford; nothing passes through what is neither a core nor a POP."""
        if source in self.lost:
            return {}
        found = {source: 0}
        changed = True
        while changed:
            changed = False
            for node, here in list(found.items()):
                if node != source and not node.startswith(("core-", "pop-")):
                    continue
                for neighbour, cost, _ in self.around[node]:
                    if here + cost < found.get(neighbour, 10**9):
                        found[neighbour] = here + cost
                        changed = True
        return found

    def of_pop(self, pop: str) -> frozenset[str]:
        reached = self.distances(f"pop-{pop}")
        found = {"core", "reflector"} if reached.keys() & self.files.backbone.cores.keys() else set()
        found |= {"isp"} if reached.keys() & self.files.backbone.isps.keys() else set()
        if reached.keys() & set(self.files.datacenter.firewalls):
            found |= {"datacenter"} if "hosts" in self.lost else {"datacenter", "dns"}
        return frozenset(found | ({"province"} if "prov" in reached else set()))

    def line(self, site: str) -> int | None:
        """The line that a site uses."""
        if f"ce-{site}" in self.lost:
            return None
        for place, link in enumerate(self.files.sites[site].links):
            if f"pop-{link.pop}--ce-{site}" not in self.lost and "core" in self.of_pop(link.pop):
                return place
        return None

    def of_site(self, site: str) -> frozenset[str]:
        line = self.line(site)
        return frozenset() if line is None else self.of_pop(self.files.sites[site].links[line].pop)

    def shares(self, source: str, target: str) -> dict[tuple[str, str], float]:
        """By link and the node it leads to: the part of the traffic from one to the other."""
        left = self.distances(target)
        found: defaultdict[tuple[str, str], float] = defaultdict(float)

        def send(node: str, part: float) -> None:
            onward = [
                (neighbour, name)
                for neighbour, cost, name in self.around[node]
                if left.get(neighbour, 10**9) + cost == left[node]
                and (neighbour == target or neighbour.startswith(("core-", "pop-")))
            ]
            for neighbour, name in onward if node != target else ():
                found[name, neighbour] += part / len(onward)
                send(neighbour, part / len(onward))

        send(source, 1.0)
        return dict(found)

    def targets(self, pop: str) -> tuple[list[str], list[str]]:
        """Where all traffic of a POP may go, and where that to the Province goes."""
        reached = self.distances(f"pop-{pop}")
        isps = {name: isp.preference for name, isp in self.files.backbone.isps.items() if name in reached}
        preferred = [name for name, rank in isps.items() if rank == max(isps.values())]
        nearest = [name for name in preferred if reached[name] == min(reached[other] for other in preferred)]
        firewalls = [name for name in self.files.datacenter.firewalls if name in reached][:1]
        return nearest + firewalls, ["prov"] if "prov" in reached else []

    def load(self) -> dict[tuple[str, str], float]:
        """bit/s on every link, by the node it leads to."""
        found: defaultdict[tuple[str, str], float] = defaultdict(float)
        talking = {line.source for line in self.files.policy.reach if line.to == "province"}
        talking |= {line.to for line in self.files.policy.reach if line.source == "province"}
        for site, data in self.files.sites.items():
            line = self.line(site)
            if line is None:
                continue
            link = data.links[line]
            targets, province = self.targets(link.pop)
            targets += province if talking & set(data.segments) else []
            for rate, is_up in ((link.committed.up, True), (link.committed.down, False)):
                worst: dict[tuple[str, str], float] = {}
                for target in targets:
                    ends = (f"pop-{link.pop}", target) if is_up else (target, f"pop-{link.pop}")
                    for arc, part in self.shares(*ends).items():
                        worst[arc] = max(worst.get(arc, 0.0), part)
                for arc, part in worst.items():
                    found[arc] += rate * part
        return dict(found)

    def is_redundant(self, name: str) -> bool:
        """Whether a POP, or a site of two lines, still reaches a core when any one thing more is lost."""
        if name in self.files.backbone.pops:
            ends, itself = [name], f"pop-{name}"
        else:
            lines = self.files.sites[name].links if f"ce-{name}" not in self.lost else ()
            ends = [link.pop for link in lines if f"pop-{link.pop}--ce-{name}" not in self.lost]
            itself = ""
            if len(ends) < 2 or not all("core" in self.of_pop(pop) for pop in ends):
                return False
        return all(
            any("core" in City(self.files, self.lost | {more}).of_pop(pop) for pop in ends)
            for more in self._breakable()
            if more != itself
        )

    def _breakable(self) -> Iterator[str]:
        yield ""
        yield from links(self.files)
        yield from self.files.backbone.cores
        yield from (f"pop-{pop}" for pop in self.files.backbone.pops)
