"""The translation log: what is written, and how beginnings and ends come together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from router_program import program

from baubau_ops.core.errors import InputError
from baubau_ops.network.platforms.frr.translations import event
from baubau_ops.network.translations import LONGEST, Query, _paired

log = program("translation-log")

NEW = (
    "[1795389460.411023]\t    [NEW] tcp      6 120 SYN_SENT src=10.64.0.2 dst=203.0.113.2 sport=40122 dport=443"
    " [UNREPLIED] src=203.0.113.2 dst=198.51.100.5 sport=443 dport=40122"
)
END = (
    "[1795389470.5]\t[DESTROY] tcp      6 src=10.64.0.2 dst=203.0.113.2 sport=40122 dport=443"
    " src=203.0.113.2 dst=198.51.100.5 sport=443 dport=40122 [ASSURED]"
)
PING = (
    "[1795389460.4]\t    [NEW] icmp     1 30 src=10.64.0.2 dst=203.0.113.2 type=8 code=0 id=77 [UNREPLIED]"
    " src=203.0.113.2 dst=198.51.100.5 type=0 code=0 id=77"
)
BEGUN = {
    "t": 1795389460.411023, "e": "new", "p": "tcp", "i": "10.64.0.2", "ip": 40122, "o": "198.51.100.5",
    "op": 40122, "r": "203.0.113.2", "rp": 443,
}  # fmt: skip
SITES = {IPv4Network("10.64.0.0/26"): "bappeda"}


def test_events_are_read() -> None:
    assert log.parse(NEW) == BEGUN
    assert log.parse(END) == {**BEGUN, "t": 1795389470.5, "e": "end"}
    ping = log.parse(PING)
    assert (ping["p"], ping["ip"], ping["op"], ping["rp"]) == ("icmp", 77, 77, 0)
    assert log.parse("conntrack v1.4.7 (conntrack-tools): 0 flow events have been shown.") is None


def test_old_days_are_forgotten(tmp_path: Path) -> None:
    for day in ("2026-11-19", "2026-11-20", "2026-11-22"):
        (tmp_path / day).touch()
    (tmp_path / "notes").touch()
    log.forget(tmp_path, 2, datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["2026-11-20", "2026-11-22", "notes"]


def test_an_end_belongs_to_the_last_beginning_of_the_same_ports() -> None:
    later = {**BEGUN, "t": BEGUN["t"] + 100}
    records = [BEGUN, {**BEGUN, "t": BEGUN["t"] + 10, "e": "end"}, later]
    first, second = _paired("core-1", map(event, records), SITES)
    assert (first.site, first.core) == ("bappeda", "core-1")
    assert first.ended is not None
    assert first.began is not None
    assert first.ended - first.began == timedelta(seconds=10)
    assert second.ended is None


def test_an_end_alone_began_before() -> None:
    (only,) = _paired("core-1", [event({**BEGUN, "e": "end"})], {})
    assert (only.began, only.site) == (None, "")


def test_what_cannot_be_searched() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(InputError, match=r"^The time searched ends before it begins\.$"):
        Query(since=now, until=now)
    with pytest.raises(InputError, match=r"^At most 7 days can be searched at once\.$"):
        Query(since=now - LONGEST - timedelta(seconds=1), until=now)
