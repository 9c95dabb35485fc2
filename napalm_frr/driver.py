"""The NAPALM driver: a router under NAPALM's base class."""

from __future__ import annotations

from napalm.base import NetworkDriver

from napalm_frr.router import Router
from napalm_frr.transport import Session


class FRRDriver(Router, NetworkDriver):  # type: ignore[misc]  # NAPALM's annotation of get_route_to lacks lists
    """NAPALM's driver `frr`; see `Router` for its optional_args."""

    device: Session  # the base class means a Netmiko connection by this name
