"""The transaction on a booted router: whatever happens to the driver or the device, one configuration stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from live_router import NFTABLES, QOS, SYSCTL, UNITS, Router, frr, full, wait_until
from napalm.base.exceptions import (
    CommitConfirmException,
    CommitError,
    ConnectionException,
    LockError,
    ReplaceConfigException,
)

from napalm_frr import FRRDriver

CHANGED = full(
    frr=frr().replace("ip ospf cost 100", "ip ospf cost 77"),
    nftables=NFTABLES.replace("icmp, ospf", "icmp, ospf, 50"),
    qos=QOS.replace("rate 2Mbit", "rate 3Mbit"),
    sysctl=SYSCTL.replace("= 1000", "= 900"),
    units=UNITS.replace(".conf\n1\n", ".conf\n2\n"),
)
LOCK_OUT = full(nftables=NFTABLES.replace("    ip saddr @ops tcp dport 22 accept\n", ""))
CLIENT = """
import sys, time
from napalm_frr import FRRDriver
driver = FRRDriver("r1", "", "", optional_args={"ssh_config_file": sys.argv[1], "min_revert_in": 1})
driver.open()
driver.load_replace_candidate(filename=sys.argv[2])
driver.commit_config(revert_in=int(sys.argv[3]))
print("armed", flush=True)
time.sleep(60)
"""


def stands(driver: FRRDriver, text: str) -> bool:
    """Say whether a text is what runs and what would start."""
    driver.load_replace_candidate(config=text)
    same = driver.compare_config() == ""
    driver.discard_config()
    return same


def armed_client(router: Router, tmp_path: Path, text: str, seconds: int) -> subprocess.Popen[str]:
    """Start a client process that arms and applies a text, and wait until it has."""
    (tmp_path / "candidate").write_text(text)
    argv = [
        sys.executable,
        "-c",
        CLIENT,
        str(router.lab.ssh_config),
        str(tmp_path / "candidate"),
        str(seconds),
    ]
    client = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    assert client.stdout.readline() == "armed\n"
    return client


def test_every_section_is_applied_and_survives_a_reboot(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=CHANGED)
    assert {line for line in base.compare_config().splitlines() if line.startswith("#@")} == {
        "#@ section frr", "#@ section nftables", "#@ section qos", "#@ section sysctl", "#@ section units",
    }  # fmt: skip
    base.commit_config("all sections")
    assert base.last_commit is not None
    assert base.last_commit.method == "delta"
    assert base.compare_config() == ""
    router.power_cycle()
    driver = router.driver()
    assert stands(driver, CHANGED)
    assert not driver.has_pending_commit()
    driver.close()


def test_the_device_reverts_by_its_timer_after_the_client_was_killed(
    router: Router, base: FRRDriver, tmp_path: Path
) -> None:
    client = armed_client(router, tmp_path, CHANGED, 3)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    assert base.has_pending_commit()
    wait_until(lambda: not base.has_pending_commit(), 15, "the revert by the timer")
    assert stands(base, full())


def test_a_power_cut_while_armed_boots_the_old_configuration(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=CHANGED)
    base.commit_config(revert_in=60)
    router.console("vtysh -c 'write memory'")  # even this must not make the candidate the start-up text
    router.power_cycle()
    driver = router.driver()
    assert not driver.has_pending_commit()
    assert "discarded" in router.console("cat /var/lib/napalm-frr/outcome")
    assert stands(driver, full())
    with pytest.raises(CommitConfirmException, match="no commit is pending"):
        driver.confirm_commit()
    driver.close()


def test_a_ruleset_that_locks_out_new_sessions_is_reverted(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=LOCK_OUT)
    base.commit_config(revert_in=12)
    assert base.is_alive() == {"is_alive": True}  # the old session outlives the rules
    with pytest.raises(CommitConfirmException, match="a new connection fails"):
        base.confirm_commit()
    with pytest.raises(ConnectionException):
        router.driver(connect_timeout=1.0)
    wait_until(lambda: not base.has_pending_commit(), 20, "the revert by the device")
    driver = router.driver()
    assert stands(driver, full())
    driver.close()


@pytest.mark.parametrize("is_confirmed_text", [True, False])
def test_a_ruleset_that_nft_lists_otherwise_when_read_again_is_restored(
    router: Router, base: FRRDriver, is_confirmed_text: bool
) -> None:
    ssh = "    ip saddr @ops tcp dport 22 accept\n"
    assert ssh in NFTABLES
    ranged = full(nftables=NFTABLES.replace(ssh, f"{ssh}    ip daddr {{ 10.32.0.2-10.32.0.4 }} accept\n"))
    base.load_replace_candidate(config=ranged)
    base.commit_config("a range in braces")
    if not is_confirmed_text:
        router.console("nft add rule inet baubau input ip daddr { 10.32.0.7-10.32.0.9 } accept")
    listed = router.console("nft -s list table inet baubau")
    base.load_replace_candidate(config=CHANGED)
    base.commit_config("to be taken back", revert_in=60)
    base.rollback()
    assert not base.has_pending_commit()
    now = router.console("nft -s list table inet baubau")
    assert now.replace("{ ", "").replace(" }", "") == listed.replace("{ ", "").replace(" }", "")


@pytest.mark.parametrize("head_start", [-0.15, 0.0, 0.1])
def test_confirm_and_revert_race_and_exactly_one_wins(
    router: Router, base: FRRDriver, head_start: float
) -> None:
    base.load_replace_candidate(config=CHANGED)
    base.commit_config(revert_in=60)
    assert base.last_commit is not None
    rival = router.driver(commit_id=base.last_commit.id)
    errors: dict[str, Exception] = {}

    def run(name: str, act: object, delay: float) -> None:
        time.sleep(delay)
        try:
            act()  # type: ignore[operator]
        except CommitConfirmException as error:
            errors[name] = error

    confirm = threading.Thread(target=run, args=("confirm", base.confirm_commit, max(head_start, 0)))
    revert = threading.Thread(target=run, args=("revert", rival.rollback, max(-head_start, 0)))
    for thread in (confirm, revert):
        thread.start()
    for thread in (confirm, revert):
        thread.join(30)
    assert len(errors) == 1, errors
    winner = CHANGED if "revert" in errors else full()
    assert "is not pending any more" in str(next(iter(errors.values())))
    driver = router.driver()
    assert not driver.has_pending_commit()
    assert stands(driver, winner)
    driver.close()
    rival.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            full(frr=frr().replace(" ip ospf cost 100", " ip ospf costs 100")),
            r"section frr: line 3\d: .*costs",
        ),
        (
            full(nftables=NFTABLES.replace("policy drop;", "policy dorp;")),
            r"section nftables: line 4:59-62: Error: syntax",
        ),
        (full(qos=QOS.replace("rate 2Mbit", "rate 2Mbyte/s")), r'section qos: line 3: Illegal "rate"$'),
        (
            full(sysctl=SYSCTL + "net.ipv4.no_such_key = 1\n"),
            r"section sysctl: there is no net.ipv4.no_such_key",
        ),
        (full(nftables=f"flush ruleset\n{NFTABLES}"), r"line 1: only table definitions stand here"),
        ("", "the candidate is empty"),
        ("#@ section ffr\n", "line 1: unknown section 'ffr'; known are frr, nftables, qos, sysctl, units"),
    ],
    ids=["frr", "nftables", "qos", "sysctl", "flush", "empty", "section"],
)
def test_a_bad_candidate_is_refused_and_changes_nothing(
    router: Router, base: FRRDriver, text: str, message: str
) -> None:
    before = router.texts(), router.console("ls -l /var/lib/napalm-frr /var/lib/napalm-frr/sets")
    with pytest.raises(ReplaceConfigException, match=message):
        base.load_replace_candidate(config=text)
    assert base.compare_config() == ""
    with pytest.raises(CommitError, match="no candidate is loaded"):
        base.commit_config()
    assert (router.texts(), router.console("ls -l /var/lib/napalm-frr /var/lib/napalm-frr/sets")) == before


def test_an_apply_that_fails_half_way_is_reverted_at_once(router: Router, base: FRRDriver) -> None:
    before = router.texts()
    bad = CHANGED.replace(
        "#@ section frr\n", "#@ section frr\n"
    ).replace(" neighbor 10.0.0.2 description r2\n", " neighbor 10.0.0.9 peer-group NOPE\n")  # fmt: skip
    base.load_replace_candidate(config=bad)
    with pytest.raises(
        CommitError, match=r"applying frr failed: [^;]*peer-group.*the old configuration is back"
    ):
        base.commit_config()
    assert not base.has_pending_commit()
    assert stands(base, full())
    assert router.texts() == before


def beacon(router: Router) -> str:
    """What the tests' own service has written since it was last started."""
    return router.console("cat /run/beacon").strip()


