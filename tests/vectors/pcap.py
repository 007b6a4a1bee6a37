"""Read the captures: classic pcap of Ethernet, IPv4 and UDP, and nothing more."""

import struct
from dataclasses import dataclass
from pathlib import Path

CAPTURES = Path(__file__).parent / "captures"
RADIUS_SECRET = b"lr-radius-secret"
UAM_SECRET = b"lr-uam-secret"

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP datagram; numbers count from 1, times are seconds since 1970."""

    number: int
    at: float
    source: Address
    destination: Address
    payload: bytes


def read(name: str) -> list[Datagram]:
    """Return the datagrams of captures/<name>.pcap in the order they were seen."""
    data = (CAPTURES / f"{name}.pcap").read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise ValueError("not a little-endian pcap in microseconds")
    found: list[Datagram] = []
    offset = 24
    while offset < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, offset)
        frame = data[offset + 16 : offset + 16 + size]
        found.append(_datagram(len(found) + 1, seconds + micros / 1e6, frame))
        offset += 16 + size
    return found


def _datagram(number: int, at: float, frame: bytes) -> Datagram:
    ip = frame[14:]
    if frame[12:14] != b"\x08\x00" or ip[9] != 17:
        raise ValueError(f"packet {number} is not UDP over IPv4")
    udp = ip[(ip[0] & 0x0F) * 4 : int.from_bytes(ip[2:4])]
    source_port, destination_port = struct.unpack_from("!HH", udp)
    return Datagram(
        number,
        at,
        (".".join(map(str, ip[12:16])), source_port),
        (".".join(map(str, ip[16:20])), destination_port),
        udp[8 : int.from_bytes(udp[4:6])],
    )
