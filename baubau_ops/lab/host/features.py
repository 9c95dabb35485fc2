"""The kernel features that the twin needs, and how each is tried."""

from __future__ import annotations

import os
from dataclasses import dataclass

from baubau_ops.core import shell

TWIN = "lab, demo, test: the twin does not run"

_TIMEOUT = 20.0  # seconds for one trial; it takes milliseconds


@dataclass(frozen=True, slots=True)
class Feature:
    """A kernel feature, and the shell script that tries it in its own namespaces.

    `needed`: without it the twin does not run, or not completely. `cost` names what does not work without it.
    """

    name: str
    tools: tuple[str, ...]
    script: str
    needed: bool = True
    cost: str = TWIN
    module: str = ""


_VETH = "ip link add trial0 type veth peer name trial1 && ip link set trial0 up"


def _nft(rule: str, *, table: str = "inet", hook: str = "filter hook input priority 0") -> str:
    return f"nft 'add table {table} t; add chain {table} t c {{ type {hook}; }}; add rule {table} t c {rule}'"


_RAW = "filter hook prerouting priority -300"
_NAT = "nat hook postrouting priority 100"
_SPEED_COST = "net: rates are neither shaped nor measured on the twin"
_FILTER_COST = "net apply, net verify: the routers' filters do not load"


FEATURES = (
    Feature("network namespaces", ("unshare",), "true"),
    Feature(
        "named namespaces",
        ("ip",),
        "mount -t tmpfs none /run && ip netns add trial && ip netns exec trial true && ip netns del trial",
    ),
    Feature("veth", ("ip",), _VETH, module="veth"),
    Feature("bridge", ("ip",), "ip link add trial type bridge && ip link set trial up", module="bridge"),
    Feature(
        "overlayfs",
        (),
        """
        mount -t tmpfs none /mnt && mkdir /mnt/lower /mnt/upper /mnt/work /mnt/all &&
        echo x >/mnt/lower/file &&
        mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/all &&
        rm /mnt/all/file && test ! -e /mnt/all/file
        """,
        module="overlay",
    ),
    Feature("forwarding in a namespace", (), "echo 1 >/proc/sys/net/ipv4/ip_forward"),
    Feature(
        "ipv6",
        ("ip",),
        "ip link set lo up && ip -6 addr add fd00::1/128 dev lo",
        cost="net verify --probe: IPv6",
    ),
    Feature("nftables", ("nft",), _nft("counter"), cost=_FILTER_COST, module="nf_tables"),
    Feature(
        "nftables: ct state",
        ("nft",),
        _nft("ct state established accept"),
        cost=_FILTER_COST,
        module="nft_ct",
    ),
    Feature("nftables: notrack", ("nft",), _nft("notrack", hook=_RAW), cost=_FILTER_COST, module="nft_ct"),
    Feature(
        "nftables: nat",
        ("nft",),
        _nft("masquerade", table="ip", hook=_NAT),
        cost=_FILTER_COST,
        module="nft_masq",
    ),
    Feature(
        "nftables: fib",
        ("nft",),
        _nft("fib saddr . iif oif missing drop"),
        cost=_FILTER_COST,
        module="nft_fib_inet",
    ),
    Feature(
        "nftables: limit",
        ("nft",),
        _nft("limit rate over 1 mbytes/second drop"),
        cost=_SPEED_COST,
        module="nft_limit",
    ),
    Feature("nftables: priority", ("nft",), _nft("meta priority set 1:10"), cost=_SPEED_COST),
    Feature(
        "htb",
        ("ip", "tc"),
        f"{_VETH} && tc qdisc add dev trial0 root handle 1: htb default 10 &&"
        " tc class add dev trial0 parent 1: classid 1:10 htb rate 1mbit",
        cost=_SPEED_COST,
        module="sch_htb",
    ),
    Feature(
        "bfifo",
        ("ip", "tc"),
        f"{_VETH} && tc qdisc add dev trial0 root handle 1: htb default 10 &&"
        " tc class add dev trial0 parent 1: classid 1:10 htb rate 1mbit &&"
        " tc qdisc add dev trial0 parent 1:10 bfifo limit 10000",
        cost=_SPEED_COST,
        module="sch_fifo",
    ),
    Feature(
        "ifb",
        ("ip",),
        "ip link add trial type ifb && ip link set trial up",
        needed=False,
        cost="nothing on the twin: what comes in is policed by nftables",
        module="ifb",
    ),
    Feature(
        "vlan",
        ("ip",),
        f"{_VETH} && ip link add link trial0 name trial0.10 type vlan id 10",
        needed=False,
        cost="nothing on the twin: every segment is a port of its own",
        module="8021q",
    ),
    Feature(
        "nspawn",
        ("systemd-nspawn",),
        """
        systemd-nspawn -q --register=no --keep-unit --private-network --volatile=yes -D / -M baubau-trial-$$ \
        /bin/true
        """,
    ),
)


def try_out(feature: Feature) -> None:
    """Try a feature in namespaces that are removed after the trial; FailedError when the feature is missing."""
    namespaces = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0:
        namespaces.append("--map-root-user")
    shell.run([*namespaces, "sh", "-ec", feature.script], timeout=_TIMEOUT)
