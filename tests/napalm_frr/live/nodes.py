"""Two booted, plant-wired Debian routers for the driver's live tests, reached from a seat of their own."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

CAPABILITIES = "CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN"
PORTS = {
    "r1": {"to-bastion": "seat-r1", "to-r2": "r1-r2", "ce1": "site-1"},
    "r2": {"to-bastion": "seat-r2", "to-r1": "r1-r2", "ce1": "site-2"},
}
SEAT_ADDRESSES = {"r1": "10.250.0.1", "r2": "10.250.0.5"}
ADDRESSES = {"r1": "10.250.0.2", "r2": "10.250.0.6"}
PROXY = "exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $! 2>/dev/null"
BOOT_SECONDS = 30.0


def sh(*argv: str, check: bool = True, text: str | None = None) -> str:
    """Run a command on the host and return its output."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


@dataclass
class Lab:
    """A pair of routers (r1, r2), their plant and a seat, under one namespace prefix."""

    prefix: str
    image: Path
    work: Path
    day0: dict[str, str]
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def up(self) -> None:
        """Make plant, seat and both nodes, and wait until both take logins."""
        self.down()
        self.work.mkdir(parents=True)
        sh("sysctl", "-qw", "fs.inotify.max_user_instances=8192")
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.work / "id"))
        for name in ("plant", "seat"):
            sh("ip", "netns", "add", self._netns(name))
        for link in {link for ports in PORTS.values() for link in ports.values()}:
            sh("ip", "-n", self._netns("plant"), "link", "add", f"br-{link}", "up", "type", "bridge")
        for node in PORTS:
            self._wire("seat", node, f"seat-{node}", address=f"{SEAT_ADDRESSES[node]}/30")
            self._make_root(node)
        self._write_ssh_config()
        for node in PORTS:
            self.power_on(node)
        for node in PORTS:
            self.wait_login(node)

    def down(self) -> None:
        """End every process, mount, namespace and file of this lab; needs no record of them."""
        for name in ("r1", "r2", "seat", "plant"):
            if self._netns(name) in sh("ip", "netns", "list"):
                self._kill(name)
                sh("ip", "netns", "del", self._netns(name))
        for node in PORTS:
            sh("umount", "-l", str(self.work / node / "root"), check=False)
        shutil.rmtree(self.work, ignore_errors=True)

    def power_off(self, node: str) -> None:
        """Cut the power: SIGKILL to PID 1; the namespace goes with all it held."""
        self._kill(node)
        if node in self.started:
            self.started.pop(node).wait(timeout=10)
        sh("ip", "netns", "del", self._netns(node))

    def power_on(self, node: str) -> None:
        """Boot a node in a new namespace, as after a power cut."""
        sh("ip", "netns", "add", self._netns(node))
        for port, link in PORTS[node].items():
            self._wire(node, port, link)
        argv = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "-b", "--notify-ready=no"]
        argv += [f"--network-namespace-path=/run/netns/{self._netns(node)}", "-D", str(self._root(node))]
        argv += ["-M", f"{self.prefix}-{node}", f"--hostname={node}", "--console=read-only"]
        argv += [f"--capability={CAPABILITIES}"]
        with (self.work / f"{node}.log").open("ab") as log:
            self.started[node] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            )  # fmt: skip

    def wait_login(self, node: str) -> float:
        """Wait until the node takes an SSH login and FRR answers; return the seconds it took."""
        began = time.monotonic()
        probe = "sudo -n vtysh -c 'show version' >/dev/null"
        while time.monotonic() - began < BOOT_SECONDS:
            if subprocess.run(self.ssh_argv(node, probe), capture_output=True, check=False).returncode == 0:
                return time.monotonic() - began
            time.sleep(0.2)
        raise RuntimeError(f"{node} took no login within {BOOT_SECONDS:.0f} s")

    def ssh_argv(self, node: str, command: str) -> list[str]:
        """Return the argv of an OpenSSH call to a node, in-band from the seat."""
        return ["ssh", "-F", str(self.ssh_config), node, command]

    @property
    def ssh_config(self) -> Path:
        """The lab's OpenSSH configuration."""
        return self.work / "ssh_config"

    def console(self, node: str, command: str, check: bool = True) -> str:
        """Run a shell command as root inside a node, past its network (the console)."""
        pid = self._init_pid(node)
        argv = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "/bin/sh", "-c", command]
        return sh(*argv, check=check)

    def seat(self, *argv: str, check: bool = True) -> str:
        """Run a command on the operator's seat."""
        return sh("ip", "netns", "exec", self._netns("seat"), *argv, check=check)

    def _netns(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _root(self, node: str) -> Path:
        return self.work / node / "root"

    def _wire(self, owner: str, port: str, link: str, address: str = "") -> None:
        """Give a namespace a port whose other end is on the link's bridge in the plant."""
        plant, mine = self._netns("plant"), self._netns(owner)
        far = f"{owner}-{port}"[:15]
        sh("ip", "-n", plant, "link", "del", far, check=False)
        # A port keeps its address over a power cut, as a real one does: the seat's neighbor entry stays right.
        mac = "02:" + hashlib.sha256(far.encode()).digest()[:5].hex(":")
        peer = ("peer", "name", port, "address", mac, "netns", mine)
        sh("ip", "-n", plant, "link", "add", far, "type", "veth", *peer)
        sh("ip", "-n", plant, "link", "set", far, "master", f"br-{link}", "up")
        sh("ip", "-n", mine, "link", "set", port, "up")
        if address:
            sh("ip", "-n", mine, "addr", "add", address, "dev", port)

    def _make_root(self, node: str) -> None:
        """Mount the node's overlay and give it keys, the login user and its day-0 FRR text."""
        base = self.work / node
        for part in ("root", "up", "work"):
            (base / part).mkdir(parents=True)
        options = f"lowerdir={self.image},upperdir={base}/up,workdir={base}/work"
        sh("mount", "-t", "overlay", "overlay", "-o", options, str(base / "root"))
        root = str(base / "root")
        public = (self.work / "id.pub").read_text()
        script = f"""set -e
rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
echo {node} > /etc/hostname; echo '127.0.0.1 localhost {node}' > /etc/hosts
useradd -m -s /bin/sh baubau; mkdir -m 700 /home/baubau/.ssh
echo '{public.strip()}' > /home/baubau/.ssh/authorized_keys; chown -R baubau: /home/baubau/.ssh
printf 'baubau ALL=(root) NOPASSWD: /bin/sh -s, /usr/bin/vtysh -c show\\\\ version\\n' > /etc/sudoers.d/baubau
cat > /etc/frr/frr.conf"""
        sh("chroot", root, "/bin/sh", "-c", script, text=self.day0[node])

    def _write_ssh_config(self) -> None:
        lines = []
        for node in PORTS:
            key = (self._root(node) / "etc/ssh/ssh_host_ed25519_key.pub").read_text().split()
            with (self.work / "known_hosts").open("a") as known:
                known.write(f"{node} {key[0]} {key[1]}\n")
            proxy = f"ip netns exec {self._netns('seat')} bash -c '{PROXY}'"
            lines += [f"Host {node}", f"  HostName {ADDRESSES[node]}", f"  HostKeyAlias {node}"]
            lines += ["  User baubau", f"  ProxyCommand {proxy}"]
        lines += ["Host *", f"  IdentityFile {self.work}/id", f"  UserKnownHostsFile {self.work}/known_hosts"]
        lines += ["  StrictHostKeyChecking yes", "  ConnectTimeout 5", "  IdentitiesOnly yes"]
        self.ssh_config.write_text("\n".join(lines) + "\n")

    def _init_pid(self, node: str) -> int:
        """Find PID 1 of a node by its namespace: the oldest process in it that is called systemd."""
        for pid in sorted(map(int, sh("ip", "netns", "pids", self._netns(node)).split())):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                return pid
        raise RuntimeError(f"{node} has no init")

    def _kill(self, name: str) -> None:
        """SIGKILL everything in a namespace, PID 1 first, and wait until it is empty."""
        deadline = time.monotonic() + 10
        while pids := sh("ip", "netns", "pids", self._netns(name)).split():
            for pid in pids:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self._netns(name)} still has processes: {pids}")
            time.sleep(0.02)
