"""Checks that the probed hosts can prove that an ISP works."""

from __future__ import annotations

from collections.abc import Iterator

from baubau_ops.inventory.files.backbone import Backbone
from baubau_ops.inventory.files.city import City
from baubau_ops.inventory.files.problems import Finding


def probes(backbone: Backbone, city: City) -> Iterator[Finding]:
    """Check that each ISP has at least two probed hosts, and that none of them belongs to the city."""
    for name, isp in backbone.isps.items():
        path = ("isps", name, "probe")
        if len(isp.probe) == 1:
            message = "one machine that is silent does not make an ISP dead. Name two or more."
            yield Finding("backbone.yml", path, message)
        for index, address in enumerate(isp.probe):
            if address in isp.probe[:index]:
                yield Finding("backbone.yml", (*path, index), f"{address} is listed twice. Name another.")
            elif address in city.public:
                message = f"{address} is the city's own ({city.public}). Name machines beyond the ISP."
                yield Finding("backbone.yml", (*path, index), message)
