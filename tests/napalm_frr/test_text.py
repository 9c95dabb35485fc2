"""Device texts: taking apart and putting together, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napalm_frr.text import SECTIONS, TextError, files, join, ports, settings, split, tables, units

LINES = st.lists(
    st.text(st.characters(codec="ascii", exclude_characters="\n\r\v\f\x1c\x1d\x1e\x85")), max_size=5
)
BODIES = LINES.map(lambda lines: "".join(f"{line}\n" for line in lines if not line.startswith("#@ section")))


@given(st.dictionaries(st.sampled_from(SECTIONS), BODIES, min_size=1))
def test_split_undoes_join(sections: dict[str, str]) -> None:
    assert split(join(sections)) == {name: sections[name] for name in SECTIONS if name in sections}


def test_a_text_without_headers_is_the_frr_section() -> None:
    assert split("hostname r1") == {"frr": "hostname r1\n"}
    assert split(" \n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#@ section bgp\n", "line 1: unknown section 'bgp'; known are frr, nftables, qos, sysctl, units"),
        ("#@ section qos\n#@ section qos\n", "line 2: section qos appears twice"),
        ("hostname r1\n#@ section qos\n", "line 1: text before the first section header"),
    ],
)
def test_a_text_that_cannot_be_taken_apart(text: str, message: str) -> None:
    with pytest.raises(TextError) as error:
        split(text)
    assert str(error.value) == message


FILES = st.dictionaries(
    st.from_regex(r"baubau-[a-z0-9-]{1,8}\.[a-z]{1,7}", fullmatch=True),
    LINES.map(lambda lines: "".join(f"{line}\n" for line in lines if not line.startswith("#@ "))),
)


@given(FILES)
def test_files_undoes_units(given_files: dict[str, str]) -> None:
    assert files(units(given_files)) == dict(sorted(given_files.items()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n#@ file baubau-a.conf\n", "line 1: text before the first file"),
        ("#@ file baubau-a.conf\n#@ file baubau-a.conf\n", "line 2: file baubau-a.conf appears twice"),
        ("#@ file ../x\n", "line 1: expected `#@ file baubau-NAME.ENDING`, found '#@ file ../x'"),
        (
            "#@ file ssh.service\n",
            "line 1: expected `#@ file baubau-NAME.ENDING`, found '#@ file ssh.service'",
        ),
    ],
)
def test_files_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(TextError) as error:
        files(text)
    assert str(error.value) == message


def test_settings_are_read_with_single_blanks() -> None:
    assert settings("# why\nnet.ipv4.tcp_rmem = 4096\t8192  1\n") == {"net.ipv4.tcp_rmem": "4096 8192 1"}
    with pytest.raises(TextError, match="line 2: a is set twice"):
        settings("a = 1\na = 2\n")
    with pytest.raises(TextError, match="line 1: expected `key = value`, found 'a 1'"):
        settings("a 1\n")


def test_ports_are_those_of_the_commands() -> None:
    assert ports("qdisc add dev ce2 root bfifo\nclass add dev ce1 parent 1: x\n") == ("ce2", "ce1")
    with pytest.raises(TextError, match="line 1: expected `qdisc"):
        ports("filter add dev ce1 parent 1:\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flush ruleset\n", "line 1: only table definitions stand here, found 'flush ruleset'"),
        ("table ip other {\n}\n", "line 1: table ip other is not one of inet baubau"),
        ("table inet baubau {\n", "the braces do not balance"),
    ],
)
def test_a_ruleset_that_would_touch_more_than_it_owns(text: str, message: str) -> None:
    with pytest.raises(TextError) as error:
        tables(text, ("inet baubau",))
    assert str(error.value) == message


def test_braces_in_strings_and_comments_do_not_count() -> None:
    text = 'define x = 1\ntable inet baubau { # }\n chain c { comment "}"; }\n}\n'
    assert tables(text, ("inet baubau",)) == ("inet baubau",)
