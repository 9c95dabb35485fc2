"""The getters' parsers: what the device printed, as NAPALM's models."""

from __future__ import annotations

from collections.abc import Mapping
from napalm.base import models


def masked(body: str) -> str:
    return body


def ping(output: str, count: int) -> models.PingResultDict: raise NotImplementedError
def facts(blocks: Mapping[str, str]) -> models.FactsDict: raise NotImplementedError
def interfaces(blocks: Mapping[str, str]) -> dict[str, models.InterfaceDict]: raise NotImplementedError
def interfaces_ip(blocks: Mapping[str, str]) -> dict[str, models.InterfacesIPDict]: raise NotImplementedError
def bgp_neighbors(blocks: Mapping[str, str]) -> dict[str, models.BGPStateNeighborsPerVRFDict]: raise NotImplementedError
def routes(blocks: Mapping[str, str], destination: str, protocol: str) -> dict[str, models.RouteDict]: raise NotImplementedError
