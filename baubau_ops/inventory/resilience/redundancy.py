"""Finds the POPs and sites with two disjoint paths to the cores: paths without a common router or span.

A router that lies on all paths from the cores to a POP dominates it; a POP that nothing dominates has two
disjoint paths, to different cores (Menger). Dominators as by Cooper, Harvey and Kennedy, "A Simple, Fast
Dominance Algorithm" (2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from baubau_ops.inventory.resilience.backbone import Element, Graph

_ROOT = -1
"""The root, in front of all cores."""


class Dominators:
    """The elements that lie on all paths from the cores to each POP, with some elements lost."""

    def __init__(self, graph: Graph, lost: AbstractSet[Element]) -> None:
        self._graph, self._lost = graph, lost
        self._order = self._walked()
        """By node: its number in postorder; the root has the highest."""
        self._above: dict[Element, Element] = {_ROOT: _ROOT}
        self._settle()

    def ways(self, pop: Element) -> int:
        """Return 0, 1 or 2: the number of disjoint paths from the cores to a POP; the POP itself does not count."""
        if pop not in self._above:
            return 0
        return 2 if self._above[pop] == _ROOT else 1

    def ways_of_site(self, pops: Sequence[Element]) -> int:
        """Return the same for a site with lines to several POPs; its POPs do count."""
        chains = [self._chain(pop) for pop in pops if pop in self._above]
        pairs = ((one, other) for place, one in enumerate(chains) for other in chains[:place])
        return 2 if any(one.isdisjoint(other) for one, other in pairs) else min(1, len(chains))

    def _chain(self, node: Element) -> frozenset[Element]:
        """Yield a node and everything that dominates it."""
        found = []
        while node != _ROOT:
            found.append(node)
            node = self._above[node]
        return frozenset(found)

    def _neighbours(self, node: Element) -> Sequence[Element]:
        graph, lost = self._graph, self._lost
        if node == _ROOT:
            return [core for core in graph.cores if core not in lost]
        found = [
            neighbour
            for neighbour, _, link, _ in graph.hops[node]
            if link not in lost and neighbour not in lost and neighbour in graph.transit
        ]
        return [_ROOT, *found] if node in graph.cores else found

    def _walked(self) -> dict[Element, int]:
        order: dict[Element, int] = {}
        seen = {_ROOT}
        stack = [(_ROOT, iter(self._neighbours(_ROOT)))]
        while stack:
            node, neighbours = stack[-1]
            following = next((each for each in neighbours if each not in seen), None)
            if following is None:
                order[node] = len(order)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(self._neighbours(following))))
        return order

    def _settle(self) -> None:
        nodes = [node for node in reversed(self._order) if node != _ROOT]
        neighbours = {node: self._neighbours(node) for node in nodes}
        is_settled = False
        while not is_settled:
            is_settled = True
            for node in nodes:
                known = [each for each in neighbours[node] if each in self._above]
                above = known[0]
                for each in known[1:]:
                    above = self._meet(each, above)
                if self._above.get(node) != above:
                    self._above[node] = above
                    is_settled = False

    def _meet(self, one: Element, other: Element) -> Element:
        order, above = self._order, self._above
        while one != other:
            while order[one] < order[other]:
                one = above[one]
            while order[other] < order[one]:
                other = above[other]
        return one
