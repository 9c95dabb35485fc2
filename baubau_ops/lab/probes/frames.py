"""Raw frames of one packet each, as a compromised router or a spoofing machine would send them."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

from baubau_ops.inventory.environment import Protocol4

TTL = 64
SOURCE_PORT, STRAY_PORT = 40007, 40008
"""Two different ports: an earlier SYN from the same port would make a stray answer part of a known connection."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
_ICMPV6 = 58
_SYN, _ACK = 0x02, 0x10
_ASKS = b"\0answer with hops"


def frame(packet: bytes, *, to_mac: str, from_mac: str) -> bytes:
    """Return an Ethernet frame with an IP packet."""
    kind = _IPV4 if packet[0] >> 4 == 4 else _IPV6
    return _mac(to_mac) + _mac(from_mac) + struct.pack("!H", kind) + packet


def packet(
    *,
    source: IPv4Address | IPv6Address,
    target: IPv4Address | IPv6Address,
    protocol: Protocol4,
    port: int,
    payload: bytes,
    stray: bool = False,
    dscp: int = 0,
) -> bytes:
    """Return an IP packet: an ICMP echo request, a UDP datagram or a TCP SYN that carries `payload`.

    `stray` makes it the answer to a TCP SYN; `dscp` sets the mark of an IPv4 packet.
    """
    if isinstance(source, IPv4Address) != isinstance(target, IPv4Address):
        raise ValueError(f"{source} and {target} are of different families")
    is_v4 = isinstance(target, IPv4Address)
    number = _ICMPV6 if protocol == "icmp" and not is_v4 else _NUMBERS[protocol]
    length = len(payload) + {"icmp": 8, "udp": 8, "tcp": 20}[protocol]
    pseudo = b"" if protocol == "icmp" and is_v4 else _pseudo(source, target, number, length)
    body = _transport(protocol, is_v4, port, payload, pseudo, _SYN | _ACK if stray else _SYN)
    header = _ipv4(source, target, number, length, dscp) if is_v4 else _ipv6(source, target, number, length)
    return header + body


def asking(payload: bytes, ttl: int) -> bytes:
    """Return the content of a datagram that asks for `payload` as its answer, sent with this TTL."""
    return payload + _ASKS + bytes([ttl])


def asked(content: bytes) -> tuple[bytes, int]:
    """Return the answer that a datagram asks for, and its TTL."""
    if content[-len(_ASKS) - 1 : -1] == _ASKS:
        return content[: -len(_ASKS) - 1], content[-1]
    return content, TTL


def checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def dscp_of(frame: bytes) -> int | None:
    """Return the DSCP of the packet in an Ethernet frame; None if it is not IPv4."""
    return frame[15] >> 2 if frame[12:14] == struct.pack("!H", _IPV4) else None


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _transport(
    protocol: Protocol4, is_v4: bool, port: int, payload: bytes, pseudo: bytes, flags: int
) -> bytes:
    """Return the payload of the IP packet; its checksum also covers the pseudo header."""
    if protocol == "icmp":
        head, at = struct.pack("!BBHHH", 8 if is_v4 else 128, 0, 0, SOURCE_PORT, 1), 2
    elif protocol == "udp":
        head, at = struct.pack("!HHHH", SOURCE_PORT, port, 8 + len(payload), 0), 6
    else:
        source = STRAY_PORT if flags & _ACK else SOURCE_PORT
        head, at = struct.pack("!HHIIBBHHH", source, port, 1, 0, 5 << 4, flags, 64240, 0, 0), 16
    value = checksum(pseudo + head + payload)
    return head[:at] + struct.pack("!H", value) + head[at + 2 :] + payload


def _pseudo(
    source: IPv4Address | IPv6Address, target: IPv4Address | IPv6Address, number: int, length: int
) -> bytes:
    form = "!BBH" if isinstance(target, IPv4Address) else "!IHBB"
    rest = (0, number, length) if isinstance(target, IPv4Address) else (length, 0, 0, number)
    return source.packed + target.packed + struct.pack(form, *rest)


def _ipv4(
    source: IPv4Address | IPv6Address, target: IPv4Address | IPv6Address, number: int, length: int, dscp: int
) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, dscp << 2, 20 + length, 0, 0x4000, TTL, number, 0)
    value = checksum(head + source.packed + target.packed)
    return head[:10] + struct.pack("!H", value) + source.packed + target.packed


def _ipv6(
    source: IPv4Address | IPv6Address, target: IPv4Address | IPv6Address, number: int, length: int
) -> bytes:
    return struct.pack("!IHBB", 6 << 28, length, number, TTL) + source.packed + target.packed
