"""The small pure parts: frames, the outage's arithmetic, texts, names, secrets."""

from __future__ import annotations

import stat
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from threading import Barrier, get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baubau_ops.core.errors import FailedError, InputError, UnreachableError
from baubau_ops.lab import record
from baubau_ops.lab.environment import environment
from baubau_ops.lab.host import names, packages
from baubau_ops.lab.host.netns import _failed_line
from baubau_ops.lab.image import build
from baubau_ops.lab.image.files import write
from baubau_ops.lab.image.image import Debian, Image
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.layout.routers import router, split_sections
from baubau_ops.lab.nodes import booted
from baubau_ops.lab.probes.frames import asked, asking, checksum, dscp_of, frame, packet
from baubau_ops.lab.probes.watcher import judge
from baubau_ops.lab.store import SECRET_LENGTH, Store

MACS = {"to_mac": "02:00:00:00:00:01", "from_mac": "02:00:00:00:00:02"}


@given(st.binary(max_size=200))
def test_a_checksummed_message_sums_to_zero(data: bytes) -> None:
    even = data + bytes(len(data) % 2)
    assert checksum(even + struct.pack("!H", checksum(even))) == 0


@pytest.mark.parametrize("protocol", ["icmp", "tcp", "udp"])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        (IPv4Address("10.0.0.1"), IPv4Address("10.9.8.7")),
        (IPv6Address("fd00::1"), IPv6Address("2001:db8::7")),
    ],
)
def test_frames_are_whole(protocol: str, source: object, target: object) -> None:
    made = frame(
        packet(source=source, target=target, protocol=protocol, port=443, payload=b"n" * 16),  # type: ignore[arg-type]
        **MACS,
    )
    assert made.endswith(b"n" * 16)
    assert made[:12].hex() == "020000000001" + "020000000002"
    is_v4 = isinstance(target, IPv4Address)
    ip = made[14:]
    assert made[12:14] == (b"\x08\x00" if is_v4 else b"\x86\xdd")
    header, body = (ip[:20], ip[20:]) if is_v4 else (ip[:40], ip[40:])
    number = header[9] if is_v4 else header[6]
    if is_v4:
        assert checksum(header) == 0
        assert struct.unpack("!H", header[2:4])[0] == len(ip)
        addresses = header[12:20]
    else:
        assert struct.unpack("!H", header[4:6])[0] == len(body)
        addresses = header[8:40]
    pseudo = addresses + struct.pack("!HH", 0, number) + struct.pack("!I", len(body))
    assert checksum(body if number == 1 else pseudo + body) == 0


def test_a_frame_carries_the_mark_that_it_is_given() -> None:
    ends = {"source": IPv4Address("10.0.0.1"), "target": IPv4Address("10.9.8.7")}
    made = frame(packet(**ends, protocol="udp", port=443, payload=b"", dscp=46), **MACS)  # type: ignore[arg-type]
    assert dscp_of(made) == 46
    assert checksum(made[14:34]) == 0
    ends = {"source": IPv6Address("fd00::1"), "target": IPv6Address("2001:db8::7")}
    made = frame(packet(**ends, protocol="udp", port=443, payload=b""), **MACS)  # type: ignore[arg-type]
    assert dscp_of(made) is None


@given(st.binary(max_size=40), st.integers(1, 255))
def test_an_answer_is_what_was_asked_for(payload: bytes, ttl: int) -> None:
    assert asked(asking(payload, ttl)) == (payload, ttl)


def test_whoever_asks_for_nothing_gets_back_what_he_sent() -> None:
    assert asked(b"hello") == (b"hello", 64)


def test_families_do_not_mix() -> None:
    with pytest.raises(ValueError, match="different families"):
        packet(
            source=IPv4Address("10.0.0.1"),
            target=IPv6Address("fd00::1"),
            protocol="udp",
            port=1,
            payload=b"",
        )


@pytest.mark.parametrize(
    ("answered", "lost", "longest"),
    [
        ([1, 1, 1, 1], 0, 0.0),
        ([1, 0, 0, 1], 2, 3.0),
        ([1, 0, 1, 0, 0, 1], 3, 3.0),
        ([0, 0, 1, 1], 2, 2.0),
        ([1, 1, 0, 0, 0], 3, 3.0),
        ([0, 0, 0], 3, 2.0),
    ],
)
def test_the_outage_lies_between_two_answers(answered: list[int], lost: int, longest: float) -> None:
    sent = [float(at) for at in range(len(answered))]
    assert judge(1.0, sent, answered) == {
        "interval": 1.0,
        "sent": len(answered),
        "lost": lost,
        "longest": longest,
    }