def test_a_units_files_come_into_effect_and_go_back(router: Router, base: FRRDriver) -> None:
    wait_until(lambda: beacon(router) == "1", 5, "the service's first file")
    base.load_replace_candidate(config=CHANGED)
    base.commit_config(revert_in=120)
    wait_until(lambda: beacon(router) == "2", 5, "the service's new file")
    base.rollback()
    wait_until(lambda: beacon(router) == "1", 5, "the service's old file")
    base.load_replace_candidate(config="#@ section units\n")
    base.commit_config("without helpers")
    assert router.console("systemctl is-active baubau-beacon.service || true").strip() == "inactive"
    assert base.get_config(retrieve="running")["running"].endswith("#@ section units\n")


def test_a_service_that_does_not_run_is_a_difference_and_is_started_again(
    router: Router, base: FRRDriver
) -> None:
    router.console("systemctl stop baubau-beacon.service")
    base.load_replace_candidate(config=full())
    assert base.compare_config() == (
        "#@ section units\n@@ -7,4 +7,3 @@\n [Service]\n Type=exec\n"
        f" {UNITS.splitlines()[-1]}\n-#@ state inactive"
    )
    base.commit_config("start it")
    assert base.compare_config() == ""


def test_a_service_that_does_not_start_is_reverted_at_once(router: Router, base: FRRDriver) -> None:
    wrong = full(units=UNITS.replace("/bin/sh -c", "/bin/false -c").replace("Type=exec", "Type=notify"))
    base.load_replace_candidate(config=wrong)
    with pytest.raises(
        CommitError, match=r"(?s)applying units failed: .*the old configuration is back, verified"
    ):
        base.commit_config()
    assert stands(base, full())
    assert router.console("systemctl is-active baubau-beacon.service").strip() == "active"


