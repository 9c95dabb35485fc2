from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from baubau_ops.core import shell
from baubau_ops.lab.host import features, machine
from baubau_ops.lab.host.features import Feature
from baubau_ops.lab.host.machine import Finding, State

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 and not Path("/proc/self/ns/user").exists(), reason="no namespaces without root here"
)


def _named(name: str) -> Finding:
    return next(finding for finding in machine.look() if finding.name == name)


def test_what_is_found_agrees_with_the_machine() -> None:
    findings = {finding.name: finding for finding in machine.look()}
    assert (findings["root"].state is State.present) == (os.geteuid() == 0)
    assert findings["processors"].detail == str(len(os.sched_getaffinity(0)))
    for tool in machine.TOOLS:
        path = shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        assert (findings[tool].state is State.present) == (path is not None)
    assert set(findings) >= {feature.name for feature in features.FEATURES}


def test_what_is_missing_always_has_its_cost_and_its_remedy() -> None:
    for finding in machine.look():
        if finding.state is not State.present:
            assert finding.cost
            assert finding.remedy


@needs_namespaces
def test_trying_leaves_nothing_behind() -> None:
    machine.look()
    netns = Path("/run/netns")
    assert not (netns / "trial").exists()
    assert "baubau-trial" not in Path("/proc/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").glob("*/baubau-trial-*"))
    assert not list(Path("/sys/class/net").glob("trial*"))


@needs_namespaces
def test_a_feature_that_is_not_here_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Feature("broken", (), "echo 'no such device' >&2; exit 2", cost="much")
    monkeypatch.setattr(machine, "FEATURES", (broken,))
    assert _named("broken") == Finding(
        "broken",
        State.missing,
        "no such device",
        cost="much",
        remedy="another kernel, or a machine with more rights",
    )


def test_a_feature_whose_tool_is_not_here_is_unknown_not_present(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(shell, "_SBIN", ())
    finding = _named("bridge")
    assert (finding.state, finding.detail) == (State.unknown, "unshare, sh, ip is not installed")
    assert finding.remedy == "apt-get install iproute2 sh util-linux"
    tool = _named("nft")
    assert (tool.state, tool.installable, tool.remedy) == (State.missing, True, "apt-get install nftables")


def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_memory_available", lambda: 512)
    finding = _named("memory")
    assert (finding.state, finding.detail) == (State.missing, "512 MiB available")
    assert finding.remedy == f"free memory up to {machine.MIN_MEMORY} MiB"


GOOD = Finding("veth", State.present, "tried")
TOOL = Finding("nft", State.missing, "not installed", installable=True)
UNTRIED = Finding("nftables", State.unknown, "nft is not installed")
KERNEL = Finding("bridge", State.missing, "Unknown device type.")
OPTIONAL = Finding("vlan", State.missing, "Unknown device type.", needed=False)


def test_the_twin_lacks_what_it_needs_and_is_not_here() -> None:
    findings = (GOOD, TOOL, UNTRIED, KERNEL, OPTIONAL)
    assert machine.lacking(findings) == (TOOL, UNTRIED, KERNEL)
    assert machine.lacking(findings, after_install=True) == (KERNEL,)
