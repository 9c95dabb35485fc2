"""What the device's parsers say against a candidate, in words for people."""

from __future__ import annotations

import pytest

from napalm_frr.candidate import _tc_error

USAGE = "Usage: tc qdisc [ add | del ] dev STRING\n"


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        (
            'Cannot find device "to-wolio"\n',
            "there is no port to-wolio here; it has to be there before the text that names it",
        ),
        ("Error: Invalid handle.\n" + USAGE + "Command failed -:3\n", "line 3: Error: Invalid handle."),
        ("Warning: sch_htb: quantum is big.\nUnknown qdisc\n", "Unknown qdisc"),
    ],
)
def test_what_tc_prints_becomes_one_line(complaint: str, said: str) -> None:
    assert _tc_error(complaint) == said
