"""What each language calls units, days and months: data for `presentation` alone.

Babel's own Persian gives Latin digits, Gregorian months and no sizes in 10^9, so the
few words are kept here, where a reader of the language can check them at a glance.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What one language calls units, days and months; a pair is one and many."""

    unlimited: str
    none: str
    and_: str
    seconds: tuple[str, str]
    minutes: tuple[str, str]
    hours: tuple[str, str]
    days: tuple[str, str]
    octets: tuple[str, str]
    sizes: tuple[str, ...]
    speeds: tuple[str, ...]
    near_days: dict[int, str]
    weekdays: tuple[str, ...]  # Monday first, as date.weekday() counts
    months: tuple[str, ...]
    range: str


PERSIAN = Vocabulary(
    unlimited="نامحدود",
    none="—",
    and_=" و ",
    seconds=("ثانیه", "ثانیه"),
    minutes=("دقیقه", "دقیقه"),
    hours=("ساعت", "ساعت"),
    days=("روز", "روز"),
    octets=("بایت", "بایت"),
    sizes=("بایت", "کیلوبایت", "مگابایت", "گیگابایت", "ترابایت", "پتابایت"),
    speeds=("بیت بر ثانیه", "کیلوبیت بر ثانیه", "مگابیت بر ثانیه", "گیگابیت بر ثانیه"),
    near_days={-1: "دیروز", 0: "امروز", 1: "فردا"},
    weekdays=(
        "دوشنبه",
        "سه‌شنبه",
        "چهارشنبه",
        "پنجشنبه",
        "جمعه",
        "شنبه",
        "یکشنبه",
    ),
    months=(
        "فروردین",
        "اردیبهشت",
        "خرداد",
        "تیر",
        "مرداد",
        "شهریور",
        "مهر",
        "آبان",
        "آذر",
        "دی",
        "بهمن",
        "اسفند",
    ),
    range="{} تا {}",
)
ENGLISH = Vocabulary(
    unlimited="unlimited",
    none="—",
    and_=" ",
    seconds=("second", "seconds"),
    minutes=("minute", "minutes"),
    hours=("hour", "hours"),
    days=("day", "days"),
    octets=("byte", "bytes"),
    sizes=("B", "kB", "MB", "GB", "TB", "PB"),
    speeds=("bit/s", "kbit/s", "Mbit/s", "Gbit/s"),
    near_days={-1: "yesterday", 0: "today", 1: "tomorrow"},
    weekdays=(
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ),
    months=(
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ),
    range="{} to {}",
)
GREGORIAN_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
