from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.web.i18n import Language
from portal.web.presentation import Presentation

TEHRAN = ZoneInfo("Asia/Tehran")
SATURDAY = date(2026, 11, 21)
AFTERNOON = datetime(2026, 11, 21, 10, 35, 7, tzinfo=UTC)  # 14:05:07 in Tehran

FA = Presentation(Language.FA, TEHRAN, AFTERNOON)
EN = Presentation(Language.EN, TEHRAN, AFTERNOON)


@pytest.mark.parametrize(
    ("value", "decimals", "persian", "english"),
    [
        (3400, 0, "۳٬۴۰۰", "3,400"),
        (3.4, 1, "۳٫۴", "3.4"),
        (Decimal("2.50"), 2, "۲٫۵", "2.5"),
        (0, 0, "۰", "0"),
        (100, 0, "۱۰۰", "100"),
        (-5, 0, "−۵", "−5"),
        (None, 0, "نامحدود", "unlimited"),
    ],
)
def test_numbers_are_grouped_in_the_readers_digits(
    value: float | None, decimals: int, persian: str, english: str
) -> None:
    assert FA.number(value, decimals) == persian
    assert EN.number(value, decimals) == english


def test_a_share_is_shown_as_percent() -> None:
    assert FA.percent(0.255) == "۲۶٪"
    assert EN.percent(0.255) == "26%"


@pytest.mark.parametrize(
    ("octets", "persian", "english"),
    [
        (0, "۰ بایت", "0 B"),
        (999, "۹۹۹ بایت", "999 B"),
        (1000, "۱ کیلوبایت", "1 kB"),
        (3_412_345_678, "۳٫۴ گیگابایت", "3.4 GB"),
        (83_200_000, "۸۳٫۲ مگابایت", "83.2 MB"),
        (512_400_000, "۵۱۲ مگابایت", "512 MB"),
        (999_950_000, "۱ گیگابایت", "1 GB"),
        (5 * 2**30, "۵٫۴ گیگابایت", "5.4 GB"),
        (2**64, "۱۸٬۴۴۷ پتابایت", "18,447 PB"),
        (None, "نامحدود", "unlimited"),
    ],
)
def test_sizes_are_compact_in_units_of_a_thousand(
    octets: int | None, persian: str, english: str
) -> None:
    assert FA.size(octets) == persian
    assert EN.size(octets) == english


def test_the_exact_size_is_known_to_the_last_octet() -> None:
    assert FA.size_exact(3_412_345_678) == "۳٬۴۱۲٬۳۴۵٬۶۷۸ بایت"
    assert EN.size_exact(3_412_345_678) == "3,412,345,678 bytes"
    assert EN.size_exact(1) == "1 byte"


def test_speeds_are_bits_per_second() -> None:
    assert FA.speed(10_000_000) == "۱۰ مگابیت بر ثانیه"
    assert EN.speed(512_000) == "512 kbit/s"
    assert FA.speed(None) == "نامحدود"


@pytest.mark.parametrize(
    ("length", "persian", "english"),
    [
        (4800, "۱ ساعت و ۲۰ دقیقه", "1 hour 20 minutes"),
        (timedelta(hours=2), "۲ ساعت", "2 hours"),
        (59, "۵۹ ثانیه", "59 seconds"),
        (119, "۱ دقیقه", "1 minute"),
        (0, "۰ دقیقه", "0 minutes"),
        (-30, "۰ دقیقه", "0 minutes"),
        (0.5, "۰ دقیقه", "0 minutes"),
        (timedelta(days=2, hours=3, minutes=4), "۲ روز و ۳ ساعت", "2 days 3 hours"),
        (timedelta(days=2, minutes=4), "۲ روز", "2 days"),
        (None, "نامحدود", "unlimited"),
    ],
)
def test_durations_are_words_of_the_two_largest_units(
    length: timedelta | float | None, persian: str, english: str
) -> None:
    assert FA.duration(length) == persian
    assert EN.duration(length) == english


