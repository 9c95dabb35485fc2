"""Random router configurations, written as FRR 8.4.4 prints them, of every class of line the delta knows."""

from __future__ import annotations

from random import Random

PEERS = ("10.0.0.2", "10.0.0.3", "10.9.0.1")
GROUPS = ("CLIENTS", "PEERS")


def generate(rng: Random, head: str) -> str:
    """Write a random configuration below lines that must stay (name, management port)."""
    parts = [head, *_top(rng), *(_interface(rng, name) for name in ("ce1", "lo", "to-r2"))]
    if rng.random() < 0.9:
        parts.append(_bgp(rng))
    if rng.random() < 0.9:
        parts.append(_ospf(rng))
    parts += [_route_map(rng, name, seq) for name in ("IN", "OUT") for seq in (10, 20) if rng.random() < 0.7]
    parts.append("bfd\n" + "".join(_profile(rng, name) for name in ("site", "span") if rng.random() < 0.7))
    return "".join(parts)


def _some(rng: Random, *lines: str) -> list[str]:
    return [line for line in lines if rng.random() < 0.5]


def _pick(rng: Random, *values: object) -> str:
    return str(rng.choice(values))


def _lines(lines: list[str], depth: int = 1) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in lines)


def _top(rng: Random) -> list[str]:
    lines = [
        f"ip prefix-list {name} seq {seq} permit 10.{seq + rng.randrange(4)}.0.0/16 ge {rng.randrange(24, 26)}"
        for name in ("LOOPS", "SITES")
        for seq in (5, 10, 15)
        if rng.random() < 0.6
    ]
    lines += _some(
        rng,
        "ip route 10.64.0.0/16 blackhole 250",
        f"ip route 192.0.2.0/24 10.1.0.{_pick(rng, 1, 3)}",
        "ip nht bgp route-map " + _pick(rng, "IN", "OUT"),
        f"zebra work-queue {_pick(rng, 0, 5)}",
        f"access-list VTY seq 5 permit 10.{_pick(rng, 1, 2)}.0.0/16",
        f"bgp as-path access-list PRIV seq 5 {_pick(rng, 'permit', 'deny')} _64512_",
        f"bgp community-list standard CITY seq 5 permit 64512:{_pick(rng, 100, 200)}",
    )
    return [f"{line}\n" for line in lines]


def _interface(rng: Random, name: str) -> str:
    number = {"ce1": 2, "lo": 0, "to-r2": 1}[name]
    lines = _some(rng, f"description {_pick(rng, 'site a', 'site b', 'span')}")
    lines += _some(rng, f"ip address 10.{number}.0.{_pick(rng, 0, 4, 8)}/{32 if name == 'lo' else 31}")
    if rng.random() < 0.7:
        lines += ["ip ospf area 0"]
        if name != "lo":
            lines += _some(rng, "ip ospf authentication message-digest")
            lines += _pick(rng, "", "ip ospf bfd", "ip ospf bfd\nip ospf bfd profile span").split("\n")
            lines += _some(
                rng,
                f"ip ospf cost {_pick(rng, 10, 20)}",
                f"ip ospf dead-interval {_pick(rng, 4, 8)}",
                f"ip ospf hello-interval {_pick(rng, 1, 2)}",
                f"ip ospf message-digest-key 1 md5 {_pick(rng, 'secret', 'other')}",
                "ip ospf network point-to-point",
                "no ip ospf passive",
            )
    return f"interface {name}\n{_lines([line for line in lines if line])}exit\n"


