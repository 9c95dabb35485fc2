"""A change of a router line by line, in terms that every platform can put its own lines into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

Sign: TypeAlias = Literal["+", "-", " "]


class About(Enum):
    """What a line configures."""

    SESSION = auto()
    """A BGP session; `peer` says which."""
    ADJACENCY = auto()
    """OSPF on a port; `port` says which."""
    ADDRESS = auto()
    """A port's address."""
    SHUTDOWN = auto()
    """A port that is switched off."""
    BGP = auto()
    """BGP as a whole: that it runs, its router id."""
    OSPF = auto()
    """OSPF as a whole: that it runs, its router id, the networks that it runs on."""
    COSMETIC = auto()
    """Nothing that a session, filter or timer depends on: a description, what is logged."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line: what comes, what goes, or what stays and is shown with it."""

    sign: Sign
    text: str
    """As the platform writes it, without what indents it."""
    about: About = About.OTHER
    port: str = ""
    """The port that it belongs to; empty for none."""
    peer: str = ""
    """The address of the BGP neighbour that it is about; empty for none."""
    creates: bool = False
    """Without this line there is no such session, adjacency or process at all."""
    resets: bool = False
    """Who alters it starts the session, adjacency or process anew."""
    agreed: bool = False
    """Both ends of the session must say the same: altered at one of them alone, it stays down."""
