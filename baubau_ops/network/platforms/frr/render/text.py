"""Renders a router's model as one text. Pure; the templates are in `netconf/frr/`, one for each feature."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.runtime import Context

from baubau_ops.core import settings
from baubau_ops.inventory.city.topology import Role
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render import order, queues, units
from baubau_ops.network.platforms.frr.render.sysctl import sysctl

TEMPLATES = "netconf/frr"
"""Path relative to the root."""

_Sections: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""The sections of a configuration, in order: the name, and its templates in order."""
_Piece: TypeAlias = Callable[[Context], Iterable[str]]
"""Writes one part of a configuration."""

_FRR = (
    "frr",
    ("system.j2", "statics.j2", "interfaces.j2", "bgp.j2", "ospf.j2", "filters.j2", "bfd.j2"),
)
_NFTABLES = (
    "nftables",
    (
        "nftables.j2",
        "nft-prerouting.j2",
        "nft-input.j2",
        "nft-forward-{role}.j2",
        "nft-output.j2",
        "nft-end.j2",
    ),
)
_SYSCTL = ("sysctl", ("sysctl.j2",))
_UNITS = ("units", ("units.j2",))

SECTIONS: _Sections = (_FRR, _NFTABLES, ("qos", ("qos.j2",)), _SYSCTL)
DAY0_SECTIONS: _Sections = (_FRR, ("nftables", ("day0.j2", "nft-input.j2", "day0-forward.j2")), _SYSCTL)


def render_router(router: Router, *extensions: str) -> str:
    """The configuration of one router. Secrets appear in it as `${secret:NAME}`.

    `extensions` are names of Jinja extensions (`origins` uses one to trace lines to the templates).
    """
    sections = SECTIONS if router.helpers is None else (*SECTIONS, _UNITS)
    return _text(router, sections, *extensions)


def render_day0(router: Router) -> str:
    """The configuration that a router starts with; its model is already reduced to that (see `derive.day0`)."""
    return _text(router, DAY0_SECTIONS)


def _text(router: Router, sections: _Sections, *extensions: str) -> str:
    # One context for all templates: Jinja would make one for each template that it renders or includes by itself, which
    # takes a third of the time for a site router with its fifteen files.
    context, pieces = _loaded(settings.root(), sections, router.role, *extensions)
    told = context({"router": router})
    return "".join(["".join(piece(told)) for piece in pieces])


@lru_cache(maxsize=256)
def _loaded(
    root: Path, sections: _Sections, role: Role, *extensions: str
) -> tuple[Callable[[dict[str, object]], Context], tuple[_Piece, ...]]:
    """A function that makes a context, and those that write the configuration of a router of some role with it."""
    environment = _environment(root, *extensions)
    pieces: list[_Piece] = []
    for name, files in sections:
        pieces.append(_always(f"#@ section {name}\n"))
        pieces += [environment.get_template(file.format(role=role)).root_render_func for file in files]
        if name == "frr":  # FRR ends its running configuration with this line
            pieces.append(_always("end\n"))
    return environment.get_template("system.j2").new_context, tuple(pieces)


def _always(text: str) -> _Piece:
    return lambda _: (text,)


class _Templates(Environment):
    """Looks up attributes without Jinja's second try as a key, which a router's model does not need.

    A site's configuration needs four hundred lookups. A missing attribute is an AttributeError, never empty.
    """

    getattr = staticmethod(getattr)  # type: ignore[assignment]


@lru_cache
def _environment(root: Path, *extensions: str) -> _Templates:
    environment = _Templates(
        extensions=extensions,
        loader=FileSystemLoader(root / TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,  # a process renders with one set of templates, read from disk once
        # An extension compiles the same template differently, and the cache could not tell.
        bytecode_cache=None if extensions else _compiled(settings.cache_dir() / "templates"),
    )
    environment.globals["secret"] = _placeholder
    environment.globals["police_burst"] = _police_burst
    environment.globals["interfaces"] = order.interfaces
    environment.globals["statics"] = order.statics
    environment.globals["sysctl"] = sysctl
    environment.globals["htb_classes"] = queues.htb_classes
    environment.globals["htb_default"] = queues.DEFAULT
    environment.globals["translations"] = units.TRANSLATIONS
    environment.globals["program"] = lambda name: (root / TEMPLATES / name).read_text(encoding="utf-8")
    environment.filters["quoted"] = _quoted
    return environment


def _compiled(folder: Path) -> FileSystemBytecodeCache | None:
    """Cache of compiled templates between runs: compiling takes longer than rendering a small city.

    None if nothing can be cached, or if other users could put code into the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_ours = folder.stat().st_mode & 0o022 == 0 and os.access(folder, os.W_OK)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if is_ours else None


def _police_burst(rate: int) -> int:
    """Bytes that may arrive at once at `rate` bit/s: 100 ms, but at least two packets of segmentation offload."""
    return max(rate // 80, 2 * 65536)


def _placeholder(name: str) -> str:
    return f"${{secret:{name}}}"


def _quoted(names: tuple[str, ...]) -> str:
    """Interface names as nft writes the members of a set."""
    return ", ".join(f'"{name}"' for name in names)
