"""Device model → the one text of a router. Pure; the templates stand in `netconf/frr/`, one for each feature."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from baubau_ops.core import settings
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.city.inventory import Inventory
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.filters import (
    COUNTERS,
    CoreFilter,
    FirewallFilter,
    PopFilter,
    SiteFilter,
)
from baubau_ops.network.model.router import (
    Router,
)
from baubau_ops.network.platforms.frr.render.compiled import compiled_templates
from baubau_ops.network.platforms.frr.render.template import WholeTexts, section

TEMPLATES = "netconf/frr"
"""Below the root."""

SECTIONS = {
    "frr": (
        "system.j2",
        "statics.j2",
        "interfaces.j2",
        "bgp.j2",
        "ospf.j2",
        "filters.j2",
        "bfd.j2",
    ),
    "nftables": ("nftables.j2",),
    "qos": ("qos.j2",),
    "sysctl": ("sysctl.j2",),
    "units": ("units.j2",),
}
"""The sections of a text in their order, and the templates of each."""

DAY0_SECTIONS = {"frr": SECTIONS["frr"], "nftables": ("day0.j2",), "sysctl": SECTIONS["sysctl"]}

_KINDS = {"full": SECTIONS, "day0": DAY0_SECTIONS}


def render(inventory: Inventory) -> dict[str, str]:
    """The text of every router, by name. Secrets stand in it as `${secret:NAME}`."""
    render_one = renderer()
    with no_garbage_collection():
        return {name: render_one(router) for name, router in derive(inventory).items()}


def renderer() -> Callable[[Router], str]:
    """What renders one router, with the templates at hand: for many."""
    environment = _environment(settings.root())
    return lambda router: _text(environment, "full", router)


def render_router(router: Router) -> str:
    """The text of one router."""
    return renderer()(router)


def render_day0(router: Router) -> str:
    """The text a router starts its life with; `router` is already reduced to that (see `bootstrap`)."""
    return _text(_environment(settings.root()), "day0", router)


def _text(environment: Environment, kind: str, router: Router) -> str:
    return environment.get_template(f"{kind}/{router.role}").render(router=router)


def render_with(router: Router, *extensions: str) -> str:
    """The same, each file by itself, through Jinja2 extensions (`blame_template` follows lines through templates)."""
    environment = _environment(settings.root(), *extensions)
    return "".join(
        section(name, "".join(environment.get_template(file).render(router=router) for file in files))
        for name, files in SECTIONS.items()
        if name != "units" or router.helpers is not None
    )


class _Templates(Environment):
    """Looks attributes up without Jinja's second try as a key, which a router model has no use for.

    There are four hundred in a site's text. One that does not exist is an AttributeError, never empty.
    """

    getattr = staticmethod(getattr)  # type: ignore[assignment]


@lru_cache
def _environment(root: Path, *extensions: str) -> Environment:
    environment = _Templates(
        extensions=extensions,
        loader=ChoiceLoader([WholeTexts(root / TEMPLATES, _KINDS), FileSystemLoader(root / TEMPLATES)]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,  # one process renders with one set of templates, and asks the disk for it once
        # An extension compiles the same template to something else, and the cache would not know.
        bytecode_cache=None if extensions else compiled_templates(settings.cache_dir() / "templates"),
    )
    environment.globals["secret"] = _placeholder
    environment.globals["counters"] = counters
    environment.globals["police_burst"] = _police_burst
    environment.globals["program"] = lambda name: (root / TEMPLATES / name).read_text(encoding="utf-8")
    environment.filters["quoted"] = _quoted
    return environment


def counters(router: Router) -> tuple[str, ...]:
    """The drop counters that a router has (see `device`)."""
    common = {"deny_forward", "deny_input", "deny_ipv6", "deny_ipv6_link", "deny_zone"}
    forward = router.filters.forward
    if isinstance(forward, PopFilter):
        common |= {"deny_police", "deny_spoof"}
    if isinstance(forward, SiteFilter | FirewallFilter):
        common |= {"deny_invalid", "deny_spoof"}
    if isinstance(forward, CoreFilter):
        common |= {"deny_spoof"}
        common |= {"deny_bogon", "deny_invalid", "deny_isp", "deny_leak"} if forward.isps else set()
    return tuple(name for name in COUNTERS if name in common)


def _police_burst(rate: int) -> int:
    """Bytes that may come at once at `rate` bit/s: 100 ms, and two packets of segmentation offload at least."""
    return max(rate // 80, 2 * 65536)


def _placeholder(name: str) -> str:
    return f"${{secret:{name}}}"


def _quoted(names: tuple[str, ...]) -> str:
    """Interface names as nft writes the members of a set."""
    return ", ".join(f'"{name}"' for name in names)
