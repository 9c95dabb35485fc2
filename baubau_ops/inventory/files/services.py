"""services.yml: what the data center offers, and what is promised for it."""

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
    """A service the data center carries, with the promises made for it."""

    name: Text
    """As people read it."""
    owner: Text
    """Who answers for it."""
    tier: Annotated[Integer, Field(ge=1, le=3)]
    """How much depends on it, 1 the most; tier 1 may have no single point of failure."""
    rto: Duration
    """Recovery time objective: how long it may be gone."""
    rpo: Duration | None = None
    """Recovery point objective: how much time's data may be lost; absent where there is nothing to lose."""
    sla: Annotated[Number, Field(gt=0, lt=100)] | None = None
    """Promised availability, per cent of a year."""
    segment: Name
    """The data center's segment it stands in."""
    ports: Annotated[tuple[Listening, ...], Field(min_length=1)]
    """Where it listens."""
    depends: tuple[Name, ...] = ()
    """Other services it cannot do without."""
    sites: tuple[Name, ...] = ()
    """Sites it cannot do without, such as where its data comes from: they cannot be removed."""
    assumed: tuple[Text, ...] = ()
    """Keys whose values have still to be confirmed, such as `rto`."""


class Services(Model):
    """services.yml: what the data center offers, and what is promised for it."""

    services: dict[Name, Service]
    """By the name that policy.yml gives them."""