def test_a_text_is_taken_apart_at_its_headers() -> None:
    text = "#@ section frr\nhostname a\n#@ section sysctl\na = 1\n"
    assert split_sections(text) == {"frr": "hostname a\n", "sysctl": "a = 1\n"}
    assert split_sections("hostname a\n") == {"frr": "hostname a\n"}
    assert split_sections("") == {}


def test_a_section_that_no_router_has_is_named() -> None:
    with pytest.raises(InputError, match=r"^core-1: a day-0 text has no section bird\.$"):
        router("core-1", "#@ section bird\nx\n")


def test_two_twins_whose_names_would_mix_are_not_let_near_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "_RUN", tmp_path)
    (tmp_path / "a-b").mkdir()
    names.check_name("a-b")
    names.check_name("ab")
    for name in ("a", "a-b-c"):
        with pytest.raises(InputError, match=f'^A twin cannot be called "{name}" while "a-b" is there'):
            names.check_name(name)


def test_no_twin_up_is_said_with_its_remedy() -> None:
    with pytest.raises(UnreachableError) as caught:
        environment("no-such")
    assert str(caught.value) == 'No twin "no-such" is up.'
    assert caught.value.remedy == "Start it with: baubau lab up --name no-such"
    assert caught.value.exit_code == 5


def test_secrets_are_made_once_kept_private_and_short_enough_for_ospf(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    first = store.secrets_for(["key ${secret:ospf}", "x ${secret:bgp-isp-1} y ${secret:ospf}"])
    again = store.secrets_for(["${secret:ibgp}"])
    assert set(again) == {"ospf", "bgp-isp-1", "ibgp"}
    assert again["ospf"] == first["ospf"]
    assert all(len(each.reveal()) == SECRET_LENGTH <= 16 for each in again.values())
    assert all(each.reveal().isalnum() for each in again.values())
    assert stat.S_IMODE((store.folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_host_keys_are_pinned_before_the_first_boot_and_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    identity = store.identity("core-1")
    assert store.identity("core-1") == identity
    assert store.identity("core-2").host_public != identity.host_public
    assert store.host_key("core-1") in identity.host_public
    (store.folder / "hosts" / "core-1.pub").unlink()  # as a crash between the two files leaves it
    assert store.identity("core-1").host_public != identity.host_public
    store.remove()
    assert not store.folder.exists()


def test_a_failed_batch_names_its_line() -> None:
    stderr = 'Cannot find device "x"\nCommand failed -:2\n'
    assert (
        _failed_line(["link set a up", "link set x up"], stderr) == 'ip link set x up: Cannot find device "x"'
    )


def test_another_recipe_is_another_image() -> None:
    more = replace(ROUTER, files={**ROUTER.files, "/etc/more": ""})
    derived = Image("kiosk", ROUTER, {"/etc/more": ""})
    again = Image("kiosk", more, {"/etc/more": ""})
    assert isinstance(ROUTER.base, Debian)
    other = replace(ROUTER, base=replace(ROUTER.base, packages=(*ROUTER.base.packages, "snmpd")))
    assert len({image.hash for image in (ROUTER, more, derived, again, other)}) == 5
    assert replace(ROUTER, name="the same").hash == ROUTER.hash


def test_missing_packages_are_named_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = {tool: f"/bin/{tool}" for tool in packages.TOOLS if tool not in ("socat", "systemd-nspawn")}
    log: list[str] = []

    def install(argv: list[str], **_options: object) -> None:
        log.append(" ".join(argv))
        here.update(dict.fromkeys(packages.TOOLS, "/bin/x"))

    monkeypatch.setattr(packages, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(packages, "find", here.get)
    monkeypatch.setattr(packages, "run", install)
    packages.install(lambda event: log.append(event.detail))
    assert log[0] == "installing socat, systemd-container"
    assert log[-1] == "apt-get -q install --yes --no-install-recommends socat systemd-container"
    log.clear()
    packages.install(lambda event: log.append(event.detail))
    assert log == []


def test_of_two_twins_that_come_up_at_once_one_installs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = {tool: f"/bin/{tool}" for tool in packages.TOOLS if tool != "socat"}
    meeting, met = Barrier(2), set[int]()
    asked: list[str] = []

    def find(tool: str) -> str | None:
        found = here.get(tool)
        if tool == "socat" and get_ident() not in met:
            met.add(get_ident())
            meeting.wait(10)  # both see that it is missing
        return found

    def install(argv: list[str], **_options: object) -> None:
        asked.append(argv[2])
        here["socat"] = "/bin/socat"

    monkeypatch.setattr(packages, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(packages, "find", find)
    monkeypatch.setattr(packages, "run", install)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(packages.install, [lambda _event: None] * 2))
    assert asked.count("install") == 1


def test_old_package_lists_are_updated_once_and_a_failure_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def fail(argv: list[str], **_options: object) -> None:
        asked.append(argv[2])
        if argv[2] == "install":
            raise FailedError("apt-get failed (exit 100): E: Unable to locate package socat")

    monkeypatch.setattr(packages, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(packages, "find", {**dict.fromkeys(packages.TOOLS, "/bin/x"), "socat": None}.get)
    monkeypatch.setattr(packages, "run", fail)
    with pytest.raises(FailedError, match="Unable to locate package socat") as caught:
        packages.install(lambda _event: None)
    assert asked[-3:] == ["install", "update", "install"]
    assert caught.value.remedy == "apt-get update && apt-get install socat"


def test_volumes_are_made_once_and_outlive_keys(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    machine = replace(router("core-1", ""), volumes={"data": "/var/lib/data", "logs": "/var/log/own"})
    volumes = store.volumes(machine)
    assert set(volumes) == {"/var/lib/data", "/var/log/own"}
    (volumes["/var/lib/data"] / "file").write_text("kept")
    store.forget("core-1")
    assert (store.volumes(machine)["/var/lib/data"] / "file").read_text() == "kept"
    store.remove()
    assert not volumes["/var/lib/data"].exists()


def test_a_twin_of_another_version_can_only_be_taken_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "run_dir", lambda _twin: tmp_path)
    (tmp_path / "twin.json").write_text('{"inventory": "/city", "state": "/state", "complete": "yes"}')
    for act in (
        lambda: environment("old"),
        lambda: record.Record("old").claim(Path("/city"), Path("/state")),
    ):
        with pytest.raises(
            InputError, match=r"^The twin old was brought up by another version of this program\.$"
        ) as caught:
            act()
        assert caught.value.remedy == ("Take it down and bring it up again: baubau lab down --name old")


def test_a_disk_says_on_which_image_it_stands(tmp_path: Path) -> None:
    assert booted.image_of(tmp_path) == ""
    (tmp_path / "prepared").write_text("router /cache/images/5cc0149ad892b024")
    assert booted.image_of(tmp_path) == "router"
    (tmp_path / "prepared").write_text("/cache/images/5cc0149ad892b024")
    assert booted.image_of(tmp_path) == ""


def test_only_images_that_no_name_leads_to_are_removed(tmp_path: Path) -> None:
    for name in ("old", "router-new", "kiosk-new"):
        (tmp_path / name).mkdir()
    (tmp_path / "router").symlink_to("router-new")
    (tmp_path / "kiosk").symlink_to("kiosk-new")
    (tmp_path / "lock").touch()
    build._remove_superseded(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "kiosk",
        "kiosk-new",
        "lock",
        "router",
        "router-new",
    ]


def test_a_file_replaces_a_link_and_never_leaves_the_root(tmp_path: Path) -> None:
    root, here = tmp_path / "root", tmp_path / "here"
    here.mkdir()
    (here / "zone").write_text("ours")
    (root / "usr/lib").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    (root / "localtime").symlink_to(here / "zone")
    (root / "run").symlink_to(here)
    write(root, "/lib/more/file", "text", 0o600)
    assert (root / "usr/lib/more/file").read_text() == "text"
    assert stat.S_IMODE((root / "usr/lib/more/file").stat().st_mode) == 0o600
    write(root, "/localtime", "theirs")
    assert ((root / "localtime").read_text(), (here / "zone").read_text()) == ("theirs", "ours")
    with pytest.raises(
        InputError,
        match=r"^/run/own/file cannot be written: a link on its way leads out of the machine's file system\.$",
    ):
        write(root, "/run/own/file", "text")
    assert [path.name for path in here.iterdir()] == ["zone"]
