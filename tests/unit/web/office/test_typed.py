from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.calendar import DateReason, DayRange
from portal.model.session import SessionRef
from portal.web.office.typed import (
    day_text,
    parse_number,
    parse_ref,
    ref_text,
    typed_days,
)

TODAY = date(2026, 11, 21)  # 30 Aban 1405
FIRST = date(2026, 11, 19)


@settings(max_examples=100, deadline=None)
@given(st.integers(100000, 999999), st.integers(0, 2**63 - 1))
def test_a_session_comes_back_from_its_address(month: int, number: int) -> None:
    ref = SessionRef(month, number)

    assert parse_ref(ref_text(ref)) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "202611",
        "202611-",
        "20261-1",
        "202611-9223372036854775808",
        "202611-99999999999999999999",
        "202611--1",
        "۲۰۲۶۱۱-1",
        "202611-١",
        "202611-1 ",
        "202611-1e3",
    ],
)
def test_what_is_no_session_is_none(text: str) -> None:
    assert parse_ref(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("", None), ("-1", None), ("+1", None), ("1.5", None)],
)
def test_numbers_of_forms_are_whole_and_ascii(text: str, number: int | None) -> None:
    assert parse_number(text) == number


def test_a_number_past_its_bound_is_none() -> None:
    assert parse_number("11", most=10) is None
    assert parse_number("9" * 40) is None


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1405/08/28", "1405/08/30"),
        ("۱۴۰۵/۸/۲۸", "امروز"),
        ("05-8-28", "today"),
        ("2026-11-19", "2026-11-21"),
        ("1405-08-28", ""),
        ("1405/08/30", "1405/08/28"),  # the wrong way round
    ],
)
def test_days_are_read_as_people_write_them(first: str, last: str) -> None:
    assert typed_days(first, last, TODAY) == (DayRange(FIRST, TODAY), {})


def test_nothing_typed_is_today() -> None:
    assert typed_days("", " ", TODAY) == (DayRange(TODAY, TODAY), {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1405/13/01", DateReason.NO_SUCH_DAY),
        ("1405/12/30", DateReason.NO_SUCH_DAY),
        ("soon", DateReason.FORMAT),
        ("9999-12-31", DateReason.NO_SUCH_DAY),
        ("1300/01/01", DateReason.NO_SUCH_DAY),
    ],
)
def test_what_is_no_day_is_named_by_its_field_and_shows_today(
    text: str, reason: DateReason
) -> None:
    assert typed_days("", text, TODAY) == (
        DayRange(TODAY, TODAY),
        {"until": reason},
    )


def test_a_day_in_an_address_is_jalali_and_ascii() -> None:
    assert day_text(TODAY) == "1405-08-30"
