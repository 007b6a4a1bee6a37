"""The hardware address by which an access server names a device."""

from dataclasses import dataclass
from typing import Self

from portal.model.persian import ascii_digits

_WITHOUT_SEPARATORS = str.maketrans("", "", ":-.")


@dataclass(frozen=True, slots=True, order=True)
class MacAddress:
    """Six octets of IEEE 802 address; a connection handle, never a person's identity.

    Phones change it at will (`locally_administered`), so nothing durable hangs on it.
    """

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ValueError("a MAC address has six octets")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Any common notation: aa:bb:.., AA-BB-.., aabb.ccdd.eeff, aabbccddeeff."""
        digits = ascii_digits(text).translate(_WITHOUT_SEPARATORS).strip()
        # bytes.fromhex would skip blanks between digits.
        if len(digits) != 12 or not digits.isalnum():
            raise ValueError("not a MAC address")
        try:
            return cls(bytes.fromhex(digits))
        except ValueError:
            raise ValueError("not a MAC address") from None

    @property
    def dashed(self) -> str:
        """AA-BB-CC-DD-EE-FF, as Calling-Station-Id carries it (RFC 3580 3.21)."""
        return self.octets.hex("-").upper()

    @property
    def colon(self) -> str:
        """aa:bb:cc:dd:ee:ff, as systems and people write it."""
        return self.octets.hex(":")

    @property
    def locally_administered(self) -> bool:
        """Whether the device made the address up (bit 1 of the first octet)."""
        return bool(self.octets[0] & 0x02)

    def __str__(self) -> str:
        return self.dashed
