"""A router's change, line by line, in terms that suit the configuration lines of every platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

Sign: TypeAlias = Literal["+", "-", " "]


class About(Enum):
    """What a line configures."""

    SESSION = auto()
    """A BGP session; `peer` identifies it."""
    ADJACENCY = auto()
    """OSPF on a port; `port` names it."""
    ADDRESS = auto()
    """A port's address."""
    SHUTDOWN = auto()
    """The shutdown of a port."""
    BGP = auto()
    """BGP as a whole: whether it runs, its router id."""
    OSPF = auto()
    """OSPF as a whole: whether it runs, its router id, the networks that it runs on."""
    COSMETIC = auto()
    """Nothing that a session, filter or timer depends on: a description, what is logged."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: added, removed, or unchanged and shown as context."""

    sign: Sign
    text: str
    """The line as the platform writes it, without indentation."""
    about: About = About.OTHER
    port: str = ""
    """The port that the line belongs to; empty for none."""
    peer: str = ""
    """The address of the BGP neighbour that the line concerns; empty for none."""
    creates: bool = False
    """Whether the session, adjacency or process exists only with this line."""
    resets: bool = False
    """Whether a change of the line resets the session, adjacency or process."""
    agreed: bool = False
    """Whether both ends of the session must agree on it: if only one end changes it, the session stays down."""
