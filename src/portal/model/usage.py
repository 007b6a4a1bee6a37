"""Amounts of use: seconds online and octets in both directions."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Usage:
    """Session time in seconds, octets downloaded to and uploaded from the device."""

    session_time: int = 0
    downloaded: int = 0
    uploaded: int = 0

    @property
    def octets(self) -> int:
        return self.downloaded + self.uploaded

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.session_time + other.session_time,
            self.downloaded + other.downloaded,
            self.uploaded + other.uploaded,
        )

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.session_time - other.session_time,
            self.downloaded - other.downloaded,
            self.uploaded - other.uploaded,
        )

    def __bool__(self) -> bool:
        return bool(self.session_time or self.downloaded or self.uploaded)


@dataclass(frozen=True, slots=True)
class Extra:
    """What staff granted on top of a plan for one day."""

    seconds: int = 0
    octets: int = 0


def day_number(day: date) -> int:
    """A day as the integer yyyymmdd, the form the ledger stores."""
    return day.year * 10000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)
