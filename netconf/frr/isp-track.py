"""Runs on a core: ends the session of an ISP beyond which nothing answers, and lets it come back when it does.

Once every interval each target is sent an ICMP echo through the ISP's port, whatever the routing says: the frames
go to the ISP's router itself. An ISP none of whose targets answered `failures` times in a row is dead, unless the
city would then have no way out; it lives again after `recoveries` answers in a row, or when it is the only one left.

Argument: a JSON file {interval, failures, recoveries, last_resort, isps: {NAME: {port, peer, address, patience,
targets}}}; interval and patience in seconds. What is thought of each ISP stands in STATE.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import selectors
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STATE = Path("/run/baubau-isp-track.json")
TABLE = """\
table inet baubau-track
delete table inet baubau-track
table inet baubau-track {
	set dead { type ipv4_addr; }
	chain input { type filter hook input priority filter; ip saddr @dead meta l4proto tcp drop; }
	chain output { type filter hook output priority filter; ip daddr @dead meta l4proto tcp drop; }
}
"""
ETHERTYPE = 0x0800
CONTROL = 0x0001_0020
"""The class of a shaped port that routing and management have to themselves (1:20): a full link is not a dead one."""


class Verdict:
    """Dead or alive, from one answer or silence after the other."""

    def __init__(self, failures: int, recoveries: int, patience: int) -> None:
        """`patience` are silent intervals beyond `failures` before the ISP counts as dead."""
        self.alive = True
        self.needed = {True: failures + patience, False: recoveries}
        self.against = 0

    def see(self, answered: bool, others: bool) -> bool:
        """Take what one interval showed, and whether there are other ways out; say whether the verdict changed."""
        self.against = 0 if answered == self.alive else self.against + 1
        if self.alive:
            changed = self.against >= self.needed[True] and others
        else:
            changed = self.against >= self.needed[False] or not others
        if changed:
            self.alive, self.against = not self.alive, 0
        return changed


class Probe:
    """Echoes through one port to one neighbour's targets."""

    def __init__(self, port: str, address: str, peer: str, targets: list[str]) -> None:
        self.port, self.address, self.peer, self.targets = port, address, peer, targets
        self.id = os.getpid() & 0xFFFF
        self.sequence = 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETHERTYPE))
        self.socket.bind((port, ETHERTYPE))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, CONTROL)
        self.socket.setblocking(False)

    def send(self) -> None:
        """Ask every target once."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        mac = neighbour(self.peer, self.port)
        if mac is None:
            ask_for_neighbour(self.peer, self.port)
            return
        for target in self.targets:
            packet = echo(self.address, target, self.id, self.sequence)
            try:
                self.socket.sendto(packet, (self.port, ETHERTYPE, 0, 0, mac))
            except OSError as error:
                logging.debug("%s: %s", self.port, error)

    def receive(self) -> bool:
        """Read one frame; say whether it answers the last question."""
        try:
            packet = self.socket.recv(2048)
        except OSError:
            return False
        return answers(packet, self.targets, self.id, self.sequence)


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo(source: str, target: str, number: int, sequence: int) -> bytes:
    """An ICMP echo request in an IPv4 packet."""
    body = struct.pack("!BBHHH", 8, 0, 0, number, sequence)
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(body), 0, 0, 64, socket.IPPROTO_ICMP, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def answers(packet: bytes, targets: list[str], number: int, sequence: int) -> bool:
    """Whether an IPv4 packet is the echo reply of one of the targets to this question."""
    if len(packet) < 28 or packet[9] != socket.IPPROTO_ICMP:
        return False
    body = packet[(packet[0] & 0xF) * 4 :]
    if len(body) < 8 or str(ipaddress.IPv4Address(packet[12:16])) not in targets:
        return False
    kind, code, _, its_number, its_sequence = struct.unpack("!BBHHH", body[:8])
    return (kind, code, its_number, its_sequence) == (0, 0, number, sequence)


def neighbour(address: str, port: str) -> bytes | None:
    """The link-layer address of a neighbour, from the kernel's table."""
    for line in Path("/proc/net/arp").read_text().splitlines()[1:]:
        ip, _, flags, mac, _, device = line.split()
        if (ip, device) == (address, port) and int(flags, 16) & 2:
            return bytes.fromhex(mac.replace(":", ""))
    return None


def ask_for_neighbour(address: str, port: str) -> None:
    """Make the kernel look for a neighbour: any packet to it will do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, port.encode())
        try:
            sender.sendto(b"", (address, 9))
        except OSError as error:
            logging.debug("%s: %s", port, error)


def other_ways_out(paths: list[dict[str, Any]], peer: str, last_resort: int) -> bool:
    """Whether a default is left without this peer's, better than the one that the cores make themselves."""
    return any(
        path.get("valid")
        and path.get("peer", {}).get("peerId") != peer
        and not path.get("sourced")
        and path.get("locPrf", 100) > last_resort
        for path in paths
    )


def default_paths() -> list[dict[str, Any]]:
    """BGP's paths to the default; none where bgpd does not answer, and so nothing is cut off then."""
    try:
        said = run("vtysh", "-c", "show bgp ipv4 unicast 0.0.0.0/0 json")
        paths: list[dict[str, Any]] = json.loads(said).get("paths", [])
    except (subprocess.SubprocessError, ValueError) as error:
        logging.warning("bgpd does not answer: %s", error)
        return []
    return paths


def run(*argv: str, given: str | None = None) -> str:
    return subprocess.run(argv, input=given, capture_output=True, text=True, timeout=10, check=True).stdout


def end_session(peer: str) -> None:
    """Tell the ISP's router, then keep it from coming back."""
    run("vtysh", "-c", f"clear bgp ipv4 unicast {peer}")
    run("nft", "add", "element", "inet", "baubau-track", "dead", f"{{ {peer} }}")


def allow_session(peer: str) -> None:
    run("nft", "delete", "element", "inet", "baubau-track", "dead", f"{{ {peer} }}")


def listen(probes: dict[str, Probe], seconds: float) -> set[str]:
    """Who was answered within this time."""
    answered: set[str] = set()
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for name, probe in probes.items():
            selector.register(probe.socket, selectors.EVENT_READ, name)
        while (left := until - time.monotonic()) > 0:
            answered |= {key.data for key, _ in selector.select(left) if probes[key.data].receive()}
    return answered


def write_state(verdicts: dict[str, Verdict]) -> None:
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps({name: verdict.alive for name, verdict in verdicts.items()}))
    new.rename(STATE)


def main(config: dict[str, Any]) -> None:
    """Watch for ever."""
    isps = config["isps"]
    run("nft", "-f", "-", given=TABLE)
    probes = {
        name: Probe(isp["port"], isp["address"], isp["peer"], isp["targets"]) for name, isp in isps.items()
    }
    verdicts = {
        name: Verdict(config["failures"], config["recoveries"], isp["patience"]) for name, isp in isps.items()
    }
    write_state(verdicts)
    while True:
        for probe in probes.values():
            probe.send()
        answered = listen(probes, config["interval"])
        for name, verdict in verdicts.items():
            peer = isps[name]["peer"]
            doubted = not verdict.alive or (
                name not in answered and verdict.against + 1 >= config["failures"]
            )
            others = doubted and other_ways_out(default_paths(), peer, config["last_resort"])
            if verdict.see(name in answered, others):
                logging.warning(
                    "%s is %s", name, "alive" if verdict.alive else "dead: nothing answers beyond it"
                )
                (allow_session if verdict.alive else end_session)(peer)
                write_state(verdicts)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    main(json.loads(Path(sys.argv[1]).read_text()))
