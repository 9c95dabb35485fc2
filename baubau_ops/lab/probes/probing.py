"""Probes: real packets sent from a machine's namespace, and their results."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.environment import Answer, Probe
from baubau_ops.lab.host import netns
from baubau_ops.lab.host.names import NETNS
from baubau_ops.lab.host.names import netns as name_of
from baubau_ops.lab.layout.layout import End, Layout
from baubau_ops.lab.probes import frames
from baubau_ops.lab.probes.sniffing import NONCE_LENGTH, Arrival, close_aside, sniffing

SPACING = 0.1
"""Seconds between two attempts of a probe; each still has its full time to be answered."""

EXPIRY = 0.25
"""Seconds to wait for a router's message that a packet expired there."""

_IP_RECVERR, _IP_RECVTTL = 11, 12
_ORIGIN_ICMP = 2  # SO_EE_ORIGIN_ICMP
_ECHO_REPLY, _UNREACHABLE, _TIME_EXCEEDED = 0, 3, 11
_REFUSALS = (ConnectionRefusedError, ConnectionResetError)


class Result(Enum):
    SILENT = "silent"
    ANSWERED = "answered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class _Place:
    """The place from which raw frames are sent: a port, its MAC address, and that of the router at the other end."""

    netns: str
    port: str
    mac: str
    to_mac: str


_Senders = dict[_Place, socket.socket]
"""Open packet sockets; the probes of one exchange share them."""


