"""Lint: what its own checks see, how parsers' messages find their device, and that silence is no consent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_machines import city

from baubau_ops.core.errors import FailedError, MissingError
from baubau_ops.core.shell import Completed
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.lint import lint
from baubau_ops.network.platforms.frr.lint import parsers as lint_parsers
from baubau_ops.network.platforms.frr.lint.mistake import Mistake
from baubau_ops.network.platforms.frr.lint.rules import own_checks
from baubau_ops.network.platforms.frr.platform import PLATFORM
from baubau_ops.network.platforms.frr.render.text import render_router
from baubau_ops.network.platforms.platform import LintProblem
from baubau_ops.network.render.configurations import bootstrap
from baubau_ops.network.render.lint import require_clean

FRR = {"core-1": PLATFORM}


@pytest.fixture
def core(devices: dict[str, Router]) -> str:
    return render_router(devices["core-1"])


def _line(text: str, content: str) -> int:
    return text.splitlines().index(content) + 1


def test_the_texts_of_the_small_city_are_sound(devices: dict[str, Router]) -> None:
    for name, device in devices.items():
        assert list(own_checks(name, render_router(device))) == []
        assert list(own_checks(name, bootstrap(city(), name))) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "hostname core-1",
            "hostname core-9",
            "hostname core-9",
            "hostname core-9 in the text of core-1.",
        ),
        (
            "route-map last-resort permit 10",
            "route-map lastresort permit 10",
            "  network 0.0.0.0/0 route-map last-resort",
            "route-map last-resort is used and not defined.",
        ),
        (
            " ip ospf bfd profile span",
            " ip ospf bfd profile spam",
            " ip ospf bfd profile spam",
            "BFD profile spam is used and not defined.",
        ),
        (
            "prefix-list from-isp in",
            "prefix-list from-ips in",
            "  neighbor 192.0.2.0 prefix-list from-ips in",
            "prefix list from-ips is used and not defined.",
        ),
        (
            " neighbor 192.0.2.0 password ${secret:bgp-isp-1}\n",
            "",
            " neighbor 192.0.2.0 remote-as 64500",
            "the BGP session with 192.0.2.0 lacks a password.",
        ),
        (
            " neighbor 192.0.2.0 ttl-security hops 1\n",
            "",
            " neighbor 192.0.2.0 remote-as 64500",
            "the BGP session with 192.0.2.0 lacks GTSM (ttl-security).",
        ),
        (
            "  neighbor 192.0.2.0 prefix-list to-isp out\n",
            "",
            " neighbor 192.0.2.0 remote-as 64500",
            "the BGP session with 192.0.2.0 lacks an outbound prefix list.",
        ),
        (
            " bgp router-id 10.255.0.2\n",
            "",
            "router bgp 64496",
            "BGP has no router-id: FRR would take an address, and another one some day.",
        ),
        (
            " ospf router-id 10.255.0.2\n",
            "",
            "router ospf",
            "OSPF has no router-id: FRR would take an address, and another one some day.",
        ),
        (
            "  maximum-paths 1\n",
            "",
            "router bgp 64496",
            "BGP may use several external paths at once: firewalls see half of a flow.",
        ),
        (
            "  maximum-paths ibgp 1\n",
            "",
            "router bgp 64496",
            "BGP may use several internal paths at once: firewalls see half of a flow.",
        ),
        (
            " bgp conditional-advertisement timer 5\n",
            "",
            "router bgp 64496",
            "BGP looks only every 60 s whether what it announces conditionally still holds.",
        ),
        (
            "  neighbor 10.254.0.29 route-map from-prov in\n",
            "",
            " neighbor 10.254.0.29 remote-as 64502",
            "the BGP session with 10.254.0.29 lacks an inbound route-map.",
        ),
        (
            " set community none\n",
            "",
            "route-map from-isp-1 permit 10",
            "what 192.0.2.0 announces keeps its community.",
        ),
        (
            " set large-community none\n",
            "",
            "route-map from-prov permit 10",
            "what 10.254.0.29 announces keeps its large-community.",
        ),
        (
            "transmit-interval 30",
            "transmit-interval 10",
            " profile span",
            "30 ms until a link counts as dead; below 90 ms a loaded FRR gives false alarms.",
        ),
        (
            "password ${secret:bgp-prov}",
            "password hunter2",
            " neighbor 10.254.0.29 password hunter2",
            "a secret stands in the text; write ${secret:NAME}.",
        ),
        (
            "password ${secret:bgp-prov}",
            "password ${secret:}",
            " neighbor 10.254.0.29 password ${secret:}",
            "a placeholder that is not of the form ${secret:NAME}.",
        ),
        (
            "net.ipv4.ip_forward = 1",
            "net.ipv4.ip_forward 1",
            "net.ipv4.ip_forward 1",
            "expected `key = value`, found 'net.ipv4.ip_forward 1'",
        ),
        (
            "table ip baubau-nat {",
            "table ip nat {",
            "table ip nat {",
            "table ip nat is not one of inet baubau, ip baubau-nat",
        ),
        (
            "qdisc add dev to-prov root handle 1: htb default 30",
            "qdisc add dev to-province root handle 1: htb default 30",
            "qdisc add dev to-province root handle 1: htb default 30",
            "qos names the port to-province, which frr does not have.",
        ),
        (
            "net.ipv4.conf.to-prov.rp_filter = 0",
            "net.ipv4.conf.to-prvo.rp_filter = 0",
            "net.ipv4.conf.to-prvo.rp_filter = 0",
            "sysctl names the port to-prvo, which frr does not have.",
        ),
        (
            "\t\tcounter name deny_forward drop\n",
            "",
            '\t\toifname "to-prov" goto to_province',
            "chain forward lets packets fall out of it uncounted.",
        ),
        (
            "\t\tip dscp cs1 meta priority set 1:40 accept\n",
            "",
            "qdisc add dev to-core-2 parent 1:40 handle 40: bfifo limit 62487500b",
            "no packet is put into class 1:40.",
        ),
        (
            "\t\tip protocol ospf meta priority set 1:10 accept\n",
            "",
            "router ospf",
            "OSPF waits with all data where a port is full: it is put into no class.",
        ),
        (
            "\t\tip ttl 255 udp dport { 3784, 4784 } meta priority set 1:10 accept\n",
            "",
            "bfd",
            "BFD waits with all data where a port is full: it is put into no class.",
        ),
        (
            '\t\toifname "to-isp-1" ip saddr != { 198.51.100.0/25, 192.0.2.1 } counter name deny_leak drop\n',
            "",
            '\t\toifname { "to-isp-1" } ip saddr { 10.64.0.0/14, 10.96.0.0/14 }'
            " snat to 198.51.100.1-198.51.100.126 persistent",
            "what is not translated may leave by to-isp-1.",
        ),
        (
            '\t\toifname != "lo" meta nfproto ipv6 drop\n',
            "",
            "\tchain prerouting {",
            "the router's own IPv6 may leave.",
        ),
        (
            '\t\tiifname != { "to-isp-1" } fib daddr oifname != { "to-isp-1" } notrack\n',
            "",
            '\t\toifname { "to-isp-1" } ip saddr { 10.64.0.0/14, 10.96.0.0/14 }'
            " snat to 198.51.100.1-198.51.100.126 persistent",
            "what passes between the ports inside is tracked.",
        ),
        (
            "\t\tip saddr 10.255.0.2 tcp sport 22 ip dscp set cs6\n",
            "",
            "\tchain prerouting {",
            "its answers to the bastion wait with all data where a port is full.",
        ),
        ("\t\telements = {", "\t\tcomment = {", "\tset not_internet {", "set not_internet is empty."),
        ('\t\tiifname "lo" accept\n', "", "\tchain prerouting {", "the router cannot speak to itself."),
        (
            "\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem }"
            " limit rate 100/second burst 100 packets accept\n",
            "",
            "\tchain prerouting {",
            "the router does not receive ICMP errors for its own packets.",
        ),
        (
            "#@ file baubau-isp-track.json\n",
            "#@ file isp-track.json\n",
            "ExecStart=/usr/bin/python3 /run/napalm-frr/units/baubau-isp-track.py"
            " /run/napalm-frr/units/baubau-isp-track.json",
            "a helper wants the file baubau-isp-track.json, which is not there.",
        ),
        (
            "no zebra nexthop kernel enable\n",
            "",
            "router bgp 64496",
            "routes may lose ways for good: it lacks `no zebra nexthop kernel enable`.",
        ),
        (
            "no ipv6 forwarding\n",
            "",
            "net.ipv6.conf.all.forwarding = 0",
            "FRR turns this on again whenever it starts: it lacks `no ipv6 forwarding`.",
        ),
        ("\t\tnotrack\n", "", "\tchain prerouting {", "what the router sends is tracked."),
        (
            "\t\tfib daddr type { local, broadcast, multicast } notrack\n",
            "",
            "\tchain prerouting {",
            "what is sent to the router is tracked.",
        ),
        (
            '\t\tiifname { "to-isp-1", "to-prov" } ip dscp set cs0\n',
            "",
            " ip address 192.0.2.1/31",
            "marks that come in by to-isp-1 are believed.",
        ),
        (
            "\t\tcounter name deny_isp drop\n",
            "\t\tdrop\n",
            "\t\tdrop",
            "chain from_isp lets packets fall out of it uncounted.",
        ),
        (
            "\tchain to_isp {\n\t\tct state established,related accept\n",
            "\tchain to_isp {\n",
            "\tchain to_isp {",
            "chain to_isp drops what belongs to no connection, and knows none that it lets pass.",
        ),
        (
            'priority raw; policy accept;\n\t\tiifname "lo" accept\n',
            "priority raw; policy accept;\n",
            "\tchain prerouting {",
            "the router cannot speak to itself.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(core: str, old: str, new: str, line: str, message: str) -> None:
    assert old in core
    bad = core.replace(old, new)
    assert Mistake(_line(bad, line), message) in list(own_checks("core-1", bad))


def test_a_chain_that_a_map_leads_to_must_end_in_a_verdict_too(devices: dict[str, Router]) -> None:
    text = render_router(devices["pop-wolio"])
    start = text.index("\tchain from_office {")
    end = text.index("\t\tcounter name deny_zone drop\n", start)
    bad = text[:end] + text[end:].replace("\t\tcounter name deny_zone drop\n", "", 1)
    (mistake,) = own_checks("pop-wolio", bad)
    assert mistake.message == "chain from_office lets packets fall out of it uncounted."


def test_a_helper_that_its_partner_cannot_reach_is_told(devices: dict[str, Router]) -> None:
    text = render_router(devices["dc-1"])
    deaf = "".join(line for line in text.splitlines(keepends=True) if "udp dport 3780 accept" not in line)
    assert deaf != text
    assert list(own_checks("dc-1", deaf)) == [
        Mistake(_line(deaf, "\t\tPort 3780"), "a helper listens on UDP 3780, and no rule accepts that.")
    ]


def test_a_route_map_that_does_nothing_is_told(devices: dict[str, Router]) -> None:
    text = render_router(devices["ce-rsud"])
    idle = text.replace(" set large-community 64496:1:50\n", "")
    message = "route-map to-backup neither refuses nor changes anything."
    assert list(own_checks("ce-rsud", idle)) == [
        Mistake(_line(idle, "route-map to-backup permit 10"), message)
    ]
    refuses = idle.replace("route-map to-backup permit 10", "route-map to-backup deny 10")
    assert list(own_checks("ce-rsud", refuses)) == []


def test_a_community_list_that_nothing_defines_is_told(devices: dict[str, Router]) -> None:
    text = render_router(devices["pop-wolio"])
    bad = text.replace("community-list standard backup ", "community-list standard spare ")
    assert list(own_checks("pop-wolio", bad)) == [
        Mistake(
            _line(bad, " match large-community backup"), "community list backup is used and not defined."
        ),
        Mistake(
            _line(bad, "bgp large-community-list standard spare seq 5 permit 64496:1:50"),
            "community list spare is defined and not used.",
        ),
    ]


def _said(stderr: str, returncode: int) -> Callable[..., Completed]:
    return lambda *_, **__: Completed("", stderr, returncode)


def test_messages_of_parsers_find_their_device(
    devices: dict[str, Router], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {name: render_router(devices[name]) for name in ("core-1", "core-2")}
    first = texts["core-1"].splitlines()
    length = next(n for n, line in enumerate(first) if line == "#@ section nftables") - 1

    def run(tool: str, _arguments: object, _text: str, **_: object) -> Completed:
        if tool == "nft":
            return Completed("", "", 0)
        return Completed("", f"line {length + 3}: % Unknown command[4]: hstname core-2\n", 2)

    monkeypatch.setattr(lint_parsers, "_run", run)
    # core-2's third frr line is the fourth of its text: the header is before it.
    assert lint.lint(texts) == (LintProblem("core-2", 4, "% Unknown command[4]: hstname core-2"),)


def test_tables_of_devices_stay_apart(devices: dict[str, Router], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, str] = {}

    def run(tool: str, _arguments: object, text: str, **_: object) -> Completed:
        asked[tool] = text
        return Completed("", "", 0)

    monkeypatch.setattr(lint_parsers, "_run", run)
    texts = {name: render_router(devices[name]) for name in ("core-1", "core-2")}
    assert lint.lint(texts) == ()
    tables = [line for line in asked["nft"].splitlines() if line.startswith("table ")]
    assert len(tables) == len(set(tables)) == 4


def test_a_parser_that_fails_without_a_line_has_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_parsers, "_run", _said("unshare: Operation not permitted\n", 1))
    with pytest.raises(FailedError) as error:
        lint_parsers.nft_errors("table inet baubau {\n}\n")
    assert error.value.message == "nft ended with 1: unshare: Operation not permitted"


def test_without_parsers_nothing_passes(core: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lint_parsers.shell, "find", lambda _: None)
    monkeypatch.setattr(lint_parsers.settings, "cache_dir", lambda: tmp_path)
    assert {(problem.kind, problem.message) for problem in lint.lint({"core-1": core})} == {
        ("could not lint", "vtysh could not run: the command vtysh is not installed."),
        ("could not lint", "nft could not run: the command nft is not installed."),
    }
    with pytest.raises(MissingError) as error:
        require_clean({"core-1": core}, FRR)
    assert error.value.message == (
        "The configurations could not be checked: nft could not run: the command nft is not installed.; "
        "vtysh could not run: the command vtysh is not installed."
    )
    assert error.value.remedy == "apt-get install nftables, or as root: baubau lab up, whose image has it."


def test_wrong_texts_are_refused_with_their_places(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_parsers, "_run", _said("", 0))
    bad = core.replace("hostname core-1", "hostname core-9")
    with pytest.raises(FailedError) as error:
        require_clean({"core-1": bad}, FRR)
    assert (
        error.value.message
        == "The configurations have errors: core-1:4: hostname core-9 in the text of core-1."
    )


def test_a_text_that_cannot_be_taken_apart(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_parsers, "_run", _said("", 0))
    text = f"{core}#@ section snmpd\n"
    assert [problem.message for problem in lint.lint({"core-1": text})] == [
        f"line {len(text.splitlines())}: unknown section 'snmpd'; known are frr, nftables, qos, sysctl, units"
    ]