def test_the_exact_duration_counts_hours_beyond_a_day() -> None:
    assert FA.duration_exact(90_187) == "۲۵:۰۳:۰۷"
    assert EN.duration_exact(timedelta(seconds=61)) == "0:01:01"


def test_dates_are_jalali_in_persian_and_both_in_english() -> None:
    assert FA.day(SATURDAY) == "شنبه ۳۰ آبان ۱۴۰۵"
    assert EN.day(SATURDAY) == "Saturday 21 November 2026 (30 Aban 1405)"


def test_short_dates_keep_both_calendars_in_english() -> None:
    assert FA.day_short(SATURDAY) == "۱۴۰۵/۰۸/۳۰"
    assert EN.day_short(SATURDAY) == "21 Nov 2026 (1405/08/30)"


def test_a_form_field_holds_a_jalali_date() -> None:
    assert FA.day_field(SATURDAY) == "۱۴۰۵/۰۸/۳۰"
    assert EN.day_field(SATURDAY) == "1405/08/30"


def test_months_are_jalali_and_in_english_say_their_days() -> None:
    assert FA.month(SATURDAY) == "آبان ۱۴۰۵"
    assert EN.month(SATURDAY) == "Aban 1405 (23 Oct 2026 – 21 Nov 2026)"


@pytest.mark.parametrize(
    ("days", "persian", "english"),
    [
        (-2, "۱۴۰۵/۰۸/۲۸", "19 Nov 2026 (1405/08/28)"),
        (-1, "دیروز", "yesterday"),
        (0, "امروز", "today"),
        (1, "فردا", "tomorrow"),
    ],
)
def test_near_days_have_words(days: int, persian: str, english: str) -> None:
    assert FA.day_word(SATURDAY + timedelta(days=days)) == persian
    assert EN.day_word(SATURDAY + timedelta(days=days)) == english


def test_times_are_those_on_the_wall_of_the_place() -> None:
    assert FA.clock(AFTERNOON) == "۱۴:۰۵"
    assert EN.clock(AFTERNOON) == "14:05"
    assert Presentation(Language.EN, UTC).clock(AFTERNOON) == "10:35"
    assert EN.clock_exact(AFTERNOON) == "14:05:07"


def test_a_moment_shortly_after_midnight_belongs_to_the_new_day() -> None:
    midnight = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)

    assert FA.moment(midnight) == "امروز ۰۰:۰۰"
    assert EN.moment(midnight - timedelta(seconds=1)) == "yesterday 23:59"


def test_the_exact_moment_says_everything() -> None:
    assert FA.moment_exact(AFTERNOON) == "شنبه ۳۰ آبان ۱۴۰۵ ۱۴:۰۵:۰۷"
    assert (
        EN.moment_exact(AFTERNOON)
        == "Saturday 21 November 2026 (30 Aban 1405) 14:05:07"
    )


def test_ranges_of_days_name_both_ends() -> None:
    later = SATURDAY + timedelta(days=6)

    assert FA.days(SATURDAY, SATURDAY) == "امروز"
    assert FA.days(SATURDAY, later) == "۱۴۰۵/۰۸/۳۰ تا ۱۴۰۵/۰۹/۰۶"
    assert EN.days(SATURDAY, later) == (
        "21 Nov 2026 (1405/08/30) to 27 Nov 2026 (1405/09/06)"
    )


def test_without_a_moment_no_day_is_near() -> None:
    assert Presentation(Language.EN, TEHRAN).day_word(SATURDAY) == (
        "21 Nov 2026 (1405/08/30)"
    )


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**64))
def test_no_size_shows_more_than_three_digits_below_the_last_unit(octets: int) -> None:
    figure, unit = EN.size(octets).split()

    assert unit == "PB" or len(figure.replace(".", "")) <= 3
    assert not FA.size(octets).isascii()


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**8))
def test_persian_figures_hold_no_ascii_digit(value: int) -> None:
    shown = FA.number(value) + FA.size(value) + FA.duration(value) + FA.speed(value)

    assert not any(character in "0123456789" for character in shown)
