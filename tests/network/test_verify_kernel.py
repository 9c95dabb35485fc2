"""Kernel settings and queues: what a router printed (iproute2 6.1.0) against a model made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from baubau_ops.core.errors import FailedError
from baubau_ops.network.model.helpers import Helpers, IspTracking
from baubau_ops.network.model.router import Queue, Router, ShapedPort, TrafficClass
from baubau_ops.network.platforms.frr.render.sysctl import sysctl
from baubau_ops.network.platforms.frr.render.units import services
from baubau_ops.network.platforms.frr.verify.kernel import check_kernel, parse, script
from tests.network.conftest import small_devices

SETTINGS = sysctl(replace(small_devices()["ce-dinkes"], interfaces=()))
PRINTED = "".join(f"/proc/sys/{key.replace('.', '/')}:{value}\n" for key, value in SETTINGS.items())
PRINTED += """\
# port to-x
[{"kind":"htb","handle":"1:","root":true,"refcnt":3,"options":{"r2q":10,"default":"0x30","direct_packets_stat":0,\
"direct_qlen":1000}},{"kind":"bfifo","handle":"30:","parent":"1:30","options":{"limit":625000}}]

class htb 1:1 root rate 101Mbit ceil 101Mbit linklayer ethernet burst 25250b/1 mpu 0b cburst 25250b/1 mpu 0b level 7\x20
class htb 1:30 parent 1:1 leaf 30: prio 3 quantum 15140 rate 50Mbit ceil 100Mbit linklayer ethernet burst 25000b/1 \
mpu 0b cburst 25000b/1 mpu 0b level 0\x20
# nexthops 0
# helper baubau-isp-track.service active
# end
"""

DATA = TrafficClass(Queue.DATA, 50_000_000, 100_000_000)
CHECKS = len(SETTINGS) + 3
"""The kernel's own, one port, one helper, and that there are no nexthop objects."""


@pytest.fixture
def router(devices: dict[str, Router]) -> Router:
    return replace(
        devices["ce-dinkes"],
        interfaces=(),
        shaped=(ShapedPort("to-x", 101_000_000, (DATA,)),),
        helpers=Helpers(tracking=IspTracking(probes=(), last_resort=10)),
    )


def test_what_is_as_intended_passes(router: Router) -> None:
    found = check_kernel(router, parse(PRINTED))
    assert (found.checks, found.passed, found.findings) == (CHECKS, CHECKS, ())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ip_forward:1", "ip_forward:0", "Kernel net.ipv4.ip_forward: expected 1, is 0."),
        (
            "/proc/sys/net/ipv4/ip_forward:1\n",
            "",
            "Kernel net.ipv4.ip_forward: expected 1, the kernel has no such setting.",
        ),
        ('"0x30"', '"0x20"', "Queues of to-x: expected default class 30, is 20."),
        ("rate 50Mbit", "rate 49Mbit", "Queues of to-x: class 1:30: expected rate 50000000, is 49000000."),
        ("ceil 100Mbit", "ceil 1Gbit", "Queues of to-x: class 1:30: expected ceil 100000000, is 1000000000."),
        ("prio 3", "prio 1", "Queues of to-x: class 1:30: expected priority 3, is 1."),
        ("quantum 15140", "quantum 1514", "Queues of to-x: class 1:30: expected quantum 15140, is 1514."),
        ('"limit":625000', '"limit":1', "Queues of to-x: class 1:30: expected queue 625000, is 1."),
        ("parent 1:1 leaf", "parent 1:2 leaf", "Queues of to-x: class 1:30: expected parent 1:1, is 1:2."),
        ("class htb 1:1 root", "class htb 1:2 root", "Queues of to-x: there is no class 1:1."),
        ('"root":true,', "", "Queues of to-x: expected shaped, is not."),
        ("nexthops 0", "nexthops 2", "Nexthop objects in the kernel: expected none, there are 2."),
        (
            "service active",
            "service activating",
            "Helper baubau-isp-track.service: expected active, is activating.",
        ),
    ],
)
def test_what_differs_is_found(router: Router, old: str, new: str, message: str) -> None:
    assert old in PRINTED
    found = check_kernel(router, parse(PRINTED.replace(old, new)))
    assert message in [one.message for one in found.findings]
    assert found.passed < found.checks


def test_a_class_too_many_is_found(router: Router) -> None:
    router = replace(router, shaped=(ShapedPort("to-x", 101_000_000, ()),))
    (found,) = check_kernel(router, parse(PRINTED)).findings
    assert (found.message, found.kind) == ("Queues of to-x: class 1:30 is not expected.", "unexpected")


def test_a_rate_that_tc_cut_is_the_same_rate(router: Router) -> None:
    exact = replace(DATA, rate=50_004_321)
    router = replace(router, shaped=(ShapedPort("to-x", 101_000_000, (exact,)),))
    assert check_kernel(router, parse(PRINTED)).fine


@pytest.mark.parametrize(
    "output",
    [
        "",
        PRINTED.replace("# end\n", ""),
        PRINTED.replace("# nexthops 0\n", ""),
        PRINTED.replace("class htb 1:1", "Error:"),
    ],
)
def test_half_an_answer_is_none(output: str) -> None:
    with pytest.raises(ValueError, match=r"whole|tc says"):
        parse(output)


def test_what_could_not_be_read_fails_every_check(router: Router) -> None:
    found = check_kernel(router, FailedError("gone"))
    assert (found.checks, found.passed) == (CHECKS, 0)
    assert [one.kind for one in found.findings] == ["could not check"]


def test_every_setting_and_port_of_every_router_is_asked_for(devices: dict[str, Router]) -> None:
    for device in devices.values():
        asked = script(device)
        assert all(f"/proc/sys/{key.replace('.', '/')}" in asked for key in sysctl(device))
        assert all(f" {shaped.port}" in asked for shaped in device.shaped)
        assert all(unit in asked for unit in services(device.helpers))
