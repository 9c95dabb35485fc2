"""How fast a twin comes and goes, and what memory it takes; the floor is a plain sequential boot in the same run."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from baubau_ops.cli.commands.lab import PROFILES
from baubau_ops.core import settings
from baubau_ops.flows import twin as flow
from baubau_ops.lab import twin
from baubau_ops.lab.image.build import root_of
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.nodes import booted

SECONDS_PER_MACHINE = 0.42
SHARE_OF_SEQUENTIAL = 0.8
"""Instead, where the machine is slower or has other work: at most this part of what the plain script takes."""
GIBIBYTES = {"small": 1.0, "city": 5.0}
SHARE_REACHED = 0.75
"""Routing must have found all of the backbone after this part of what booting one by one would take."""
SHARE_DOWN = 0.25
"""Taking it down may last this part of what bringing it up did."""
FLOOR_MACHINES = 4

# What one would write by hand: an overlay, a namespace, nspawn, wait; then the next one.
FLOOR = """\
set -e
cd "$1"; image=$2; n=$3
for i in $(seq "$n"); do
    mkdir -p "$i/upper" "$i/work" "$i/root"
    mount -t overlay overlay -o "lowerdir=$image,upperdir=$i/upper,workdir=$i/work" "$i/root"
    printf 'hostname r%s\\n' "$i" > "$i/root/etc/frr/frr.conf"
    ssh-keygen -q -t ed25519 -N '' -f "$i/root/etc/ssh/ssh_host_ed25519_key"
    ip netns add "baubau-floor-$i"
    SYSTEMD_NSPAWN_API_VFS_WRITABLE=network setsid systemd-nspawn -q --register=no --keep-unit -b \\
        --notify-ready=no --network-namespace-path="/run/netns/baubau-floor-$i" -D "$i/root" -M "baubau-floor-$i" \\
        --console=read-only --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN >"$i/log" 2>&1 </dev/null &
    until ip netns exec "baubau-floor-$i" ss -Hltn 'sport = :22' | grep -q . &&
        grep -q 'multi-user.target' "$i/log"; do sleep 0.02; done
done
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAUBAU_STATE", str(tmp_path))


def floor(folder: Path) -> float:
    """Seconds per machine of the plain script."""
    folder = folder / f"floor-{time.monotonic_ns()}"
    folder.mkdir()
    script = folder / "floor.sh"
    script.write_text(FLOOR)
    places = [str(number + 1) for number in range(FLOOR_MACHINES)]
    began = time.monotonic()
    try:
        subprocess.run(
            ["sh", str(script), str(folder), str(root_of(ROUTER)), str(FLOOR_MACHINES)], check=True
        )
        return (time.monotonic() - began) / FLOOR_MACHINES
    finally:
        booted.end("floor", places)
        for place in places:
            subprocess.run(["ip", "netns", "del", f"baubau-floor-{place}"], check=False)
        booted.unmount([folder])


def free_memory() -> int:
    """Bytes."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


@pytest.mark.twin
@pytest.mark.parametrize("profile", ["small", "city"])
def test_a_city_comes_and_goes_fast(profile: str, tmp_path: Path, report: Callable[[str], None]) -> None:
    sequential = floor(tmp_path)
    city = settings.root() / PROFILES[profile]
    twin.down("bench")
    before = free_memory()
    try:
        ends: dict[str, float] = {}
        began = time.monotonic()
        inventory = flow.up("bench", city, on_event=lambda event: ends.update({event.what: time.monotonic()}))
        machines = len(inventory.topology.nodes) - 1  # the bastion is not booted
        each = (ends["twin"] - began) / machines  # routing converges later, in its own time
        reached = ends["reach"] - began
        began = time.monotonic()
        flow.up("bench", city)
        again = time.monotonic() - began
        taken = (before - free_memory()) / 2**30
    finally:
        began = time.monotonic()
        twin.down("bench")
        down = time.monotonic() - began
    sequential = (sequential + floor(tmp_path)) / 2  # before and after: other work comes and goes
    report(
        f"lab up --profile {profile}: {machines} machines, {each:.2f} s each, {each / sequential:.2f} ×"
        f" a sequential script ({sequential:.2f} s each); backbone reached after {reached:.1f} s; again {again:.2f} s;"
        f" {taken:.1f} GiB; down {down:.2f} s; {os.cpu_count()} processors"
    )
    assert each <= max(SECONDS_PER_MACHINE, SHARE_OF_SEQUENTIAL * sequential)
    assert reached < SHARE_REACHED * machines * sequential
    assert taken < GIBIBYTES[profile]
    assert down < SHARE_DOWN * machines * each
