"""A router as a booted machine: its day-0 configuration in the files that Debian's FRR, nftables and sysctl read."""

from __future__ import annotations

from ipaddress import IPv4Address

from baubau_ops.core.errors import InputError
from baubau_ops.lab.image.router import ROUTER
from baubau_ops.lab.layout.layout import Booted, File

MEMORY = 40
"""MiB that a configured router takes; 30 to 38 were measured."""

_NFT_HEAD = "#!/usr/sbin/nft -f\nflush ruleset\n"
_SECTIONS = {
    "frr": ("/etc/frr/frr.conf", "", 0o640),
    "nftables": ("/etc/nftables.conf", _NFT_HEAD, 0o600),
    "sysctl": ("/etc/sysctl.d/50-baubau.conf", "", 0o600),
}
"""For each section of a configuration: the file in which Debian keeps it, the file's first lines, and its mode."""


def router(name: str, day0: str, address: IPv4Address | None = None) -> Booted:
    """Return a router that starts with its day-0 configuration; InputError for an unknown section."""
    files = {}
    for section, text in split_sections(day0).items():
        if section not in _SECTIONS:
            raise InputError(f"{name}: a day-0 text has no section {section}.")
        path, head, mode = _SECTIONS[section]
        files[path] = File(head + text, mode)
    return Booted(
        name=name,
        image=ROUTER.name,
        memory=MEMORY,
        units=("ssh.service", "frr.service", "nftables.service"),
        signs=("run/sshd.pid", "run/frr/watchfrr.started"),
        files=files,
        address=address,
    )


def split_sections(text: str) -> dict[str, str]:
    """Split a device's text at its `#@ section NAME` lines; without any, all of it is the frr section."""
    sections: dict[str, list[str]] = {}
    current = "frr"
    for line in text.splitlines(keepends=True):
        if line.startswith("#@ section "):
            current = line.split()[2]
            sections[current] = []
        elif current in sections or line.strip():
            sections.setdefault(current, []).append(line)
    return {name: "".join(lines) for name, lines in sections.items()}
