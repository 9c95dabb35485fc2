"""services.yml: the services of the data center, with their objectives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from baubau_ops.inventory.files.fields import Duration, Integer, Model, Name, Number, Text


class TransportPort(Model):
    """Where a service listens."""

    protocol: Literal["tcp", "udp"]
    number: Annotated[Integer, Field(ge=1, le=65535)]

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


def _parse_port(value: object) -> object:
    number, _, protocol = str(value).partition("/")
    if not number.isascii() or not number.isdigit() or protocol not in ("tcp", "udp"):
        raise ValueError(f'"{value}" is not a port: write <number>/tcp or <number>/udp, such as 443/tcp.')
    return {"protocol": protocol, "number": int(number)}


Listening = Annotated[
    TransportPort,
    BeforeValidator(_parse_port),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+/(tcp|udp)$", "examples": ["443/tcp"]}),
]


class Service(Model):
    """A service of the data center, with its objectives."""

    name: Text
    """Name as people read it."""
    owner: Text
    """The agency responsible for it."""
    tier: Annotated[Integer, Field(ge=1, le=3)]
    """Importance, 1 the highest; tier 1 must have no single point of failure."""
    rto: Duration
    """Recovery time objective: how long it may be down."""
    rpo: Duration | None = None
    """Recovery point objective: how many minutes or hours of data may be lost; absent where there is no data."""
    sla: Annotated[Number, Field(gt=0, lt=100)] | None = None
    """Promised availability, per cent of a year."""
    segment: Name
    """Its segment of the data center."""
    ports: Annotated[tuple[Listening, ...], Field(min_length=1)]
    """Ports on which it listens."""
    depends: tuple[Name, ...] = ()
    """Services that it depends on."""
    sites: tuple[Name, ...] = ()
    """Sites that it depends on, such as the source of its data: they cannot be removed."""
    assumed: tuple[Text, ...] = ()
    """Keys whose values must still be confirmed, such as `rto`."""


class Services(Model):
    """services.yml: the services of the data center, with their objectives."""

    services: dict[Name, Service]
    """Services, by the name that policy.yml uses."""