def _bgp(rng: Random) -> str:
    lines = [f"bgp router-id 10.0.0.{_pick(rng, 1, 9)}"]
    lines += _some(rng, f"bgp cluster-id 10.0.0.{_pick(rng, 1, 8)}", "bgp deterministic-med")
    lines += ["no bgp default ipv4-unicast"]
    family = _some(
        rng,
        "network 10.64.9.0/24",
        f"aggregate-address 10.64.0.0/12{_pick(rng, '', ' summary-only')}",
        f"redistribute connected{_pick(rng, '', ' route-map IN')}",
    )
    groups = [group for group in GROUPS if rng.random() < 0.5]
    for group in groups:
        lines += [f"neighbor {group} peer-group", f"neighbor {group} remote-as 64512"]
        lines += _attributes(rng, group)
        family += _policy(rng, group)
    # Which group a lasting neighbor belongs to is never changed line by line.
    for number, peer in enumerate(PEERS):
        if rng.random() < 0.7:
            grouped = number < len(GROUPS) and GROUPS[number] in groups
            lines += [
                f"neighbor {peer} "
                + (f"peer-group {GROUPS[number]}" if grouped else f"remote-as {_asn(rng)}")
            ]
            # FRR prints of a member only what its group does not say.
            lines += _some(rng, f"neighbor {peer} description member") if grouped else _attributes(rng, peer)
            family += [] if grouped else _policy(rng, peer)
    family += _some(rng, f"maximum-paths {_pick(rng, 2, 4)}")
    body = f" address-family ipv4 unicast\n{_lines(family, 2)} exit-address-family\n"
    return f"router bgp 64512\n{_lines(lines)}{body if family else ''}exit\n"


def _asn(rng: Random) -> str:
    return _pick(rng, 4200000001, 4200000002)


def _attributes(rng: Random, peer: str) -> list[str]:
    lines = _pick(rng, "", "bfd", "bfd\nbfd profile site").split("\n")
    lines += _some(
        rng,
        f"description {_pick(rng, 'one', 'another one')}",
        f"password {_pick(rng, 'secret', 'other')}",
        f"timers {_pick(rng, '1 3', '3 9')}",
        f"timers connect {_pick(rng, 1, 5)}",
        f"advertisement-interval {_pick(rng, 5, 6)}",
    )
    lines += _some(rng, "update-source lo")
    return [f"neighbor {peer} {line}" for line in lines if line]


def _policy(rng: Random, peer: str) -> list[str]:
    lines = _some(
        rng,
        "soft-reconfiguration inbound",
        f"prefix-list {_pick(rng, 'LOOPS', 'SITES')} out",
        f"maximum-prefix {_pick(rng, 10, 20)}{_pick(rng, '', ' restart 5')}",
        f"route-map {_pick(rng, 'IN', 'OUT')} in",
        "next-hop-self",
        "addpath-tx-all-paths",
        f"advertise-map {_pick(rng, 'IN', 'OUT')} {_pick(rng, 'exist', 'non-exist')}-map {_pick(rng, 'IN', 'OUT')}",
    )
    return [f"neighbor {peer} {line}" for line in ("activate", *lines)]


def _ospf(rng: Random) -> str:
    lines = _some(
        rng,
        f"max-metric router-lsa on-startup {_pick(rng, 60, 90)}",
        "passive-interface default",
        f"timers throttle spf {_pick(rng, '10 100 5000', '20 200 5000')}",
        f"auto-cost reference-bandwidth {_pick(rng, 1000, 10000)}",
        f"log-adjacency-changes{_pick(rng, '', ' detail')}",
    )
    return f"router ospf\n ospf router-id 10.0.0.{_pick(rng, 1, 9)}\n{_lines(lines)}exit\n"


def _route_map(rng: Random, name: str, seq: int) -> str:
    lines = _some(
        rng,
        f"match ip address prefix-list {_pick(rng, 'LOOPS', 'SITES')}",
        f"set local-preference {_pick(rng, 100, 200)}",
        f"set community 64512:{_pick(rng, 100, 200)}",
        f"set metric {_pick(rng, 10, 20)}",
        "set extcommunity none",
    )
    return f"route-map {name} {_pick(rng, 'permit', 'permit', 'deny')} {seq}\n{_lines(lines)}exit\n"


def _profile(rng: Random, name: str) -> str:
    lines = _some(
        rng,
        f"detect-multiplier {_pick(rng, 5, 7)}",
        f"transmit-interval {_pick(rng, 30, 500)}",
        f"receive-interval {_pick(rng, 30, 500)}",
    )
    return f" profile {name}\n{_lines(lines, 2)} exit\n"
