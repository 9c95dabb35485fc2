"""Other ways to bring changed texts to routers: none of them checks, waits for a confirmation or goes back.

Each sends the frr section and lets the router's own frr-reload find what is different. Ansible and Netmiko become
root with sudo, as they expect to: `allow_sudo` lets them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_city import TWIN, City
from measured import Cost, measured

FORKS = 16
"""Routers at a time, for Ansible and for Nornir."""
RELOAD = "/usr/lib/frr/frr-reload.py --reload --confdir {0} {0}/frr.conf"
"""Without writing: a file that is not its confdir's frr.conf it would save as the router's startup configuration."""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - ansible.builtin.template:
        src: "{{ inventory_hostname }}.conf"
        dest: FOLDER/frr.conf
        mode: "0600"
    - ansible.builtin.command: RELOAD
"""


def frr_sections(texts: Mapping[str, str], city: City) -> dict[str, str]:
    """What frr-reload takes, secrets filled in."""
    fill = city.environment.secrets.fill
    return {
        name: fill(text.split("#@ section nftables")[0].split("\n", 1)[1]) for name, text in texts.items()
    }


def prepare(city: City, folder: str) -> None:
    """Make the folder on every router that frr-reload reads; whoever logs in may write to it."""
    for router in city.routers:
        script = (
            f"mkdir -p {folder} && cp /etc/frr/vtysh.conf /etc/frr/daemons {folder} && chown baubau {folder}"
        )
        city.console(router, "sh", "-c", script)


def allow_sudo(city: City) -> None:
    """Let the login become root with any command, for as long as the twin lives."""
    rule = "baubau ALL=(root) NOPASSWD: ALL\n"
    for router in city.routers:
        script = "cat > /etc/sudoers.d/bench && chmod 440 /etc/sudoers.d/bench"
        city.console(router, "sh", "-c", script, text=rule)


def floor(texts: Mapping[str, str], city: City) -> float:
    """Seconds that frr-reload takes for all routers, two at a time, at their consoles."""
    folder = "/tmp/floor"
    prepare(city, folder)
    for router, text in frr_sections(texts, city).items():
        city.console(router, "sh", "-c", f"cat > {folder}/frr.conf", text=text)
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda router: city.console(router, "sh", "-c", RELOAD.format(folder)), texts))
    return time.monotonic() - began


def ours(mark: str) -> Cost:
    """Our own way, with every step of the transaction, for texts that carry `mark`."""
    return measured([sys.executable, str(Path(__file__).with_name("peer_run.py")), "ours", TWIN, mark])


def ansible(texts: Mapping[str, str], city: City, folder: Path) -> Cost:
    """A playbook over plain OpenSSH: stock settings, but for pipelining, the forks and no gathering of facts."""
    _write(frr_sections(texts, city), folder)
    book = PLAYBOOK.replace("RELOAD", RELOAD.format("FOLDER")).replace("FOLDER", "/tmp/ansible")
    (folder / "play.yml").write_text(book)
    (folder / "hosts").write_text("".join(f"{router}\n" for router in texts))
    (folder / "ansible.cfg").write_text(
        f"[defaults]\nforks = {FORKS}\n"
        f"[ssh_connection]\npipelining = true\nssh_common_args = -F {city.environment.ssh_config}\n"
    )
    settings = {
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),  # of each run its own: no connection is left from the last one
        "LC_ALL": "C.UTF-8",
    }
    playbook = Path(sys.executable).with_name("ansible-playbook")
    return measured([str(playbook), "-i", "hosts", "play.yml"], env=settings, cwd=folder)


def netmiko(texts: Mapping[str, str], city: City, folder: Path) -> Cost:
    """Nornir and Netmiko: for each router one SSH session, on which the text is sent and frr-reload is called."""
    _write(frr_sections(texts, city), folder)
    script = Path(__file__).with_name("peer_run.py")
    return measured(
        [sys.executable, str(script), "netmiko", str(city.environment.ssh_config), str(folder)],
    )


def _write(texts: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for router, text in texts.items():
        (folder / f"{router}.conf").write_text(text)
