import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.identifiers import (
    CardNumber,
    IdentifierError,
    IdentifierKind,
    IdentifierReason,
    MobileNumber,
    NationalId,
    kinds,
)


@pytest.mark.parametrize("text", ["0123456789", "9900001230", "4321098769"])
def test_a_national_id_with_the_right_check_digit_is_taken(text: str) -> None:
    assert NationalId.parse(text).value == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0123456788", IdentifierReason.CHECK_DIGIT),
        ("4321098760", IdentifierReason.CHECK_DIGIT),
        ("1111111111", IdentifierReason.ONE_DIGIT_REPEATED),
        ("", IdentifierReason.EMPTY),
        ("1234567", IdentifierReason.LENGTH),
        ("12345678901", IdentifierReason.LENGTH),
        ("01234S6789", IdentifierReason.CHARACTERS),
        ("²123456789", IdentifierReason.CHARACTERS),
    ],
)
def test_a_false_national_id_is_refused_with_its_reason(
    text: str, reason: IdentifierReason
) -> None:
    with pytest.raises(IdentifierError) as refusal:
        NationalId.parse(text)

    assert refusal.value.reason is reason


def test_zeros_lost_in_a_spreadsheet_come_back() -> None:
    assert NationalId.parse("123456789").value == "0123456789"


def test_a_national_id_is_read_as_people_write_it() -> None:
    assert NationalId.parse("\u200f۰۱۲-۳۴۵۶۷۸–۹ ").value == "0123456789"


@pytest.mark.parametrize(
    "text",
    [
        "09123456789",
        "9123456789",
        "989123456789",
        "00989123456789",
        "+98 912 345 6789",
        "+98 (0)912 345 6789",
        "۰۹۱۲\u200c۳۴۵\u200c۶۷۸۹",
        "\u202a+98-912-345-6789\u202c",
        "٠٩١٢٣٤٥٦٧٨٩",
    ],
)
def test_every_way_to_write_a_mobile_number_is_one_number(text: str) -> None:
    assert MobileNumber.parse(text).value == "+989123456789"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", IdentifierReason.EMPTY),
        ("0812345678", IdentifierReason.LENGTH),
        ("0912345678", IdentifierReason.LENGTH),
        ("+4915112345678", IdentifierReason.LENGTH),
        ("0912x456789", IdentifierReason.CHARACTERS),
        ("09+123456789", IdentifierReason.CHARACTERS),
    ],
)
def test_what_is_no_iranian_mobile_is_refused_with_its_reason(
    text: str, reason: IdentifierReason
) -> None:
    with pytest.raises(IdentifierError) as refusal:
        MobileNumber.parse(text)

    assert refusal.value.reason is reason


def test_a_card_keeps_its_leading_zeros_and_its_case() -> None:
    assert CardNumber.parse(" ۰۰۱۲ ۳۴-Ab\u200e").value == "001234Ab"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", IdentifierReason.EMPTY),
        ("9" * 33, IdentifierReason.LENGTH),
        ("کارت", IdentifierReason.CHARACTERS),
        ("12;34", IdentifierReason.CHARACTERS),
    ],
)
def test_what_is_no_card_is_refused_with_its_reason(
    text: str, reason: IdentifierReason
) -> None:
    with pytest.raises(IdentifierError) as refusal:
        CardNumber.parse(text)

    assert refusal.value.reason is reason


def test_a_number_shows_its_last_four_digits_alone() -> None:
    mobile = MobileNumber.parse("09123456789")

    assert mobile.last4 == "6789"
    assert repr(mobile) == str(mobile) == "MobileNumber(…6789)"


def test_a_short_card_is_never_shown_whole() -> None:
    assert CardNumber.parse("1234").last4 == "34"
    assert CardNumber.parse("123456").last4 == "456"


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(IdentifierError) as refusal:
        NationalId.parse("0123456788")

    assert "0123456788" not in repr(refusal.value)


def test_a_number_is_tried_as_every_kind_it_can_be() -> None:
    assert kinds("0123456789") == {
        IdentifierKind.CARD: "0123456789",
        IdentifierKind.NATIONAL_ID: "0123456789",
    }
    assert kinds("۰۹۱۲ ۳۴۵ ۶۷۸۹") == {
        IdentifierKind.CARD: "09123456789",
        IdentifierKind.PHONE: "+989123456789",
    }
    assert kinds("+989123456789") == {IdentifierKind.PHONE: "+989123456789"}
    assert kinds("علی") == {}


def test_ten_digits_can_be_a_card_a_national_id_and_a_telephone() -> None:
    assert kinds("9123456787").keys() == set(IdentifierKind)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40))
def test_canonical_values_parse_to_themselves(text: str) -> None:
    for kind, value in kinds(text).items():
        assert kinds(value)[kind] == value