def test_a_commit_without_a_change_does_nothing(router: Router, base: FRRDriver) -> None:
    before = router.console("ls -lR /var/lib/napalm-frr")
    base.load_replace_candidate(config=full())
    assert base.compare_config() == ""
    base.commit_config(revert_in=60)
    assert not base.has_pending_commit()
    assert router.console("ls -lR /var/lib/napalm-frr") == before


def test_write_memory_is_reported_as_drift_and_mended(router: Router, base: FRRDriver) -> None:
    current = router.console("readlink /var/lib/napalm-frr/current")
    port = "vtysh -c 'configure terminal' -c 'interface ce1'"
    router.console(f"{port} -c 'description by hand' -c 'do write memory' -c 'description site a'")
    assert router.console("readlink /var/lib/napalm-frr/current") == current
    base.load_replace_candidate(config=full())
    assert base.compare_config() == (
        "#@ section frr (start-up only)\n interface ce1\n- description by hand\n+ description site a"
    )
    base.commit_config()
    assert base.compare_config() == ""
    assert "by hand" not in router.console("cat /etc/frr/frr.conf")
    assert router.console("readlink /etc/frr") == "/var/lib/napalm-frr/current/frr\n"


def test_a_second_client_is_told_who_holds_the_device(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=CHANGED)
    base.commit_config(revert_in=60)
    second = router.driver()
    second.load_replace_candidate(config=full())
    with pytest.raises(
        LockError, match=r"r1 is locked: commit \S+ by root@.*, reverted by the device in \d+ s"
    ):
        second.commit_config()
    with pytest.raises(LockError):
        second.confirm_commit()
    with pytest.raises(LockError):
        second.rollback()
    with pytest.raises(CommitError, match="confirm it or roll it back first"):
        base.commit_config()
    base.rollback()
    assert stands(second, full())
    second.close()


def test_a_device_that_moved_since_it_was_compared_is_not_touched(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=CHANGED)
    router.console("vtysh -c 'configure terminal' -c 'interface to-r2' -c 'ip ospf cost 55'")
    with pytest.raises(CommitError, match="has changed since it was compared"):
        base.commit_config()
    assert "ip ospf cost 55" in router.texts()["running"]
    assert not base.has_pending_commit()


def test_a_change_by_hand_is_seen_and_taken_back(router: Router, base: FRRDriver) -> None:
    assert stands(base, full())
    router.console("vtysh -c 'configure terminal' -c 'interface to-r2' -c 'description by hand'")
    base.load_replace_candidate(config=full())
    assert "description by hand" in base.compare_config()
    base.commit_config()
    assert stands(base, full())


def test_a_key_is_left_nowhere_but_with_the_confirmed_texts(router: Router, base: FRRDriver) -> None:
    base.load_replace_candidate(config=full(frr=frr().replace("md5 s3cret", "md5 unheard-of")))
    base.commit_config()
    found = router.console("grep -rIls unheard-of /etc /home /root /run /tmp /usr/local /var || :")
    assert {Path(line).parts[:4] for line in found.splitlines()} == {("/", "var", "lib", "napalm-frr")}


def test_what_the_delta_has_no_class_for_goes_by_frr_reload(base: FRRDriver) -> None:
    text = full(frr=frr().replace(" maximum-paths 4\n", " maximum-paths 4\n  bgp dampening 20 800 2500 80\n"))
    base.load_replace_candidate(config=text)
    base.commit_config()
    assert base.last_commit is not None
    assert base.last_commit.method == "reload"
    assert base.last_commit.unknown == (
        "router bgp 64512 / address-family ipv4 unicast / bgp dampening 20 800 2500 80",
    )
    assert stands(base, text)


def test_rollback_goes_back_to_the_configuration_before(base: FRRDriver) -> None:
    base.load_replace_candidate(config=CHANGED)
    base.commit_config()
    base.rollback()
    assert stands(base, full())


def test_a_revert_below_the_least_allowed_is_refused(router: Router, base: FRRDriver) -> None:
    strict = router.driver(min_revert_in=120)
    strict.load_replace_candidate(config=CHANGED)
    with pytest.raises(CommitError, match="revert_in is 60 s; at least 120 s"):
        strict.commit_config(revert_in=60)
    assert not base.has_pending_commit()
    strict.close()
