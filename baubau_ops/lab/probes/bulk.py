"""Bulk TCP transfers between two machines, measured where the bytes arrive."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Iterator

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Bare, Layout

PREFIX = b"\0bulk "
"""Prefix of a line that asks the far end to send or to receive."""

CONNECT_TIMEOUT = 2.0
"""Seconds for one connection attempt."""

WARM_UP = 0.25
"""Share of the time that is not counted: the TCP window opens and a shaper's burst is used up in it."""

_CHUNK = 256 * 1024


class Exchange:
    """Bulk transfers of one twin; both ends are in this process."""

    def __init__(self, twin: str, layout: Layout) -> None:
        self.twin = twin
        self.layout = layout
        self._results: dict[str, asyncio.Future[int]] = {}

    async def measure(self, source: str, target: str, seconds: float) -> int:
        """Return the bit/s of payload that arrive at `target` while `source` sends all it can.

        The end that a stateful filter allows opens the connection: a site's machine connects to the others.
        Raises FailedError when no connection can be opened.
        """
        sender, receiver = self._machine(source), self._machine(target)
        opener, other = (receiver, sender) if receiver.uplinks and not sender.uplinks else (sender, receiver)
        connection = await self._connect(opener, other)
        token = secrets.token_hex(8)
        result = self._results[token] = asyncio.get_running_loop().create_future()
        try:
            with connection:
                task = "receive" if opener is sender else "send"
                line = PREFIX + f"{task} {seconds} {token} ".encode()
                await asyncio.get_running_loop().sock_sendall(connection, line.ljust(64))
                if opener is sender:
                    await asyncio.to_thread(_send, connection, seconds)
                    return await asyncio.wait_for(result, timeout=seconds + 10)
                return await asyncio.to_thread(_receive, connection, seconds)
        finally:
            del self._results[token]

    async def serve(self, connection: socket.socket, line: bytes) -> None:
        """Play the far end's part."""
        task, seconds, token = line[len(PREFIX) :].split()[:3]
        if task == b"send":
            await asyncio.to_thread(_send, connection, float(seconds))
        else:
            rate = await asyncio.to_thread(_receive, connection, float(seconds))
            if (result := self._results.get(token.decode())) and not result.done():
                result.set_result(rate)

    def _machine(self, name: str) -> Bare:
        if name not in self.layout.bare:
            raise InputError(f'The twin has no machine "{name}".{did_you_mean(name, self.layout.bare)}')
        return self.layout.bare[name]

    async def _connect(self, opener: Bare, other: Bare) -> socket.socket:
        for address, port in self._doors(other):
            with netns.entered(NETNS / name_of(self.twin, opener.name)):
                connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            try:
                connecting = asyncio.get_running_loop().sock_connect(connection, (address, port))
                await asyncio.wait_for(connecting, CONNECT_TIMEOUT)
            except OSError:  # refused, or no answer in time
                connection.close()
            else:
                return connection
        raise FailedError(f"{opener.name} cannot open a TCP connection to {other.name} on any port.")

    def _doors(self, machine: Bare) -> Iterator[tuple[str, int]]:
        """The addresses and ports at which to reach the machine; services come first, as policy allows only those."""
        for service in self.layout.services:
            if service.protocol == "tcp" and service.address in machine.addresses:
                yield str(service.address), service.port
        for port in reversed(self.layout.ports):
            yield str(machine.machine.address), port


def _send(connection: socket.socket, seconds: float) -> None:
    connection.setblocking(True)
    connection.settimeout(seconds + 5)
    chunk = bytes(_CHUNK)
    end = time.monotonic() + seconds
    # The receiver's clock decides, so the receiver may end the transfer a little earlier.
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < end:
            connection.send(chunk)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _receive(connection: socket.socket, seconds: float) -> int:
    connection.settimeout(seconds + 5)
    buffer = bytearray(_CHUNK)
    begin = time.monotonic()
    counted, since, last = 0, begin, begin
    while (size := connection.recv_into(buffer)) and (now := time.monotonic()) - begin < seconds:
        if now - begin < WARM_UP * seconds:
            since = now
        else:
            counted += size
        last = now
    return round(counted * 8 / (last - since)) if last > since else 0
