"""policy.yml: the allowed connections."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from baubau_ops.inventory.files.fields import Model, Name, Text


class Reach(Model):
    """One intent: machines in `from` may open connections to `to`. What no intent allows is denied."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: Annotated[Name, Field(alias="from")]
    """A zone, a data-center segment, `province` or `bastion`."""
    to: Name
    """A zone, a data-center segment (all its services), a service, `internet` or `province`."""
    why: Text
    """The reason, for later readers of the policy."""


class Policy(Model):
    """policy.yml: the allowed connections."""

    reach: tuple[Reach, ...]
    """Every intent; their order does not matter."""
