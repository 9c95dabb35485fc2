"""Ways to spoil the small city; what is said about each stands in bad_input.txt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Spoil = Callable[[Path], None]


def edit(file: str, *changes: tuple[str, str]) -> Spoil:
    """Replace texts in a file, once each; they must be there."""

    def spoil(city: Path) -> None:
        path = city / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, (file, old)
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")

    return spoil


def write(file: str, data: bytes) -> Spoil:
    def spoil(city: Path) -> None:
        (city / file).write_bytes(data)

    return spoil


def prepend(file: str, data: bytes) -> Spoil:
    def spoil(city: Path) -> None:
        (city / file).write_bytes(data + (city / file).read_bytes())

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(city: Path) -> None:
        for each in spoils:
            each(city)

    return spoil


def large(file: str) -> Spoil:
    def spoil(city: Path) -> None:
        with open(city / file, "r+b") as opened:
            opened.truncate(100 * 2**20)  # sparse

    return spoil


def instead_folder(file: str) -> Spoil:
    def spoil(city: Path) -> None:
        (city / file).unlink()
        (city / file).mkdir()

    return spoil


def remove(file: str) -> Spoil:
    def spoil(city: Path) -> None:
        (city / file).unlink()

    return spoil


def rename(file: str, to: str) -> Spoil:
    def spoil(city: Path) -> None:
        (city / file).rename(city / to)

    return spoil


DINKES = "sites/dinkes.yml"
RSUD = "sites/rsud.yml"
RSUD_PRIMARY = "\n  - {pop: betoambari, media: fibre-fast, committed: 100M, peak: 200M, status: built}"
RSUD_BACKUP = "\n  - {pop: wolio, role: backup, media: fibre, committed: 50M, peak: 100M, status: built}"
RSUD_BOTH = RSUD_PRIMARY + RSUD_BACKUP
CASES: dict[str, Spoil] = {
    "does-not-parse": edit(DINKES, ("link: {pop: wolio,", "link: {pop: wolio: x,")),
    "flow-not-closed": edit(DINKES, ("status: built}", "status: built")),
    "tab": edit("city.yml", ("  loopback: 10", "\tloopback: 10")),
    "bom": prepend(DINKES, b"\xef\xbb\xbf"),
    "alias": edit(
        "policy.yml",
        ("why: agencies use the city's applications", "why: &why agencies"),
        ("why: one managed internet for all agencies", "why: *why"),
    ),
    "tag": edit(DINKES, ("kind: agency", "kind: !kind agency")),
    "several-documents": edit(DINKES, ("segments:", "---\nsegments:")),
    "duplicate-key": edit(DINKES, ("segments:", "kind: school\nsegments:")),
    "duplicate-id": edit("backbone.yml", ("  murhum: {kec", "  wolio: {kecamatan: wolio}\n  murhum: {kec")),
    "conflict": edit("allocations.yml", ("  dinkes:", "<<<<<<< HEAD\n  dinkes:")),
    "list": write("policy.yml", b"- a\n"),
    "single": write("policy.yml", b"reach\n"),
    "empty": write(DINKES, b"# nothing yet\n"),
    "latin-1": write(DINKES, "name: Caf\xe9\nkind: agency\n".encode("latin-1")),
    "utf-16": write(DINKES, "name: Dinkes\n".encode("utf-16")),
    "control-character": edit(DINKES, ("Dinas", "Di\x07nas")),
    "100-mb": large(DINKES),
    "folder": instead_folder(DINKES),
    "missing": remove("policy.yml"),
    "unknown-key": edit(DINKES, ("kecamatan: wolio", "kecamtan: wolio")),
    "unknown-key-far": edit(DINKES, ("kecamatan: wolio", "kecamatan: wolio\nxyz: 1")),
    "unknown-key-nested": edit("city.yml", ("fibre: {bfd", "fibre: {bdf")),
    "unknown-key-in-list": edit("backbone.yml", ("km: 2.1", "kms: 2.1")),
    "wrong-types": edit(DINKES, ("kind: agency", "kind: 7"), ("segments: [", "segments: office #[")),
    "wrong-type-mapping": edit(DINKES, ("link: {pop", "link: [{pop"), ("built}", "built}]")),
    "wrong-type-int": edit("services.yml", ("tier: 1,", 'tier: "1",')),
    "wrong-type-bool": edit("backbone.yml", ("assumed: true}", "assumed: yes}")),
    "wrong-type-float": edit("backbone.yml", ("km: 0.3", "km: far")),
    "wrong-type-text": edit("city.yml", ('code: "7472"', "code: 7472")),
    "not-one-of": edit(DINKES, ("status: built", "status: build")),
    "out-of-range": edit("city.yml", ("office: 26, cctv: 27", "office: 12, cctv: 27")),
    "bad-name": edit("city.yml", ("  kelurahan: {total", "  Kelurahan: {total")),
    "core-name": edit("backbone.yml", ("  core-1: {nat", "  kern-1: {nat")),
    "one-core": edit("backbone.yml", ("  core-2: {nat: 198.51.100.128/25}\n", "")),
    "prefix": edit(
        "city.yml",
        ("10.64.0.0/14", "10.65.0.0/14"),
        ("10.80.0.0/14", "10.80.0.0"),
        ("10.96.0.0/14", "10.96.0/14"),
    ),
    "address": edit(
        "backbone.yml",
        ("peer: 192.0.2.0", "peer: 192.0.2.256"),
        ("address: 192.0.2.3/31", "address: 192.0.2.3"),
    ),
    "control-in-text": edit(
        DINKES,
        ("name: Dinas Kesehatan", r'name: "Dinas\n Kesehatan"'),
        ("quality: good", r'quality: "\e[1m"'),
    ),
    "duration": edit("services.yml", ("rto: 5m", "rto: 5 min")),
    "port-form": edit("services.yml", ("53/udp, 53/tcp", "udp/53, 70000/tcp")),
    "file-name": rename("sites/smpn-14.yml", "sites/SMPN-14.yml"),
    "file-suffix": rename("sites/smpn-14.yml", "sites/smpn-14.yaml"),
    "file-name-long": rename("sites/smpn-14.yml", f"sites/{41 * 'a'}.yml"),
    "stranger": rename("policy.yml", "polcy.yml"),
    "unknown-pop": edit(DINKES, ("pop: wolio", "pop: wollio")),
    "unknown-pop-far": edit(DINKES, ("pop: wolio", "pop: xyz")),
    "unknown-zone": edit(DINKES, ("[office,", "[ofice,")),
    "unknown-kind": edit(DINKES, ("kind: agency", "kind: agensi")),
    "unknown-kecamatan": edit(DINKES, ("kecamatan: wolio", "kecamatan: wolo")),
    "unknown-media": edit(DINKES, ("media: fibre", "media: fiber")),
    "unknown-site": edit("services.yml", ("[dinkes, rsud]", "[dinkes, rsu]")),
    "unknown-segment": edit("services.yml", ("segment: command", "segment: comand")),
    "unknown-service": edit("services.yml", ("[dns, satu-data]", "[dns, satudata]")),
    "unknown-core": edit("backbone.yml", ("core: core-2", "core: core-3")),
    "unknown-span-end": edit("backbone.yml", ("a: murhum", "a: murhun")),
    "no-segment": edit(DINKES, ("segments: [office, cctv, wifi, mgmt]", "segments: []")),
    "no-segments": edit(DINKES, ("segments: [office, cctv, wifi, mgmt]\n", "")),
    "no-size": edit("sites/lapangan-merdeka.yml", ("[cctv, wifi]", "[cctv, office]")),
    "kind-zone": edit("city.yml", ("sizes: {office: 28", "sizes: {ofice: 28")),
    "cycle": edit("services.yml", ("53/tcp], assumed", "53/tcp], depends: [simkes], assumed")),
    "policy-source": edit("policy.yml", ("from: cctv", "from: cctvs")),
    "policy-target": edit("policy.yml", ("to: command-center", "to: comand-center")),
    "policy-twice": edit("policy.yml", ("{from: wifi, to: internet", "{from: office, to: internet")),
    "peak-below": edit(DINKES, ("peak: 100M", "peak: 5M")),
    "peak-below-one-way": edit(DINKES, ("peak: 100M", "peak: {down: 100M, up: 20M}")),
    "rate-zero": edit(DINKES, ("committed: 50M", "committed: 0M")),
    "rate-negative": edit(DINKES, ("committed: 50M", "committed: -50M")),
    "rate-unit": edit(DINKES, ("peak: 100M", "peak: 100MB")),
    "rate-number": edit(DINKES, ("peak: 100M", "peak: 100")),
    "ring-open": edit(
        "backbone.yml", ("  - {a: wolio, b: murhum, km: 1.6, capacity: 10G, assumed: true}\n", "")
    ),
    "ring-one-core": edit("backbone.yml", ("{a: betoambari, b: core-2", "{a: betoambari, b: core-1")),
    "ring-no-core-span": edit(
        "backbone.yml",
        ("  - {a: core-1, b: core-2, km: 0.3, capacity: 10G, role: core, assumed: true}\n", ""),
        ("  - {a: core-1, b: core-2, km: 1.8, capacity: 10G, role: core, assumed: true}\n", ""),
    ),
    "ring-role": edit(
        "backbone.yml", ("km: 0.3, capacity: 10G, role: core", "km: 0.3, capacity: 10G, role: ring")
    ),
    "ring-self": edit("backbone.yml", ("{a: wolio, b: murhum", "{a: wolio, b: wolio")),
    "ring-second": edit(
        "backbone.yml",
        (
            "  wolio: {",
            "  aa: {kecamatan: wolio}\n  bb: {kecamatan: wolio}\n  cc: {kecamatan: wolio}\n  wolio: {",
        ),
        (
            "isps:",
            "  - {a: aa, b: bb, km: 1, capacity: 1G}\n"
            "  - {a: bb, b: cc, km: 1, capacity: 1G}\n"
            "  - {a: cc, b: aa, km: 1, capacity: 1G}\n"
            "  - {a: aa, b: wolio, km: 1, capacity: 1G, role: cross}\n\nisps:",
        ),
    ),
    "ring-same-core": edit(
        "backbone.yml",
        (
            "  - {a: murhum, b: batupoaro, km: 1.4, ",
            "  - {a: murhum, b: core-1, km: 1, capacity: 10G}\n  - {a: core-2, b: batupoaro, km: 1, ",
        ),
    ),
    "no-path": edit("backbone.yml", ("  wolio: {", "  bungi: {kecamatan: bungi}\n  wolio: {")),
    "port-name-long": edit(
        "backbone.yml", ("  wolio: {", "  kokalukuna-utara: {kecamatan: bungi}\n  wolio: {")
    ),
    "zone-name-long": edit(
        "city.yml", ("  mgmt: {pool", "  penerangan-jalan: {pool: 10.120.0.0/16}\n  mgmt: {pool")
    ),
    "port-name-twice": edit("backbone.yml", ("  wolio: {", "  core-2-b: {kecamatan: bungi}\n  wolio: {")),
    "zone-reserved": edit("city.yml", ("  mgmt: {pool", "  province: {pool: 10.120.0.0/16}\n  mgmt: {pool")),
    "service-reserved": edit(
        "services.yml",
        (
            "  dns:",
            "  office:\n    {name: X, owner: X, tier: 1, rto: 5m, segment: services, ports: [1/tcp]}\n  dns:",
        ),
    ),
    "pools-overlap": edit("city.yml", ("cctv: {pool: 10.80.0.0/14}", "cctv: {pool: 10.66.0.0/15}")),
    "pool-province": edit("backbone.yml", ("172.22.0.0/24", "10.64.3.0/24")),
    "nat-outside": edit("backbone.yml", ("nat: 198.51.100.128/25", "nat: 203.0.113.0/25")),
    "nat-overlap": edit("backbone.yml", ("nat: 198.51.100.128/25", "nat: 198.51.100.64/26")),
    "isp-peer": edit("backbone.yml", ("peer: 192.0.2.0", "peer: 192.0.2.6")),
    "isp-self": edit("backbone.yml", ("peer: 192.0.2.0", "peer: 192.0.2.1")),
    "isp-asn": edit("backbone.yml", ("asn: 64501", "asn: 64500")),
    "exhausted-zone": both(
        edit("city.yml", ("mgmt: {pool: 10.112.0.0/16}", "mgmt: {pool: 10.112.0.0/27}")),
        edit("allocations.yml", ("mgmt: 10.112.0.64/27, ", "")),
    ),
    "exhausted-asn": both(
        edit("city.yml", ("last: 4200009999", "last: 4200000005")),
        edit(
            "allocations.yml",
            (
                "  smpn-14: {asn: 4200000006, loopback: 10.255.0.15,"
                " segments: {office: 10.64.1.64/27, wifi: 10.96.6.0/25},"
                " links: {betoambari: {port: 2, prefix: 10.254.0.42/31}}}\n",
                "",
            ),
        ),
    ),
    "left-pool": edit("city.yml", ("cctv: {pool: 10.80.0.0/14}", "cctv: {pool: 10.84.0.0/14}")),
    "cannot-grow": edit(
        "city.yml", ("agency: {total: 31, sizes: {office: 26", "agency: {total: 31, sizes: {office: 24")
    ),
    "pin-outside": edit(
        DINKES,
        ("kind:", "asn: 4200010000\nloopback: 10.1.1.1\nkind:"),
        ("segments: [office, cctv, wifi, mgmt]", "segments: {office: {prefix: 10.80.0.0/26}, cctv: {}}"),
    ),
    "pin-address": edit(DINKES, ("kind:", "loopback: 10.255.0.12\nkind:")),
    "pin-asn": edit(DINKES, ("kind:", "asn: 4200000001\nkind:")),
    "pin-port": edit("sites/rsud.yml", ("status: built", "status: built, port: 2")),
    "pin-prefix": edit("sites/rsud.yml", ("status: built", "status: built, prefix: 10.254.0.42/31")),
    "pin-segment": edit("sites/bappeda.yml", ("[office, wifi]", "{office: {prefix: 10.64.2.0/25}, wifi: }")),
    "pin-twice": both(
        edit(DINKES, ("kind:", "asn: 4200000077\nkind:")),
        edit("sites/rsud.yml", ("kind:", "asn: 4200000077\nkind:")),
    ),
    "pin-size": edit(
        "sites/bappeda.yml", ("[office, wifi]", "{office: {prefix: 10.64.9.0/25, size: 26}, wifi: {}}")
    ),
    "pin-not-31": edit("sites/rsud.yml", ("status: built", "status: built, prefix: 10.254.8.0/30")),
    "lock-twice": edit(
        "allocations.yml",
        (
            "lapangan-merdeka: {asn: 4200000003, loopback: 10.255.0.12",
            "lapangan-merdeka: {asn: 4200000002, loopback: 10.255.0.11",
        ),
    ),
    "lock-port-twice": edit("allocations.yml", ("{murhum: {port: 2", "{murhum: {port: 1")),
    "lock-loopback": edit("allocations.yml", ("  core-2: 10.255.0.3", "  core-2: 10.255.0.2")),
    "lock-malformed": edit(
        "allocations.yml",
        ("core-1: 10.255.0.2", "core-1: 10.255.0"),
        ("asn: 4200000001, ", ""),
        ("port: 1, prefix: 10.254.0.32/31", "port: 0, prefix: 10.254.0.33/31"),
    ),
    "lock-section": edit("allocations.yml", ("quarantine: {}", "quarantaine: {}")),
    "links-empty": edit(RSUD, (RSUD_BOTH, " []")),
    "links-three": edit(RSUD, (RSUD_BACKUP, RSUD_BACKUP + RSUD_BACKUP.replace("wolio", "murhum"))),
    "links-and-link": edit(
        RSUD,
        ("links:", "link: {pop: murhum, media: fibre, committed: 1G, peak: 1G, status: built}\nlinks:"),
    ),
    "platform": edit(DINKES, ("kind: agency", "kind: agency\nplatform: junos")),
    "platform-role": edit("city.yml", ("kecamatan:", "platforms: {site: routeros, isp: ios}\nkecamatan:")),
    "links-unknown-pop": edit(RSUD, ("pop: wolio", "pop: wollio")),
    "links-media": edit(RSUD, ("backup, media: fibre,", "backup, media: fiber,")),
    "links-key": edit(RSUD, ("role: backup", "rolle: backup")),
    "links-role": edit(RSUD, ("role: backup", "role: standby")),
    "links-one-pop": edit(RSUD, ("pop: wolio", "pop: betoambari")),
    "links-two-primaries": edit(RSUD, (", role: backup", "")),
    "links-no-primary": edit(RSUD, ("betoambari,", "betoambari, role: backup,")),
    "links-lone-backup": edit(RSUD, (RSUD_PRIMARY, "")),
    "link-lone-backup": edit(DINKES, ("pop: wolio", "pop: wolio, role: backup")),
    "links-rates": edit(RSUD, ("peak: 100M", "peak: 10M")),
    "links-pin": edit(RSUD, ("role: backup", "role: backup, port: 1, prefix: 10.254.0.30/31")),
    "links-pin-outside": edit(RSUD, ("role: backup", "role: backup, prefix: 10.1.0.0/30")),
    "links-assumed": edit(RSUD, ("assumed: [kecamatan, links]", "assumed: [kecamatan, 'links[2].peak']")),
    "links-python-name": edit(RSUD, ("links:\n", "multi:\n")),
    "queue": edit("city.yml", ("queue: voice", "queue: video")),
    "voice-no-rate": edit("city.yml", (", voice: 4M", "")),
    "voice-no-rate-site": edit(
        "sites/lapangan-merdeka.yml", ("[cctv, wifi]", "{cctv: {}, wifi: {}, voice: {size: 29}}")
    ),
    "voice-too-much": edit("city.yml", (", voice: 4M", ", voice: 50M")),
    "probe-alone": edit(
        "backbone.yml",
        ("capacity: 1G,\n          probe: [203.0.113.2, 203.0.113.18]", "capacity: 1G, probe: [203.0.113.2]"),
    ),
    "probe-twice": edit(
        "backbone.yml",
        (
            "multiplier: 3}, probe: [203.0.113.2, 203.0.113.18]",
            "multiplier: 3}, probe: [203.0.113.2, 203.0.113.2]",
        ),
    ),
    "probe-own": edit(
        "backbone.yml",
        (
            "multiplier: 3}, probe: [203.0.113.2, 203.0.113.18]",
            "multiplier: 3}, probe: [203.0.113.2, 198.51.100.9]",
        ),
    ),
    "isp-preference": edit(
        "backbone.yml", ("multiplier: 3}, probe:", "multiplier: 3}, preference: 10, probe:")
    ),
    "assumed": edit(DINKES, ("assumed: [link]", "assumed: [link.comitted]")),
    "kecamatan-twice": edit("city.yml", ("bungi, lea-lea", "bungi, bungi")),
    "capacity-missing": edit("backbone.yml", ("km: 2.1, capacity: 10G, ", "km: 2.1, ")),
    "oversubscription-below": both(
        edit("backbone.yml", ("km: 2.1, capacity: 10G", "km: 2.1, capacity: 10G, oversubscription: 0.5")),
        edit("datacenter.yml", ("capacity: 10G", "capacity: 10G\noversubscription: 0")),
    ),
    "risk-one-member": edit(
        "backbone.yml", ("km: 2.1, capacity: 10G, srlg: [duct-wolio]", "km: 2.1, capacity: 10G")
    ),
    "risk-no-member": edit("backbone.yml", ("risks:  ", "risks:\n  tiang: {name: X, kind: pole}\n  #")),
    "risk-unknown": both(
        edit(
            "backbone.yml",
            ("km: 2.1, capacity: 10G, srlg: [duct-wolio]", "km: 2.1, capacity: 10G, srlg: [duct-wollio]"),
        ),
        edit("sites/rsud.yml", ("peak: 200M,", "peak: 200M, srlg: [duct-wolio, xyz],")),
        edit(DINKES, ("kind: agency", "kind: agency\nsrlg: [pln]")),
    ),
    "risk-twice": edit(
        "backbone.yml", ("role: cross, srlg: [duct-wolio]", "role: cross, srlg: [duct-wolio, duct-wolio]")
    ),
    "risk-device": edit(
        "backbone.yml",
        ("  duct-wolio: {name", "  pop-wolio: {name"),
        ("[duct-wolio]", "[pop-wolio]"),
        ("[duct-wolio]", "[pop-wolio]"),
    ),
    "risk-kind": edit("backbone.yml", ("kind: duct", "kind: dust")),
    "risk-datacenter": both(
        edit(
            "datacenter.yml",
            ("capacity: 10G", "capacity: 10G\nsrlg: {dc-3: [duct-wolio], hosts: [pln-selatan]}"),
        ),
    ),
    "risk-datacenter-part": edit(
        "datacenter.yml", ("capacity: 10G", "capacity: 10G\nsrlg: {host: [duct-wolio]}")
    ),
    "admission-normal": edit(
        DINKES, ("committed: 50M, peak: 100M", "committed: {down: 12G, up: 50M}, peak: 20G")
    ),
    "admission-after-loss": edit(
        "backbone.yml",
        ("km: 1.4, capacity: 10G", "km: 1.4, capacity: 50M"),
        ("km: 4.7, capacity: 10G", "km: 4.7, capacity: 0.3G"),
    ),
    "admission-oversubscribed": edit(
        "backbone.yml",
        ("peer: 192.0.2.0, capacity: 1G", "peer: 192.0.2.0, capacity: 0.2G, oversubscription: 1.5"),
    ),
    "admission-datacenter": edit("datacenter.yml", ("capacity: 10G", "capacity: 0.3G")),
    "all-at-once": both(
        edit(DINKES, ("pop: wolio", "pop: wollio")),
        write("sites/rsud.yml", b"name: [\n"),
        edit("sites/bappeda.yml", ("peak: 100M", "peak: 10M")),
        edit("city.yml", ("control: 1M", "control: 0")),
    ),
}
