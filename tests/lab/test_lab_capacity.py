"""A city larger than the machine is refused with the arithmetic; limits of the kernel are raised as needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.core.errors import MissingError
from baubau_ops.core.events import Event
from baubau_ops.lab import twin
from baubau_ops.lab.host import capacity
from baubau_ops.lab.host.machine import INOTIFY_INSTANCES
from baubau_ops.lab.host.names import lock_path
from baubau_ops.lab.layout.layout import Layout
from baubau_ops.lab.layout.routers import MEMORY


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 4 GiB free, 32768 process numbers of which 768 are taken, and no control groups."""
    files = {
        "proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n",
        "proc/loadavg": "0.00 0.01 0.05 1/768 4711\n",
        "proc/sys/kernel/pid_max": "32768\n",
        "proc/sys/kernel/threads-max": "63000\n",
        "proc/sys/fs/inotify/max_user_instances": "128\n",
        "proc/sys/net/ipv4/neigh/default/gc_thresh2": "512\n",
        "proc/sys/net/ipv4/neigh/default/gc_thresh3": "1024\n",
        "proc/self/cgroup": "0::/\n",
    }
    for name, text in files.items():
        write(tmp_path / name, text)
    descriptors = tmp_path / "proc/4711/fd"
    descriptors.mkdir(parents=True)
    (descriptors / "3").symlink_to("anon_inode:inotify")
    (descriptors / "4").symlink_to("/dev/null")
    monkeypatch.setattr(capacity, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path / "cgroup")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def refused(routers: int) -> MissingError:
    with pytest.raises(MissingError) as caught:
        capacity.check([MEMORY] * routers, kind="router")
    return caught.value


def test_what_fits_is_let_pass(machine: Path) -> None:  # noqa: ARG001
    capacity.check([], kind="router")
    capacity.check([MEMORY] * 89, kind="router")


def test_too_little_memory_is_refused_with_the_arithmetic(machine: Path) -> None:  # noqa: ARG001
    error = refused(95)
    assert str(error) == (
        "This machine is too small for 95 more routers, 89 would fit. "
        "Memory: 95 × 40 + 512 = 4312 MiB needed, 4096 MiB free."
    )
    assert error.remedy == "a smaller city, or more free memory"
    assert error.exit_code == 2


def test_machines_of_several_sizes_are_added_up(machine: Path) -> None:  # noqa: ARG001
    capacity.check([512, *[MEMORY] * 76], kind="machine")
    with pytest.raises(MissingError) as caught:
        capacity.check([512, *[MEMORY] * 86, 512], kind="machine")
    assert str(caught.value) == (
        "This machine is too small for 88 more machines, 86 would fit. "
        "Memory: 86 × 40 + 2 × 512 + 512 = 4976 MiB needed, 4096 MiB free."
    )


def test_everything_that_is_short_is_named(machine: Path) -> None:
    write(machine / "proc/sys/kernel/pid_max", "2768\n")
    error = refused(2030)
    assert str(error) == (
        "This machine is too small for 2030 more routers, 62 would fit. "
        "Memory: 2030 × 40 + 512 = 81712 MiB needed, 4096 MiB free. "
        "Processes: 2030 × 24 + 500 = 49220 needed, 2000 free. "
        "Inotify instances: 2030 × 4 + 100 = 8220 needed, 8191 free."
    )
    assert error.remedy == (
        "a smaller city, or more free memory; sysctl -w kernel.pid_max=4194304; "
        "sysctl -w fs.inotify.max_user_instances=65536"
    )


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_own_limits_count(machine: Path, version: int) -> None:
    v1 = version == 1
    groups = "5:memory:/box/me\n4:pids:/box/me\n0::/\n" if v1 else "0::/box/me\n"
    write(machine / "proc/self/cgroup", groups)
    memory = machine / "cgroup" / ("memory/box" if v1 else "box")
    pids = machine / "cgroup" / ("pids/box" if v1 else "box")
    write(memory / ("memory.limit_in_bytes" if v1 else "memory.max"), f"{2**30}\n")
    write(memory / ("memory.usage_in_bytes" if v1 else "memory.current"), f"{2**29}\n")
    write(memory / "memory.stat", f"{'total_' if v1 else ''}inactive_file {2**28}\n")
    write(memory / "me" / ("memory.limit_in_bytes" if v1 else "memory.max"), f"{2**60}\n" if v1 else "max\n")
    write(memory / "me" / ("memory.usage_in_bytes" if v1 else "memory.current"), "4096\n")
    write(memory / "me" / "memory.stat", "")
    write(pids / "pids.max", "1100\n")
    write(pids / "pids.current", "100\n")
    assert str(refused(30)) == (
        "This machine is too small for 30 more routers, 6 would fit. "
        "Memory: 30 × 40 + 512 = 1712 MiB needed, 768 MiB free. "
        "Processes: 30 × 24 + 500 = 1220 needed, 1000 free."
    )


def test_a_refused_city_leaves_nothing(machine: Path, layout: Layout) -> None:
    write(machine / "proc/meminfo", "MemAvailable: 1000000 kB\n")
    with pytest.raises(MissingError, match=r"^This machine is too small for 17 more routers, 11 would fit\."):
        twin.up("toosmall", layout, inventory=machine / "city", state=machine / "state")
    assert not (machine / "state").exists()
    assert not lock_path("toosmall").exists()


def test_the_machine_itself_can_be_read() -> None:
    rooms = capacity.look()
    assert [room.what for room in rooms] == ["Memory", "Processes", "Inotify instances"]
    assert all(room.free > 0 for room in rooms)


def test_limits_are_raised_to_what_a_city_needs_and_never_lowered(machine: Path) -> None:
    said: list[Event] = []
    capacity.raise_limits(400, said.append)
    assert [event.detail.partition(";")[0] for event in said] == [
        f"fs.inotify.max_user_instances raised to {INOTIFY_INSTANCES}",
        "net.ipv4.neigh.default.gc_thresh3 raised to 3200",
        "net.ipv4.neigh.default.gc_thresh2 raised to 1600",
    ]
    assert (machine / "proc/sys/net/ipv4/neigh/default/gc_thresh3").read_text() == "3200"
    said.clear()
    capacity.raise_limits(47, said.append)
    assert said == []
