"""The numbers by which a patron is known: card, national ID, mobile telephone.

Each is a string with its leading zeros, parsed once from whatever was typed. None of
them prints itself: they may reach a log by accident, and then show four digits.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from portal.model.persian import ascii_digits


class IdentifierKind(StrEnum):
    """What a number can be."""

    CARD = "card"
    NATIONAL_ID = "national_id"
    PHONE = "phone"


class IdentifierReason(StrEnum):
    """Why a typed number is not of a kind."""

    EMPTY = "empty"
    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_DIGIT = "check_digit"
    ONE_DIGIT_REPEATED = "one_digit_repeated"


class IdentifierError(ValueError):
    """A number that is not of the kind asked for; the number itself is not kept."""

    def __init__(self, kind: IdentifierKind, reason: IdentifierReason) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason = kind, reason


# Blanks, dashes of every width, and the marks that keyboards and copied text bring.
_SEPARATORS = re.compile(
    r"[\s\-\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069"
    r"\u061c\ufeff]+"
)


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", ascii_digits(text))


@dataclass(frozen=True, slots=True, repr=False)
class _Identifier:
    """A parsed number; build one with `parse`, or from a stored canonical value."""

    kind: ClassVar[IdentifierKind]
    value: str

    @property
    def last4(self) -> str:
        """The most that a list may show."""
        return self.value[-4:]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…{self.last4})"


@dataclass(frozen=True, slots=True, repr=False)
class CardNumber(_Identifier):
    """A library card: 1 to 32 ASCII letters and digits, case as printed."""

    kind: ClassVar[IdentifierKind] = IdentifierKind.CARD

    @classmethod
    def parse(cls, text: str) -> Self:
        value = _bare(text)
        if not value:
            raise IdentifierError(cls.kind, IdentifierReason.EMPTY)
        if len(value) > 32:
            raise IdentifierError(cls.kind, IdentifierReason.LENGTH)
        if not re.fullmatch("[A-Za-z0-9]+", value):
            raise IdentifierError(cls.kind, IdentifierReason.CHARACTERS)
        return cls(value)

    @property
    def last4(self) -> str:
        """At most half of a short number: a card of four digits is not to be shown."""
        return self.value[-min(4, (len(self.value) + 1) // 2) :]


@dataclass(frozen=True, slots=True, repr=False)
class NationalId(_Identifier):
    """An Iranian national ID (کد ملی): ten digits, the last of them a check digit."""

    kind: ClassVar[IdentifierKind] = IdentifierKind.NATIONAL_ID

    @classmethod
    def parse(cls, text: str) -> Self:
        """Eight or nine digits are padded: spreadsheets eat leading zeros."""
        value = _bare(text)
        if not value:
            raise IdentifierError(cls.kind, IdentifierReason.EMPTY)
        if not re.fullmatch("[0-9]+", value):
            raise IdentifierError(cls.kind, IdentifierReason.CHARACTERS)
        if not 8 <= len(value) <= 10:
            raise IdentifierError(cls.kind, IdentifierReason.LENGTH)
        value = value.zfill(10)
        # 1111111111 and its like satisfy the arithmetic, but nobody bears them.
        if len(set(value)) == 1:
            raise IdentifierError(cls.kind, IdentifierReason.ONE_DIGIT_REPEATED)
        if int(value[9]) != _check_digit(value):
            raise IdentifierError(cls.kind, IdentifierReason.CHECK_DIGIT)
        return cls(value)


def _check_digit(value: str) -> int:
    weighted = sum(int(value[place]) * (10 - place) for place in range(9))
    remainder = weighted % 11
    return remainder if remainder < 2 else 11 - remainder


_MOBILE = re.compile(r"(?:\+980?|00980?|980?|0)?(9[0-9]{9})")


@dataclass(frozen=True, slots=True, repr=False)
class MobileNumber(_Identifier):
    """An Iranian mobile number in E.164 form, `+989XXXXXXXXX`."""

    kind: ClassVar[IdentifierKind] = IdentifierKind.PHONE

    @classmethod
    def parse(cls, text: str) -> Self:
        value = re.sub(r"[().]", "", _bare(text))
        if not value:
            raise IdentifierError(cls.kind, IdentifierReason.EMPTY)
        if not re.fullmatch(r"\+?[0-9]+", value):
            raise IdentifierError(cls.kind, IdentifierReason.CHARACTERS)
        match = _MOBILE.fullmatch(value)
        if match is None:
            raise IdentifierError(cls.kind, IdentifierReason.LENGTH)
        return cls(f"+98{match[1]}")


_KINDS: tuple[type[CardNumber | NationalId | MobileNumber], ...] = (
    CardNumber,
    NationalId,
    MobileNumber,
)


def kinds(text: str) -> dict[IdentifierKind, str]:
    """Every kind that a typed number can be, with its canonical value in that kind."""
    found = {}
    for identifier in _KINDS:
        try:
            found[identifier.kind] = identifier.parse(text).value
        except IdentifierError:
            continue
    return found