class Prober:
    """Sends the probes of one twin."""

    def __init__(self, twin: str, layout: Layout) -> None:
        self.twin = twin
        self.layout = layout

    async def exchange(self, probes: Sequence[Probe], *, timeout: float) -> list[Answer]:
        """Send all probes at once; return answers in the same order. InputError for an unknown source."""
        for probe in probes:
            if probe.source not in self.layout.bare:
                raise InputError(
                    f'The twin has no machine "{probe.source}".{did_you_mean(probe.source, self.layout.bare)}'
                )
        arrivals = [self._arrival(probe) if _is_sniffed(probe) else None for probe in probes]
        senders: _Senders = {}
        try:
            async with sniffing(self.twin, [arrival for arrival in arrivals if arrival]):
                work = (self._try(*each, senders, timeout) for each in zip(probes, arrivals, strict=True))
                return await _at_once(work)
        finally:
            await close_aside(senders.values())

    async def _try(self, probe: Probe, arrival: Arrival | None, senders: _Senders, timeout: float) -> Answer:
        if arrival is not None and probe.expires_at:
            return await self._answer_expiring(probe, arrival, timeout)
        if arrival is not None:
            return await self._raw(probe, arrival, senders, timeout)
        attempts = {"tcp": self._tcp, "udp": self._udp, "icmp": self._icmp}
        attempt = self._expiring if probe.expires_at else attempts[probe.protocol]
        return await _repeat(probe, attempt, timeout)

    def _arrival(self, probe: Probe) -> Arrival:
        """The machines that may receive the frame: the target; for IPv6, which no machine has, all but the source."""
        if isinstance(probe.target, IPv6Address):
            machines = frozenset(self.layout.bare) - {probe.source}
        else:
            target = self.layout.owner(probe.target)
            returns = probe.back and not probe.expires_at
            machines = frozenset({probe.source} if returns else {target.name} if target else ())
        return Arrival(secrets.token_bytes(NONCE_LENGTH), machines, asyncio.Event())

    def _inside(self, place: str) -> contextlib.AbstractContextManager[None]:
        return netns.entered(NETNS / name_of(self.twin, place))

    async def _tcp(self, probe: Probe) -> Result:
        with self._inside(probe.source):
            opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with opened:
            opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            try:
                await asyncio.get_running_loop().sock_connect(opened, (str(probe.target), probe.port))
            except OSError as error:
                return self._judge(probe, opened, error)
        return Result.ANSWERED

    async def _udp(self, probe: Probe) -> Result:
        nonce = secrets.token_bytes(16)
        loop = asyncio.get_running_loop()
        with self._udp_socket(probe) as opened:
            try:
                opened.connect((str(probe.target), probe.port))
                opened.send(nonce)
                while await loop.sock_recv(opened, 2048) != nonce:
                    pass
            except OSError as error:
                return self._judge(probe, opened, error)
        return Result.ANSWERED

    async def _expiring(self, probe: Probe) -> Result:
        """Count the routers on the path, and send with a TTL that expires at the last one."""
        with contextlib.suppress(OSError):
            hops = await self._hops(probe)
            for ttl in (hops, hops + 1, hops - 1):  # the return path may be longer or shorter
                with contextlib.suppress(TimeoutError):
                    if await asyncio.wait_for(self._expires(probe, ttl), EXPIRY) in probe.expires_at:
                        return Result.ANSWERED
        return Result.SILENT

    async def _answer_expiring(self, probe: Probe, arrival: Arrival, timeout: float) -> Answer:
        """Ask for an answer with a TTL that expires at the last router, which then notifies the answer's sender.

        The router's message quotes the end of the answer, which differs from the end of the question.
        """
        began = time.monotonic()
        sent = 0
        with contextlib.suppress(OSError):
            hops = await asyncio.wait_for(self._hops(probe), timeout)
            with self._udp_socket(probe) as opened:
                opened.connect((str(probe.target), probe.port))
                while sent < probe.count and not arrival.event.is_set():
                    opened.send(frames.asking(arrival.nonce, hops))
                    sent += 1
                    await _wait(arrival.event, EXPIRY)
        return Answer(probe, sent, arrival.event.is_set(), seconds=time.monotonic() - began)

    async def _hops(self, probe: Probe) -> int:
        """The number of routers between source and target, computed from the TTL that an answer has left."""
        with self._udp_socket(probe) as opened:
            opened.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
            opened.connect((str(probe.target), probe.port))
            opened.send(secrets.token_bytes(16))
            await _readable(opened)
            _, ancillary, _, _ = opened.recvmsg(2048, 64)
            return frames.TTL - next(int.from_bytes(data, sys.byteorder) for _, _, data in ancillary)

    async def _expires(self, probe: Probe, ttl: int) -> IPv4Address | None:
        """The router at which a packet with this TTL expired; None if the packet got further."""
        with self._udp_socket(probe) as opened:
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            opened.connect((str(probe.target), probe.port))
            opened.send(b"")
            await _readable(opened)
            told = _told(opened)
            return told[1] if told and told[0] == _TIME_EXCEEDED else None

    def _udp_socket(self, probe: Probe) -> socket.socket:
        """Open a socket in the source's namespace that reports ICMP errors."""
        with self._inside(probe.source):
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        return opened

    def _judge(self, probe: Probe, opened: socket.socket, error: OSError) -> Result:
        """Distinguish a refusal by another node from a local failure (no route, no answer to ARP)."""
        if told := _told(opened):
            own = self.layout.bare[probe.source].addresses
            return Result.SILENT if told[1] in own else Result.REFUSED
        return Result.REFUSED if isinstance(error, _REFUSALS) else Result.SILENT

    async def _icmp(self, probe: Probe) -> Result:
        nonce = secrets.token_bytes(16)
        identifier = secrets.randbits(16)
        loop = asyncio.get_running_loop()
        own = {str(address) for address in self.layout.bare[probe.source].addresses}
        with self._inside(probe.source):
            opened = socket.socket(
                socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP
            )
        with opened:
            head = struct.pack("!BBHHH", 8, 0, 0, identifier, 1)
            value = frames.checksum(head + nonce)
            request = struct.pack("!BBHHH", 8, 0, value, identifier, 1) + nonce
            try:
                opened.sendto(request, (str(probe.target), 0))
                while True:
                    data, (sender, _) = await loop.sock_recvfrom(opened, 2048)
                    icmp = data[(data[0] & 0xF) * 4 :]
                    if icmp[0] == _ECHO_REPLY and icmp[8:24] == nonce and sender == str(probe.target):
                        return Result.ANSWERED
                    # An error quotes the packet that caused it: 8 bytes, an IPv4 header, the request.
                    if icmp[0] == _UNREACHABLE and request[:8] in icmp[28:] and sender not in own:
                        return Result.REFUSED
            except OSError:
                return Result.SILENT

    async def _raw(self, probe: Probe, arrival: Arrival, senders: _Senders, timeout: float) -> Answer:
        """Send packets that bypass the source's own rules, and check whether they arrive at a machine."""
        send = self._routed if _is_routed(probe) else self._framed
        began = time.monotonic()
        sent = 0
        with contextlib.suppress(OSError):  # the source has no route to the target
            while sent < probe.count and not arrival.event.is_set():
                send(probe, arrival.nonce, senders)
                sent += 1
                await _wait(arrival.event, SPACING if sent < probe.count else timeout)
        seconds = time.monotonic() - began
        return Answer(probe, sent, arrival.event.is_set(), seconds=seconds, dscp=arrival.dscp)

    def _routed(self, probe: Probe, nonce: bytes, _senders: _Senders) -> None:
        """Send a packet along the route, and from the address, that the source's kernel chooses."""
        with self._inside(probe.source):
            looking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sending = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with looking, sending:
            looking.connect((str(probe.target), 9))
            source = IPv4Address(looking.getsockname()[0])
            sending.sendto(_packet(probe, source, nonce), (str(probe.target), 0))

    def _framed(self, probe: Probe, nonce: bytes, senders: _Senders) -> None:
        """Send a packet in a frame addressed to the router next to the source."""
        place = self._leaving(probe)
        packet = _packet(probe, self._source(probe), nonce)
        frame = frames.frame(packet, to_mac=place.to_mac, from_mac=place.mac)
        _sender(place, senders).send(frame)

    def _leaving(self, probe: Probe) -> _Place:
        bare = self.layout.bare[probe.source]
        if probe.at == "host":
            mac = End(bare.name, bare.leaves).mac
            return _Place(name_of(self.twin, bare.name), bare.leaves, mac, bare.gateway.mac)
        if not bare.uplinks:
            raise InputError(f"{bare.name} is in no site: it has no uplink to send from.")
        towards = probe.towards or bare.uplinks[0].pop
        up = next((uplink for uplink in bare.uplinks if uplink.pop == towards), None)
        if up is None:
            raise InputError(f"{bare.name}'s site has no uplink to {towards}.")
        return _Place(name_of(self.twin, up.router), up.port, End(up.router, up.port).mac, up.mac)

    def _source(self, probe: Probe) -> IPv4Address | IPv6Address:
        own = self.layout.bare[probe.source].machine.address
        if isinstance(probe.target, IPv6Address):
            return probe.spoof or IPv6Address(int(IPv6Address("fd00:7472::")) + int(own))  # a ULA (RFC 4193)
        return probe.spoof or own


