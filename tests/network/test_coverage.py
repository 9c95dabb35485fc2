"""Classes, what is left of a text without one, and the run over all of them with a bench that is not a network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from baubau_ops.cli.app import run as cli
from baubau_ops.core import settings
from baubau_ops.network.coverage import record
from baubau_ops.network.coverage.measure import chosen, run
from baubau_ops.network.coverage.record import known
from baubau_ops.network.coverage.result import Notice
from baubau_ops.network.platforms.frr.lines.classes import removals
from baubau_ops.network.platforms.frr.render.text import render_router
from baubau_ops.network.platforms.lines import LineClass, Removal, TemplateLine
from baubau_ops.network.platforms.platform import LintProblem
from tests.network.conftest import small_devices


@cache
def all_removals() -> tuple[Removal, ...]:
    return removals(small_devices())


def removal(example: str) -> Removal:
    return next(one for one in all_removals() if one.example.startswith(example))


def gone(one: Removal) -> list[str]:
    """The lines that a removal takes out, in their order."""
    whole, left = render_router(small_devices()[one.device]).splitlines(), one.text.splitlines()
    found = []
    for line in whole:
        if left and left[0] == line:
            left.pop(0)
        else:
            found.append(line)
    assert not left
    return found


def test_every_class_takes_out_its_lines_and_nothing_stays_of_a_block() -> None:
    for one in all_removals():
        if one.example.startswith("net."):
            continue
        lines = gone(one)
        assert len(lines) >= one.count, one.line_class
        assert one.example in [line.strip() for line in lines], one.line_class
        assert one.text.count("{") == one.text.count("}"), one.line_class


def test_a_plain_line_goes_alone() -> None:
    assert gone(removal("ip nht bgp route-map")) == ["ip nht bgp route-map bgp-next-hops"]


def test_a_block_goes_with_what_stands_in_it() -> None:
    lines = gone(removal("router ospf"))
    assert lines[0] == "router ospf"
    assert lines[-1] == "exit"
    assert all(line.startswith(" ") for line in lines[1:-1])


def test_a_chain_goes_with_its_braces() -> None:
    lines = gone(removal("chain to_bastion {"))
    assert lines[0] == "\tchain to_bastion {"
    assert lines[-1] == "\t}"
    assert len(lines) == 4


def test_settings_and_traffic_classes_are_classes_by_what_they_are_about() -> None:
    names = [str(one.line_class) for one in all_removals()]
    assert len(names) == len(set(names))
    assert [name for name in names if name.endswith(" rp_filter")] != []
    assert any(name.endswith(" 1:30") for name in names)


def test_a_setting_gets_another_value_because_what_is_not_named_is_left_alone() -> None:
    one = removal("net.ipv4.ip_forward = ")
    assert "\nnet.ipv4.ip_forward = 0\n" in one.text
    whole = render_router(small_devices()[one.device])
    assert one.text == whole.replace("net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0")


def test_the_router_with_most_of_the_lines_is_taken() -> None:
    one = removal("ip ospf cost")
    per_device = {
        name: render_router(device).count(" ip ospf cost ") for name, device in small_devices().items()
    }
    assert one.count == max(per_device.values()) == per_device[one.device]
    assert removal("maximum-paths 1").device.startswith(
        "core-"
    )  # every router has it once: where it matters most


class FakeBench:
    """Notices what it is told to, and keeps count."""

    def __init__(
        self, *, verify: Iterable[str] = (), probe: Iterable[str] = (), refuse: Iterable[str] = ()
    ) -> None:
        self.verify_finds, self.probe_finds, self.refuses = set(verify), set(probe), set(refuse)
        self.calls: list[tuple[str, str]] = []
        self.now = ""
        self.dies_at = ""

    def lint(self, texts: Mapping[str, str]) -> Sequence[LintProblem]:
        return [
            LintProblem(name, 1, message, by=by)
            for name, text in texts.items()
            for mark, message, by in (("a1\n", "unreadable", "parser"), ("7\n", "unsound", "rule"))
            if text.endswith(mark)
        ]

    def remove(self, removal: Removal) -> tuple[Notice, str] | None:
        self.now = removal.example
        self.calls.append(("remove", self.now))
        if self.now == self.dies_at:
            raise KeyboardInterrupt
        if self.now in self.refuses:
            return Notice.ROUTER, "refused"
        return None

    def verify(self, _removal: Removal) -> str:
        self.calls.append(("verify", self.now))
        return "differs" if self.now in self.verify_finds else ""

    def probe(self) -> str:
        self.calls.append(("probe", self.now))
        return "leaks" if self.now in self.probe_finds else ""

    def restore(self, _device: str) -> None:
        self.calls.append(("restore", self.now))


def make(example: str, harmless: str = "") -> Removal:
    place = LineClass(TemplateLine("netconf/frr/x.j2", int(example[1:])))
    return Removal(place, "r", example, 1, f"text without {example}\n", harmless)


def test_each_class_is_known_by_the_first_that_notices(tmp_path: Path) -> None:
    tried = [make(f"a{n}") for n in (1, 2, 3, 4, 5, 7, 17)] + [make("a6", harmless="a name")]
    bench = FakeBench(refuse=["a2"], verify=["a3", "a17"], probe=["a4"])
    result = run(tried, bench, tmp_path / "c.jsonl")
    assert [(one.example, one.notice, one.by, one.rule) for one in result.tested] == [
        ("a1", Notice.PARSER, "unreadable", ""),
        ("a2", Notice.ROUTER, "refused", ""),
        ("a3", Notice.VERIFY, "differs", ""),
        ("a4", Notice.PROBE, "leaks", ""),
        ("a5", Notice.PLAN, "", ""),
        ("a7", Notice.RULE, "unsound", "unsound"),
        ("a17", Notice.VERIFY, "differs", "unsound"),
    ]
    assert [one.example for one in result.untested] == ["a5"]
    assert result.share == pytest.approx(6 / 7)
    assert result.proven == pytest.approx(5 / 7)  # a rule of our own proves nothing
    assert result.harmless == {"x.j2:6": "a name"}
    assert not result.missing
    assert ("remove", "a1") not in bench.calls  # no router is touched for what a parser refuses
    assert ("probe", "a3") not in bench.calls
    assert [what for what, _ in bench.calls].count("restore") == 6


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    tried = [make(f"a{n}") for n in range(2, 6)]
    bench = FakeBench()
    bench.dies_at = "a4"
    with pytest.raises(KeyboardInterrupt):
        run(tried, bench, file)
    assert bench.calls[-1] == ("restore", "a4")
    assert known(tried, file).missing == ("x.j2:4", "x.j2:5")
    with file.open("a") as opened:
        opened.write('{"line_class": "torn')  # as a killed run leaves it
    again = FakeBench()
    assert not run(tried, again, file).missing
    assert [example for what, example in again.calls if what == "remove"] == ["a4", "a5"]


def test_another_text_is_another_question(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    one = make("a2")
    run([one], FakeBench(), file)
    changed = Removal(one.line_class, one.device, one.example, one.count, "another text\n")
    assert known([changed], file).missing == ("x.j2:2",)


def test_what_earlier_checks_did_not_notice_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "c.jsonl"
    tried = [make("a2"), make("a3")]
    run(tried, FakeBench(verify=["a2"]), file)
    assert known(tried, file).missing == ()
    monkeypatch.setattr(record, "checks", lambda: "others")
    assert known(tried, file).missing == ("x.j2:3",)
    assert [one.notice for one in run(tried, FakeBench(probe=["a3"]), file).tested] == [
        Notice.VERIFY,
        Notice.PROBE,
    ]


def test_classes_are_chosen_by_name_or_by_their_lines() -> None:
    assert {one.line_class.template.file for one in chosen(all_removals(), "ospf.j2:*")} == {
        "netconf/frr/ospf.j2"
    }
    assert [one.example for one in chosen(all_removals(), "router ospf")] == ["router ospf"]
    assert chosen(all_removals(), "nothing") == ()


def test_nothing_tried_is_nothing_noticed(tmp_path: Path) -> None:
    assert known([make("a2")], tmp_path / "none").share == 0.0


def test_the_command_shows_what_is_known_and_tries_lines_on_a_twin_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BAUBAU_STATE", str(tmp_path))
    city = ["--inventory", str(settings.root() / "examples/small")]
    assert cli(["net", "coverage", "--show", "--classes", "ospf.j2:*", "--output", "json", *city]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["share"], document["tested"]) == (0.0, [])
    assert len(document["not_tried"]) > 5
    assert list(document["harmless"].values()) == ["what is logged, not what is forwarded"]
    assert cli(["net", "coverage", "--classes", "no-such-class", *city]) == 2
    assert cli(["net", "coverage", "--env", "production", *city]) == 2
