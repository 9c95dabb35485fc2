"""The same city with the timers that FRR has by itself, on our routers and on those outside alike.

Gone are BFD, the timers of OSPF (hello 10 s, dead 40 s, its throttles) and of BGP (60 s and 180 s, connect 120 s), the
quick work queue of zebra, and what watches the ISPs. The rest of the texts, and how they are applied, stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from baubau_ops.lab.layout import outside
from baubau_ops.network.change.transaction import Limits
from baubau_ops.network.derive import routers as derive
from baubau_ops.network.model.router import Interface, OspfTimers, Router
from baubau_ops.network.platforms.frr.render import text
from baubau_ops.network.render import configurations

LIMITS = Limits(revert_in=900, converge=240.0, appear=240.0)
"""Sessions that did not meet at once try again after two minutes."""

_SLOW_OSPF = OspfTimers(spf_delay=0, spf_hold=50, spf_max_hold=5000, lsa_interval=5000, lsa_arrival=1000)
"""`show ip ospf` of an FRR 8.4 that is told nothing."""

_HASTE = re.compile(
    r"^bfd\n(?:[ !].*\n)*exit\n!\n"
    r"|^ *(?:zebra work-queue|timers (?:throttle|lsa|bgp)|neighbor \S+ (?:timers|bfd)"
    r"|ip ospf (?:bfd|hello-interval|dead-interval|retransmit-interval))\b.*\n",
    re.MULTILINE,
)


def use_default_timers(patch: pytest.MonkeyPatch) -> None:
    """Let every text, and what is expected of the routers, be so until `patch` is undone."""
    for module in (derive, configurations):
        patch.setattr(module, "derive_router", _slow(module.derive_router))
    patch.setattr(text, "_text", _without_haste(text._text))
    of_others = outside.texts
    patch.setattr(
        outside,
        "texts",
        lambda inventory: {name: _HASTE.sub("", text) for name, text in of_others(inventory).items()},
    )


def _without_haste(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *args: _HASTE.sub("", write(*args))


def _slow(make: Callable[..., Router]) -> Callable[..., Router]:
    def slow(*args: Any, **options: Any) -> Router:
        device = make(*args, **options)
        bgp = device.routing.bgp
        assert bgp is not None
        timers = {"keepalive": 60, "hold": 180, "connect_retry": 120}
        sessions = (replace(session, bfd_profile=None, **timers) for session in bgp.neighbours)
        ospf = device.routing.ospf
        routing = replace(
            device.routing,
            bfd_profiles=(),
            bgp=replace(bgp, neighbours=tuple(sessions)),
            ospf=replace(ospf, timers=_SLOW_OSPF) if ospf else None,
        )
        return replace(
            device,
            interfaces=tuple(_port(port) for port in device.interfaces),
            routing=routing,
            helpers=replace(device.helpers, tracking=None) if device.helpers else None,
        )

    return slow


def _port(port: Interface) -> Interface:
    if port.ospf is None:
        return port
    return replace(port, ospf=replace(port.ospf, bfd_profile=None, hello=10, dead=40, retransmit=5))
