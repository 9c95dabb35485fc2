"""The sites of a synthetic city: how many of which kind, and what is drawn for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

POP_SITES = 64
"""Most sites on one POP."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Sites that are alike: of one kind, with the same segments."""

    kind: str
    prefix: str
    """Prefix of the ids: `sd` gives `sd-00042`."""
    title: str
    segments: tuple[str, ...]
    share: int
    """Number among a thousand sites."""
    rates: tuple[tuple[int, int], ...]
    """Committed and peak, Mbit/s, one pair is drawn."""
    media: tuple[str, ...]
    """Media, one of which is drawn."""
    two_links: bool = False
    """A backup at another POP, where there is one."""


_WIRED = ("fibre", "fibre", "fibre", "leased")
_FAST = ("fibre-fast",)
_ALL = ("office", "cctv", "wifi", "voice", "mgmt")
_MIXED = ("fibre", "fibre", "leased", "radio")

VARIANTS = (
    Variant("agency", "dinas", "Dinas", ("office", "wifi", "voice"), 70, ((30, 80), (50, 100)), _WIRED),
    Variant("agency", "badan", "Badan", _ALL, 50, ((50, 100),), _FAST, two_links=True),
    Variant("puskesmas", "puskesmas", "Puskesmas", ("office", "wifi", "voice"), 80, ((20, 50),), _WIRED),
    Variant("puskesmas", "pustu", "Puskesmas Pembantu", ("office",), 90, ((5, 20), (10, 30)), _MIXED),
    Variant("hospital", "rs", "Rumah Sakit", _ALL, 5, ((100, 200),), _FAST, two_links=True),
    Variant("school", "sd", "SD Negeri", ("office", "wifi"), 300, ((10, 40), (20, 50)), _MIXED),
    Variant("school", "smp", "SMP Negeri", ("office", "cctv", "wifi"), 140, ((20, 50), (30, 60)), _MIXED),
    Variant("kelurahan", "kelurahan", "Kelurahan", ("office", "wifi"), 200, ((10, 20), (10, 30)), _MIXED),
    Variant("park", "taman", "Taman", ("cctv", "wifi"), 65, ((50, 150), (100, 300)), ("fibre", "leased")),
)
"""A thousand sites of a city; their order decides which come first where there are only a few."""

KINDS: dict[str, dict[str, int]] = {
    "agency": {"office": 26, "cctv": 27, "wifi": 26, "voice": 28, "mgmt": 28},
    "puskesmas": {"office": 27, "cctv": 28, "wifi": 26, "voice": 29, "mgmt": 28},
    "hospital": {"office": 24, "cctv": 26, "wifi": 24, "voice": 26, "mgmt": 27},
    "school": {"office": 27, "cctv": 28, "wifi": 26, "mgmt": 28},
    "kelurahan": {"office": 28, "cctv": 28, "wifi": 27, "mgmt": 29},
    "park": {"cctv": 28, "wifi": 25, "mgmt": 29},
}
"""By kind: the prefix length of each zone's segment."""
VOICE = {"agency": "1M", "puskesmas": "500k", "hospital": "4M"}
"""By kind that has telephones: the rate guaranteed to calls."""
ZONES = tuple(sorted({zone for sizes in KINDS.values() for zone in sizes}))

_PROVIDERS = ("telkomsel", "indosat", "indihome")
_QUALITIES = ("good", "good", "good", "poor", "none")
_STATUSES = ("built", "built", "planned")


@dataclass(frozen=True, slots=True)
class DrawnSite:
    """A site with its POP, which gives it its kecamatan."""

    id: str
    variant: Variant
    number: int
    pop: str
    committed: int
    """Mbit/s, both directions."""
    peak: int
    media: str
    status: str
    provider: str
    quality: str
    backup: str | None
    """The POP of its second link."""

    @property
    def pops(self) -> tuple[str, ...]:
        """All POPs it is connected to."""
        return (self.pop,) if self.backup is None else (self.pop, self.backup)

    @property
    def text(self) -> str:
        """Its file."""
        today = f"provider: {self.provider}, quality: {self.quality}"
        return (
            f"name: {self.variant.title} {self.number}\n"
            f"kind: {self.variant.kind}\n"
            f"kecamatan: {self.pop}\n"
            f"today: {{{today}}}\n"
            f"{self._links()}"
            f"segments: [{', '.join(self.variant.segments)}]\n"
        )

    def _links(self) -> str:
        rest = f"committed: {self.committed}M, peak: {self.peak}M, status: {self.status}"
        primary = f"{{pop: {self.pop}, media: {self.media}, {rest}}}"
        if self.backup is None:
            return f"link: {primary}\n"
        return f"links:\n  - {primary}\n  - {{pop: {self.backup}, role: backup, media: fibre, {rest}}}\n"


def composition(sites: int) -> dict[Variant, int]:
    """How many sites of each variant: the shares, what is left over going to the largest remainders."""
    found = {variant: sites * variant.share // 1000 for variant in VARIANTS}
    left = sites - sum(found.values())
    by_remainder = sorted(VARIANTS, key=lambda variant: -(sites * variant.share % 1000))
    for variant in by_remainder[:left]:
        found[variant] += 1
    return found


def pop_count(sites: int) -> int:
    """How many POPs so many sites need; a site with two links counts twice."""
    return 1 if sites <= POP_SITES else -(-link_count(sites) // POP_SITES)


def link_count(sites: int) -> int:
    """How many links so many sites have at most."""
    return sites + sum(count for variant, count in composition(sites).items() if variant.two_links)


def draw_sites(sites: int, pops: Sequence[str], random: Random) -> Iterator[DrawnSite]:
    """Spread the sites of every variant over the POPs, as many on each as on any other, or one less."""
    width = len(str(sites))
    members = [
        (variant, number) for variant, count in composition(sites).items() for number in range(1, count + 1)
    ]
    random.shuffle(members)
    places = [pops[index * len(pops) // sites] for index in range(sites)]
    room = Counter(dict.fromkeys(pops, POP_SITES))
    room.subtract(places)
    for index, (variant, number) in enumerate(members):
        committed, peak = random.choice(variant.rates)
        backup = _backup(pops, places[index], room) if variant.two_links else None
        yield DrawnSite(
            id=f"{variant.prefix}-{number:0{width}}",
            variant=variant,
            number=number,
            pop=places[index],
            backup=backup,
            committed=committed,
            peak=peak,
            media=random.choice(variant.media),
            status=random.choice(_STATUSES),
            provider=random.choice(_PROVIDERS),
            quality=random.choice(_QUALITIES),
        )


def _backup(pops: Sequence[str], primary: str, room: Counter[str]) -> str | None:
    """The next POP that has room; it has less then."""
    start = pops.index(primary)
    for pop in (*pops[start + 1 :], *pops[:start]):
        if room[pop]:
            room[pop] -= 1
            return pop
    return None
