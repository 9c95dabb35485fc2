"""The order in which FRR prints its configuration: in any other order, the text would never match the running one."""

from __future__ import annotations

import re
from functools import cmp_to_key, lru_cache
from operator import attrgetter

from baubau_ops.network.model.router import Interface, Router, StaticRoute


def interfaces(router: Router) -> tuple[Interface, ...]:
    """A router's ports in FRR's order."""
    ports = router.interfaces
    return tuple(ports[index] for index in _order(tuple(map(attrgetter("name"), ports))))


def statics(router: Router) -> list[StaticRoute]:
    """Its static routes: shorter prefixes come first."""
    return sorted(router.routing.statics, key=lambda route: (route.prefix.prefixlen, route.prefix))


@lru_cache(maxsize=4096)
def _order(names: tuple[str, ...]) -> tuple[int, ...]:
    """The indices of the ports in sorted order; cached, because many sites have the same port names."""
    return tuple(sorted(range(len(names)), key=lambda index: interface_order(names[index])))


_PIECE = re.compile(r"([^0-9]*)([0-9]*)")


def _compare(a: str, b: str) -> int:
    """FRR's if_cmp_name_func: compares text and numbers in turn; if the texts differ, it compares all the rest."""
    while a and b:
        (text_a, number_a), (text_b, number_b) = _piece(a), _piece(b)
        if text_a != text_b:
            return -1 if a < b else 1
        if number_a and number_b and int(number_a) != int(number_b):
            return int(number_a) - int(number_b)
        a, b = a[len(text_a) + len(number_a) :], b[len(text_b) + len(number_b) :]
    return len(a) - len(b)


def _piece(name: str) -> tuple[str, str]:
    found = _PIECE.match(name)
    assert found is not None, "both parts may be empty"
    return found[1], found[2]


interface_order = cmp_to_key(_compare)
