"""Detects whether raw frames arrive, with one packet socket in each machine's namespace while probes are pending."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.probes import frames

NONCE_LENGTH = 16
"""Bytes of the nonce at the end of a frame."""

_ETH_P_ALL = 3
_PACKET_OUTGOING = 4


@dataclass(slots=True)
class Arrival:
    """An expected arrival: a frame that ends with the nonce, at one of these machines."""

    nonce: bytes
    machines: frozenset[str]
    event: asyncio.Event
    dscp: int | None = None
    """The DSCP that the packet had on arrival."""


@contextlib.asynccontextmanager
async def sniffing(twin: str, arrivals: Iterable[Arrival]) -> AsyncIterator[None]:
    """Set the event and the DSCP of each arrival as soon as it happens."""
    wanted = {arrival.nonce: arrival for arrival in arrivals}
    loop = asyncio.get_running_loop()
    sniffers = {}
    try:
        for machine in sorted({name for arrival in wanted.values() for name in arrival.machines}):
            with netns.entered(NETNS / name_of(twin, machine)):
                sniffer = socket.socket(
                    socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL)
                )
            sniffers[machine] = sniffer
            loop.add_reader(sniffer, _look, sniffer, machine, wanted)
        yield
    finally:
        for sniffer in sniffers.values():
            loop.remove_reader(sniffer)
        await close_aside(sniffers.values())


def _look(sniffer: socket.socket, machine: str, wanted: dict[bytes, Arrival]) -> None:
    with contextlib.suppress(BlockingIOError):
        data, address = sniffer.recvfrom(2048)
        arrival = wanted.get(data[-NONCE_LENGTH:])
        if arrival is None or arrival.event.is_set():
            return  # an ICMP error that quotes the frame ends with the same nonce
        if machine in arrival.machines and address[2] != _PACKET_OUTGOING:
            arrival.dscp = frames.dscp_of(data)
            arrival.event.set()


async def close_aside(sockets: Iterable[socket.socket]) -> None:
    """Close packet sockets in a thread: each waits 15 ms for the kernel, and machines must answer meanwhile."""

    def close() -> None:
        for each in sockets:
            each.close()

    await asyncio.to_thread(close)
