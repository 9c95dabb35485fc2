"""The twin's OpenSSH configuration: in-band access from the bastion, with every host key pinned."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address

from baubau_ops.core.files import write_atomic
from baubau_ops.core.settings import CONNECT_TIMEOUT
from baubau_ops.inventory.city.topology import BASTION
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.image.image import LOGIN
from baubau_ops.lab.store import Store


def write_config(twin: str, store: Store, addresses: Mapping[str, IPv4Address]) -> None:
    """Write ssh_config and known_hosts for our booted machines; `addresses` holds them by name."""
    known = "".join(f"{node} {store.host_key(node)}\n" for node in sorted(addresses))
    write_atomic(store.known_hosts, known, mode=0o600)
    write_atomic(store.ssh_config, _config(twin, store, addresses), mode=0o600)


def _config(twin: str, store: Store, addresses: Mapping[str, IPv4Address]) -> str:
    lines = [
        f"# The machines of the twin {twin}, as seen from its operator's seat; written by: baubau lab up"
    ]
    for node, address in sorted(addresses.items()):
        lines += [f"Host {node}", f"  HostName {address}", f"  HostKeyAlias {node}"]
    lines += [
        f"Host {' '.join(sorted(addresses))}",
        f"  User {LOGIN}",
        f'  IdentityFile "{store.operator_key}"',
        "  IdentitiesOnly yes",
        f'  UserKnownHostsFile "{store.known_hosts}"',
        "  GlobalKnownHostsFile /dev/null",
        "  StrictHostKeyChecking yes",
        "  UpdateHostKeys no",
        "  BatchMode yes",
        f"  ConnectTimeout {CONNECT_TIMEOUT:.0f}",
        "  ServerAliveInterval 5",
        "  ServerAliveCountMax 3",
        # With nodelay: otherwise the second of two writes by ssh would wait 40 ms for the first one's acknowledgement.
        f"  ProxyCommand nsenter --net={NETNS / name_of(twin, BASTION)}"
        f" socat STDIO TCP4:%h:%p,nodelay,connect-timeout={CONNECT_TIMEOUT:.0f}",
    ]
    return "\n".join(lines) + "\n"
