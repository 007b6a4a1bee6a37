from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.calendar import (
    DateError,
    DateReason,
    DayRange,
    Preset,
    day_start,
    instants,
    jalali,
    jalali_iso,
    jalali_month_next,
    jalali_month_start,
    jalali_year,
    jalali_year_next,
    jalali_year_start,
    local_day,
    next_midnight,
    parse_jalali_date,
    week_start,
)

TEHRAN = ZoneInfo("Asia/Tehran")
BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = date(2026, 11, 21)  # 1405-08-30

DAYS = st.dates(date(1930, 1, 1), date(2200, 1, 1))
INSTANTS = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_the_day_changes_at_midnight_in_tehran() -> None:
    before = datetime(2026, 11, 20, 20, 29, 59, tzinfo=UTC)

    assert local_day(before, TEHRAN) == date(2026, 11, 20)
    assert local_day(before + timedelta(seconds=1), TEHRAN) == SATURDAY


def test_a_day_begins_at_an_instant_in_utc() -> None:
    start = day_start(SATURDAY, TEHRAN)

    assert start == datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    assert start.tzinfo is UTC


def test_midnight_itself_belongs_to_the_new_day() -> None:
    midnight = day_start(SATURDAY, TEHRAN)

    assert next_midnight(midnight, TEHRAN) == midnight + timedelta(hours=24)


def test_a_day_whose_midnight_was_skipped_begins_when_the_clocks_changed() -> None:
    # Tehran sprang from 24:00 to 01:00 on 1 Farvardin 1401.
    spring = day_start(date(2022, 3, 22), TEHRAN)

    assert spring == datetime(2022, 3, 21, 20, 30, tzinfo=UTC)
    assert spring.astimezone(TEHRAN).hour == 1


def test_days_of_23_and_25_hours_have_their_length() -> None:
    def length(day: date) -> timedelta:
        return day_start(day + timedelta(days=1), BERLIN) - day_start(day, BERLIN)

    assert length(date(2026, 3, 29)) == timedelta(hours=23)
    assert length(date(2026, 10, 25)) == timedelta(hours=25)


@settings(deadline=None, max_examples=300)
@given(INSTANTS, st.sampled_from([TEHRAN, BERLIN, ZoneInfo("Pacific/Apia"), UTC]))
def test_every_instant_lies_in_its_local_day(instant: datetime, tz: ZoneInfo) -> None:
    start = day_start(local_day(instant, tz), tz)

    assert start <= instant < next_midnight(instant, tz)


@pytest.mark.parametrize("days_later", range(7))
def test_the_week_begins_on_saturday(days_later: int) -> None:
    assert week_start(SATURDAY + timedelta(days=days_later)) == SATURDAY


def test_a_jalali_month_begins_and_ends() -> None:
    assert jalali_month_start(SATURDAY) == date(2026, 10, 23)
    assert jalali_month_next(SATURDAY) == date(2026, 11, 22)


def test_a_leap_esfand_has_thirty_days() -> None:
    first = parse_jalali_date("1403/12/01", SATURDAY)

    assert jalali_month_next(first) - first == timedelta(days=30)
    assert jalali_iso(jalali_month_next(first)) == "1404-01-01"


def test_the_leap_years_are_1399_1403_and_1408() -> None:
    leap = [
        year
        for year in range(1398, 1410)
        if jalali_iso(_day_before(parse_jalali_date(f"{year + 1}/1/1", SATURDAY)))
        == f"{year}-12-30"
    ]

    assert leap == [1399, 1403, 1408]


def _day_before(day: date) -> date:
    return day - timedelta(days=1)


def test_a_jalali_year_begins_on_1_farvardin() -> None:
    assert jalali_year(SATURDAY) == 1405
    assert jalali_year_start(SATURDAY) == date(2026, 3, 21)
    assert jalali_year_next(SATURDAY) == date(2027, 3, 21)


@settings(deadline=None, max_examples=300)
@given(DAYS)
def test_windows_hold_their_day_and_follow_each_other(day: date) -> None:
    first, following = jalali_month_start(day), jalali_month_next(day)

    assert first <= day < following
    assert jalali_month_start(following) == following
    assert jalali_month_next(first) == following
    assert jalali_year_start(day) <= first
    assert following <= jalali_year_next(day)
    assert jalali(first)[2] == 1


@settings(deadline=None, max_examples=300)
@given(DAYS)
def test_a_written_date_reads_back(day: date) -> None:
    assert parse_jalali_date(jalali_iso(day), SATURDAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "1405/08/30",
        "۱۴۰۵/۰۸/۳۰",
        "١٤٠٥/٠٨/٣٠",
        "1405-8-30",
        "05/8/30",
        "1405 8 30",
        "1405.08.30",
        "14050830",
        "\u200f۱۴۰۵ / ۸ / ۳۰ ",
        "امروز",
        " Today ",
        "2026-11-21",
        "2026/11/21",
    ],
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert parse_jalali_date(text, today=SATURDAY) == SATURDAY


def test_days_near_today_have_names() -> None:
    assert parse_jalali_date("دیروز", SATURDAY) == date(2026, 11, 20)
    assert parse_jalali_date("yesterday", SATURDAY) == date(2026, 11, 20)
    assert parse_jalali_date("فردا", SATURDAY) == date(2026, 11, 22)


def test_a_two_digit_year_is_the_nearest_one() -> None:
    assert jalali_iso(parse_jalali_date("99/1/1", SATURDAY)) == "1399-01-01"
    assert jalali_iso(parse_jalali_date("00/1/1", SATURDAY)) == "1400-01-01"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", DateReason.EMPTY),
        ("  ", DateReason.EMPTY),
        ("شنبه", DateReason.FORMAT),
        ("1405/08", DateReason.FORMAT),
        ("30/08/1405", DateReason.FORMAT),
        ("1405//08//30", DateReason.FORMAT),
        ("1405/13/01", DateReason.NO_SUCH_DAY),
        ("1405/07/31", DateReason.NO_SUCH_DAY),
        ("1404/12/30", DateReason.NO_SUCH_DAY),
        ("2026-02-29", DateReason.NO_SUCH_DAY),
        ("0000/00/00", DateReason.NO_SUCH_DAY),
    ],
)
def test_what_is_no_date_is_refused_with_its_reason(
    text: str, reason: DateReason
) -> None:
    with pytest.raises(DateError) as refusal:
        parse_jalali_date(text, SATURDAY)

    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, "1405-08-30", "1405-08-30"),
        (Preset.YESTERDAY, "1405-08-29", "1405-08-29"),
        (Preset.THIS_WEEK, "1405-08-30", "1405-09-06"),
        (Preset.THIS_MONTH, "1405-08-01", "1405-08-30"),
        (Preset.LAST_MONTH, "1405-07-01", "1405-07-30"),
    ],
)
def test_a_preset_names_whole_days(preset: Preset, first: str, last: str) -> None:
    days = preset.days(SATURDAY)

    assert (jalali_iso(days.from_day), jalali_iso(days.until_day)) == (first, last)


def test_a_range_of_days_fills_instants_up_to_the_next_midnight() -> None:
    first, end = instants(DayRange(SATURDAY, SATURDAY), TEHRAN)

    assert (first, end) == (
        datetime(2026, 11, 20, 20, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 20, 30, tzinfo=UTC),
    )