async def _readable(opened: socket.socket) -> None:
    """Wait until an answer or an error arrives."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(opened, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(opened)


def _told(opened: socket.socket) -> tuple[int, IPv4Address] | None:
    """The type and the sender of the ICMP error that is queued on a socket."""
    with contextlib.suppress(OSError):
        _, ancillary, _, _ = opened.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        for level, kind, data in ancillary:
            if level == socket.IPPROTO_IP and kind == _IP_RECVERR and data[4] == _ORIGIN_ICMP:
                return data[5], IPv4Address(data[20:24])  # sock_extended_err (16), family, port
    return None


def _sender(place: _Place, senders: _Senders) -> socket.socket:
    if place not in senders:
        with netns.entered(NETNS / place.netns):
            senders[place] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # 0: it receives nothing
        senders[place].bind((place.port, 0))
    return senders[place]


def _is_sniffed(probe: Probe) -> bool:
    """Whether sniffed frames decide the result: they do for raw probes, and for the report of an expired answer."""
    return (
        probe.at == "uplink"
        or probe.back
        or probe.stray
        or probe.dscp is not None
        or probe.spoof is not None
        or isinstance(probe.target, IPv6Address)
    )


def _is_routed(probe: Probe) -> bool:
    """Whether only the packet is raw, so that the kernel can route it."""
    return probe.at == "host" and probe.dscp is not None and probe.spoof is None and not probe.stray


def _packet(probe: Probe, source: IPv4Address | IPv6Address, nonce: bytes) -> bytes:
    return frames.packet(
        source=source,
        target=probe.target,
        protocol=probe.protocol,
        port=probe.port,
        payload=nonce,
        stray=probe.stray,
        dscp=probe.dscp or 0,
    )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _at_once(work: Iterable[Coroutine[None, None, Answer]]) -> list[Answer]:
    """Start all, but answer what has arrived before each: a burst would overrun the machines' sockets."""
    tasks = []
    async with asyncio.TaskGroup() as group:
        for one in work:
            tasks.append(group.create_task(one))
            await asyncio.sleep(0)  # one turn of the event loop serves everything that is ready
    return [task.result() for task in tasks]


async def _repeat(probe: Probe, attempt: Callable[[Probe], Awaitable[Result]], timeout: float) -> Answer:
    """Make up to `count` attempts, slightly spaced, until one gets a response; each has `timeout` seconds."""
    running: dict[asyncio.Task[Result], float] = {}
    sent = 0

    async def bounded() -> Result:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(attempt(probe), timeout)
        return Result.SILENT

    try:
        while sent < probe.count or running:
            if sent < probe.count:
                running[asyncio.create_task(bounded())] = time.monotonic()
                sent += 1
            patience = SPACING if sent < probe.count else None
            done, _ = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                began = running.pop(task)
                if task.result() is not Result.SILENT:
                    seconds = time.monotonic() - began
                    answered = task.result() is Result.ANSWERED
                    return Answer(probe, sent, answered, refused=not answered, seconds=seconds)
        return Answer(probe, sent, answered=False, seconds=timeout)
    finally:
        for task in running:
            task.cancel()
