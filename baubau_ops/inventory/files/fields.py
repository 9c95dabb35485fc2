"""The types of values in the files, each with a plain error message."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints, WithJsonSchema

from baubau_ops.core.errors import InputError
from baubau_ops.core.units import parse_duration, parse_rate


class Model(BaseModel):
    """Base of all models: unknown keys are refused, and values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=40)]
CoreName = Annotated[str, StringConstraints(pattern=r"^core-[1-9]$")]
FirewallName = Annotated[str, StringConstraints(pattern=r"^dc-[1-9]$")]
DatacenterPart = Annotated[str, StringConstraints(pattern=r"^(dc-[1-9]|hosts)$")]
IspName = Annotated[str, StringConstraints(pattern=r"^isp-[1-9]$")]
Text = Annotated[
    str, StringConstraints(min_length=1, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
]
"""One line of text, because names are shown on terminals and maps and are written to routers."""

RATE_SCHEMA = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?[kMG]$", "examples": ["50M"]}
DURATION_SCHEMA = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$", "examples": ["15m"]}


def parsed_rate(value: object) -> int:
    """Return the rate in bit/s; raises ValueError with a plain message."""
    try:
        return parse_rate(str(value) if isinstance(value, int | float) else _text(value))
    except InputError as error:
        raise ValueError(error.message) from None


def _duration(value: object) -> float:
    try:
        return parse_duration(str(value) if isinstance(value, int | float) else _text(value))
    except InputError as error:
        raise ValueError(error.message) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a single value is expected here, such as 50M or 15m.")
    return value


def _address(value: object) -> object:
    if not isinstance(value, str) or "/" in value:  # the ipaddress module also takes numbers
        raise ValueError(f"{_shown(value)} is not an IPv4 address, such as 10.64.0.1.")
    try:
        return IPv4Address(value)
    except ValueError:
        raise ValueError(f"{_shown(value)} is not an IPv4 address, such as 10.64.0.1.") from None


def _prefix(value: object) -> object:
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"{_shown(value)} is not an IPv4 prefix, such as 10.64.0.0/24.")
    try:
        interface = IPv4Interface(value)
    except ValueError:
        raise ValueError(f"{_shown(value)} is not an IPv4 prefix, such as 10.64.0.0/24.") from None
    if interface.ip != interface.network.network_address:
        raise ValueError(f'"{value}" has host bits set. The prefix is {interface.network}.')
    return interface.network


def _interface(value: object) -> object:
    if isinstance(value, str) and "/" in value:
        try:
            return IPv4Interface(value)
        except ValueError:
            pass
    raise ValueError(f"{_shown(value)} is not an IPv4 address with its length, such as 192.0.2.1/31.")


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | int | float) else "this"


Rate = Annotated[int, BeforeValidator(parsed_rate), WithJsonSchema(RATE_SCHEMA)]
Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema(DURATION_SCHEMA)]
Integer = Annotated[int, Strict()]
PlatformName = Literal["frr", "routeros", "ios"]
"""Router platforms: FRR on Debian, MikroTik RouterOS, Cisco IOS."""
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Address = Annotated[IPv4Address, BeforeValidator(_address)]
Prefix = Annotated[IPv4Network, BeforeValidator(_prefix)]
Interface = Annotated[IPv4Interface, BeforeValidator(_interface)]

RiskGroups = tuple[Name, ...]
"""Names of shared-risk groups (`risks:` in backbone.yml)."""
Oversubscription = Annotated[Number, Field(ge=1)]
"""How many times the capacity may be committed."""


class Bfd(Model):
    """How fast a dead link is detected: `interval` × `multiplier`."""

    interval: Duration
    """Time between two packets, in both directions."""
    multiplier: Annotated[Integer, Field(ge=2, le=50)]
    """Packets missed before the link counts as dead."""
