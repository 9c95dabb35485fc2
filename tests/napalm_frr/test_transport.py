"""Connections to a real SSH server on the loopback that is not always in the mood."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from napalm_frr import errors, transport
from napalm_frr.transport import Connection, Target

OpenServer = Callable[[int], Target]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenServer]:
    """Start a server that hangs up on its first so many clients, and lets everybody in after them."""
    loop = transport._loop()
    listening: list[asyncssh.SSHAcceptor] = []

    def start(hang_ups: int) -> Target:
        left = iter(range(hang_ups))

        class Moody(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                if next(left, None) is not None:
                    conn.abort()

            def begin_auth(self, _username: str) -> bool:
                return False

        key = asyncssh.generate_private_key("ssh-ed25519")

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen("127.0.0.1", 0, server_factory=Moody, server_host_keys=[key])

        listening.append(asyncio.run_coroutine_threadsafe(listen(), loop).result(10))
        known = tmp_path / "known_hosts"
        known.write_text(f"router {key.export_public_key().decode()}")
        config = tmp_path / "ssh_config"
        config.write_text(
            f"Host router\n  HostName 127.0.0.1\n  Port {listening[0].get_port()}\n  HostKeyAlias router\n"
            f"  UserKnownHostsFile {known}\n"
        )
        return Target(host="router", username="operator", ssh_config_file=str(config))

    yield start
    for acceptor in listening:
        loop.call_soon_threadsafe(acceptor.close)


@pytest.mark.parametrize("hang_ups", [0, 2])
def test_a_device_that_hangs_up_for_a_moment_is_tried_again(server: OpenServer, hang_ups: int) -> None:
    connection = Connection(server(hang_ups))
    connection.open()
    assert connection.is_open()
    connection.close()


def test_a_device_that_always_hangs_up_is_given_up(
    server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "RETRY_FOR", 0.5)
    with pytest.raises(errors.ConnectionException, match=r"router: .*Connection (lost|reset by peer)"):
        Connection(server(1000)).open()


def test_a_device_with_another_key_is_not_tried_again(
    server: OpenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = server(0)
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (tmp_path / "known_hosts").write_text(f"router {key}")
    monkeypatch.setattr(transport, "RETRY_FOR", 3600.0)
    with pytest.raises(errors.ConnectionException, match="router: the host key is not the known one"):
        Connection(target).open()
