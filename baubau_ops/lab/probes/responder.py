"""The one process that plays all bare machines: it answers in their namespaces and sends probes from them.

It opens sockets in the namespaces with `setns` and serves them from one event loop. It accepts TCP connections and
echoes a line; it echoes UDP datagrams. Requests arrive over a unix socket, one JSON line each.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from baubau_ops.core.errors import BaubauError, FailedError
from baubau_ops.inventory.environment import Answer, Probe
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import Bare, Layout
from baubau_ops.lab.probes import bulk, frames
from baubau_ops.lab.probes.probing import Prober
from baubau_ops.lab.probes.responding import layout_path, program, socket_path
from baubau_ops.lab.record import load_layout

log = logging.getLogger(__name__)

BACKLOG = 256
LINE = 4096
"""Bytes; longer lines are cut."""

_PROBES = TypeAdapter(list[Probe])
_ANSWERS = TypeAdapter(list[Answer])


class Responder:
    """All sockets of one twin's machines, and the requests on them."""

    def __init__(self, twin: str, layout: Layout) -> None:
        self.twin = twin
        self.layout = layout
        self.program = program()
        self.prober = Prober(twin, layout)
        self.bulk = bulk.Exchange(twin, layout)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until the process ends."""
        loop = asyncio.get_running_loop()
        for bare in self.layout.bare.values():
            with netns.entered(NETNS / name_of(self.twin, bare.name)):
                listeners, echoes = list(_listeners(self.layout)), list(_echoes(bare, self.layout))
            for listener in listeners:
                self._spawn(self._accept(listener))
            for echo in echoes:
                loop.add_reader(echo, _echo, echo)
        path = socket_path(self.twin)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._request, path, limit=2**24)
        async with server:
            await server.serve_forever()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            self._spawn(self._talk(connection))

    async def _talk(self, connection: socket.socket) -> None:
        """Echo everything until the far end closes, or join a bulk transfer if the first line asks for one."""
        loop = asyncio.get_running_loop()
        with connection, contextlib.suppress(OSError):
            line = await loop.sock_recv(connection, LINE)
            if line.startswith(bulk.PREFIX):
                await self.bulk.serve(connection, line)
            while line and not line.startswith(bulk.PREFIX):
                await loop.sock_sendall(connection, line)
                line = await loop.sock_recv(connection, LINE)

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = {"result": await self._do(json.loads(await reader.readline()))}
        except (BaubauError, OSError) as error:
            answer = {"error": str(error)}
        except Exception as error:
            log.exception("a request failed")
            answer = {"error": f"the responder failed: {error!r}"}
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _do(self, request: dict[str, Any]) -> Any:
        if request["program"] != self.program:
            raise FailedError("The twin's responder is of another version: run baubau lab up.")
        match request["do"]:
            case "hello":
                return self.twin
            case "exchange":
                probes = _PROBES.validate_python(request["probes"])
                answers = await self.prober.exchange(probes, timeout=request["timeout"])
                return _ANSWERS.dump_python(answers, mode="json")
            case "throughput":
                return await self.bulk.measure(request["source"], request["target"], request["seconds"])
            case other:
                raise FailedError(f'The responder does not know "{other}".')


def _listeners(layout: Layout) -> Iterator[socket.socket]:
    for port in layout.ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(BACKLOG)
        yield listener


def _echoes(bare: Bare, layout: Layout) -> Iterator[socket.socket]:
    """One socket for each address: the source of an answer must be the address that the request went to."""
    for address in bare.addresses:
        for port in layout.ports:
            echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            echo.bind((str(address), port))
            yield echo


def _echo(echo: socket.socket) -> None:
    with contextlib.suppress(OSError):  # also an earlier answer's ICMP error
        data, sender = echo.recvfrom(65535)
        answer, ttl = frames.asked(data)
        echo.sendmsg([answer], [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", ttl))], 0, sender)


def main() -> None:
    """Play the machines of the twin named on the command line."""
    logging.basicConfig(level=logging.INFO)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    twin = sys.argv[1]
    layout = load_layout(Path(layout_path(twin)))
    if layout is None:
        sys.exit(f"{layout_path(twin)} tells no machines")
    asyncio.run(Responder(twin, layout).serve())


if __name__ == "__main__":
    main()
