"""The consequences of every loss, as tables for people and as one document for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from baubau_ops.cli.output import Cell, Output
from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.core.units import format_rate
from baubau_ops.inventory.resilience.impacts import Cut, Impact, Resilience, Severity, Tier
from baubau_ops.inventory.resilience.losses import Loss
from baubau_ops.inventory.resilience.routes import Function
from baubau_ops.inventory.resilience.traffic import Overload

_NAMES = {
    Function.CORE: "the cores",
    Function.REFLECTOR: "the route reflectors",
    Function.ISP: "the internet",
    Function.DNS: "DNS",
    Function.DATACENTER: "the data center",
    Function.PROVINCE: "the Province",
}
_SOURCES = {Function.REFLECTOR: "core", Function.ISP: "ISP", Function.DATACENTER: "firewall"}
_STYLES = {
    Severity.SERVICE: "bold red",
    Severity.CUT: "red",
    Severity.DEGRADED: "yellow",
    Severity.EXPOSED: "",
    Severity.NONE: "dim",
}
_FEW = 3
"""Number of names that a table cell shows; the rest are counted."""


def draw_resilience(output: Output, found: Resilience, *, is_all: bool) -> None:
    """Print the consequences of each backbone loss, a sentence on the sites' lines, double losses and the verdict."""
    for overload in found.normal:
        output.line(f"Over capacity without any failure: {_overload(overload)}", "yellow")
    shown = [impact for impact in found.backbone if is_all or impact.severity is not Severity.NONE]
    shown.sort(key=lambda impact: (-impact.severity, -impact.sites, -len(impact.exposed), impact.loss.id))
    columns = ["Losing", "cuts off", "services lost", "over capacity", "one path left"]
    output.table(columns, [_row(impact) for impact in shown])
    hidden = len(found.backbone) - len(shown)
    if hidden:
        output.line(f"{hidden} more failures have no effect; --all shows them.", "dim")
    output.line()
    _draw_sites(output, found)
    _draw_doubles(output, found)
    output.line()
    output.line("Titik tunggal kegagalan (single points of failure)", "bold")
    output.table(
        ["tier", "services", "lost by any one of", "verdict"],
        [_tier(tier) for tier in found.tiers],
        right=["tier"],
    )


def _row(impact: Impact) -> list[Cell]:
    loads = [f"{each.label} +{_rate(each.by)}" for each in impact.degraded]
    last = [f"one {_SOURCES[each]}" for each in impact.last]
    exposed = [f"{len(impact.exposed)} POPs or sites"] if len(impact.exposed) > _FEW else [*impact.exposed]
    return [
        (impact.loss.id, _STYLES[impact.severity]),
        "; ".join(_cut(cut) for cut in impact.cuts) or "–",
        _some(impact.services) or "–",
        _some(loads) or "–",
        ", ".join([*exposed, *last]) or "–",
    ]


def _cut(cut: Cut) -> str:
    sites = "1 site" if len(cut.sites) == 1 else f"{len(cut.sites)} sites"
    return f"{sites} {_from(cut.functions)}"


def _from(lost: Sequence[Function]) -> str:
    """Return what is lost in words, such as `altogether` or `from the internet`."""
    if Function.CORE in lost:
        return "altogether"
    return f"from {', '.join(_NAMES[each] for each in lost)}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _FEW
    return ", ".join(names if more <= 0 else [*names[:_FEW], f"{more} more"])


def _rate(rate: int) -> str:
    """Format a computed rate, rounded to the megabit."""
    return format_rate(max(1, round(rate / 1e6)) * 10**6)


def _overload(overload: Overload) -> str:
    return (
        f"{overload.label} towards {overload.towards}: {_rate(overload.load)} committed,"
        f" {format_rate(overload.capacity)} available (+{_rate(overload.by)})"
    )


def _draw_sites(output: Output, found: Resilience) -> None:
    routers = [impact for impact in found.sites if impact.loss.id.startswith("ce-")]
    lines = [impact for impact in found.sites if not impact.loss.id.startswith("ce-")]
    single = sum(bool(impact.cuts) for impact in lines)
    two = len(routers) - single
    output.line(
        f"Each of the {len(routers)} sites is cut off by the loss of its router;"
        f" {single} have one line, {two} have two."
    )
    services = sorted({(impact.services, impact.loss.id) for impact in found.sites if impact.services})
    for lost, loss in services:
        output.line(f"Losing {loss} takes away services that need it: {', '.join(lost)}.", "red")


def _draw_doubles(output: Output, found: Resilience) -> None:
    doubles = found.doubles
    output.line()
    output.line("Double failures", "bold")
    output.line(
        f"{doubles.cutting} of {doubles.pairs} pairs of failures cut off sites that neither failure cuts off alone."
    )
    rows = []
    for double in doubles.worst:
        cuts = "; ".join(f"{count} sites {_from(lost)}" for lost, count in double.cuts.items())
        rows.append([f"{double.first.id} and {double.second.id}", cuts])
    if rows:
        output.table(["The worst pairs", "cut off"], rows)


def _tier(tier: Tier) -> list[Cell]:
    points = [impact.loss.id for impact in tier.points]
    count = f"{len(points)} single point{'' if len(points) == 1 else 's'} of failure"
    verdict: Cell = ("none", "green")
    if points:
        verdict = (count, "yellow") if tier.is_allowed else (f"{count}; the plan allows none", "bold red")
    return [str(tier.tier), _some(tier.services), _some(points) or "–", verdict]


def draw_loss(output: Output, impact: Impact) -> None:
    """Print all consequences of one loss with all names."""
    output.line(f"Losing {impact.loss.id} ({impact.loss.kind}: {impact.loss.name})", "bold")
    for cut in impact.cuts:
        output.line(f"  cuts off {_cut(cut)}: {', '.join(cut.sites)}")
    if impact.services:
        output.line(f"  takes away {', '.join(impact.services)}", "red")
    for overload in impact.degraded:
        output.line(f"  over capacity  {_overload(overload)}", "yellow")
    if impact.exposed:
        output.line(f"  one path to the cores is left for {', '.join(impact.exposed)}")
    for each in impact.last:
        output.line(f"  only one {_SOURCES[each]} is left")
    if impact.severity is Severity.NONE:
        output.line(
            "  no site is cut off, no link is over its capacity, every remaining path has an alternative"
        )


def impact_of(found: Resilience, loss: str) -> Impact:
    """Return the impact of the loss with this name; InputError when there is none."""
    impacts = {impact.loss.id: impact for impact in (*found.backbone, *found.sites)}
    for name in (loss, f"pop-{loss}", f"ce-{loss}"):
        if name in impacts:
            return impacts[name]
    guess = did_you_mean(loss, impacts)
    raise InputError(
        f'There is no failure called "{loss}".{guess}',
        remedy="List them with: baubau inventory resilience --all",
    )


def document(found: Resilience) -> dict[str, object]:
    """Return the whole result as JSON; rates are bit/s."""
    return {
        "allowed": found.is_allowed,
        "tiers": [
            {
                "tier": tier.tier,
                "services": tier.services,
                "single_points": [impact.loss.id for impact in tier.points],
                "allowed": tier.is_allowed,
            }
            for tier in found.tiers
        ],
        "normal": [_overload_document(overload) for overload in found.normal],
        "losses": [loss_document(impact) for impact in found.backbone],
        "sites": [loss_document(impact) for impact in found.sites],
        "double_failures": {
            "pairs": found.doubles.pairs,
            "cutting": found.doubles.cutting,
            "worst": [
                {
                    "losses": _ids([double.first, double.second]),
                    "sites": double.sites,
                    "cuts": [{"functions": lost, "sites": count} for lost, count in double.cuts.items()],
                }
                for double in found.doubles.worst
            ],
        },
    }


def _ids(losses: Iterable[Loss]) -> list[str]:
    return [loss.id for loss in losses]


def loss_document(impact: Impact) -> dict[str, object]:
    """Return one loss as JSON."""
    return {
        "loss": impact.loss.id,
        "kind": impact.loss.kind,
        "name": impact.loss.name,
        "severity": impact.severity.name.lower(),
        "cuts": [{"functions": cut.functions, "sites": cut.sites} for cut in impact.cuts],
        "degraded": [_overload_document(overload) for overload in impact.degraded],
        "one_way_left": impact.exposed,
        "last": impact.last,
        "services": impact.services,
    }


def _overload_document(overload: Overload) -> dict[str, object]:
    return {
        "link": overload.link,
        "towards": overload.towards,
        "load": overload.load,
        "capacity": overload.capacity,
        "by": overload.by,
    }
