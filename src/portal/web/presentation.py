"""Every number, size, duration, date and time as a reader of one language sees it.

Compact on screen, exact in a title; Persian digits and the Jalali calendar in Persian,
both calendars in English; "unlimited" is a word, never a blank. Codes that are typed or
copied (cards, MAC and IP addresses, vouchers) stay ASCII and stand isolated in bidi
text. Exports and the API do not come through here: they keep ASCII and ISO 8601.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from portal.model import calendar
from portal.model.persian import persian_digits
from portal.web.i18n import Language
from portal.web.vocabulary import ENGLISH, GREGORIAN_MONTHS, PERSIAN, Vocabulary

# ASCII separators to Persian ones: U+066C thousands, U+066B decimal, U+066A percent.
_PERSIAN_MARKS = str.maketrans(",.%-", "٬٫٪−")


@dataclass(frozen=True, slots=True)
class Presentation:
    """The figures of one page: its language, its place's time zone, its moment."""

    language: Language
    tz: tzinfo = UTC
    now: datetime | None = None

    @property
    def _words(self) -> Vocabulary:
        return PERSIAN if self.language is Language.FA else ENGLISH

    def _written(self, ascii_figure: str) -> str:
        """A finished ASCII figure in this language's digits and marks."""
        if self.language is Language.FA:
            return persian_digits(ascii_figure.translate(_PERSIAN_MARKS))
        return ascii_figure.replace("-", "−")

    # -------------------------------------------------------------------- numbers

    def digits(self, text: object) -> str:
        """Text with its digits in this language, otherwise as it is."""
        shown = str(text)
        return persian_digits(shown) if self.language is Language.FA else shown

    def number(self, value: float | Decimal | None, decimals: int = 0) -> str:
        """Grouped, with at most `decimals` places; None is the word unlimited."""
        if value is None:
            return self._words.unlimited
        return self._written(_grouped(Decimal(str(value)), decimals))

    def percent(self, share: float | Decimal) -> str:
        """A share of one as whole percent."""
        return self._written(_grouped(Decimal(str(share)) * 100, 0) + "%")

    def size(self, octets: int | None) -> str:
        """Octets in the largest fitting unit of 10^3, at most one decimal below 100."""
        if octets is None:
            return self._words.unlimited
        return self._scaled(octets, self._words.sizes)

    def size_exact(self, octets: int | None) -> str:
        """Octets to the last one."""
        if octets is None:
            return self._words.unlimited
        return self._counted(octets, self._words.octets)

    def speed(self, bits_per_second: int | None) -> str:
        if bits_per_second is None:
            return self._words.unlimited
        return self._scaled(bits_per_second, self._words.speeds)

    def _scaled(self, amount: int, units: tuple[str, ...]) -> str:
        scaled, unit = Decimal(amount), 0
        # 999.95 of a unit would be shown as 1000: it is 1 of the next.
        while abs(_rounded(scaled)) >= 1000 and unit + 1 < len(units):
            scaled, unit = scaled / 1000, unit + 1
        figure = self._written(_grouped(_rounded(scaled), 1))
        return f"{figure} {units[unit]}"

    def _counted(self, count: int, unit: tuple[str, str]) -> str:
        return f"{self.number(count)} {unit[count != 1]}"

    # ------------------------------------------------------------------ durations

    def duration(self, length: timedelta | float | None) -> str:
        """Words of the two largest units, rounded down; seconds only below a minute."""
        if length is None:
            return self._words.unlimited
        seconds = whole_seconds(length)
        words = self._words
        if 0 < seconds < 60:
            return self._counted(seconds, words.seconds)
        minutes = seconds // 60
        parts = [
            (minutes // 1440, words.days),
            (minutes % 1440 // 60, words.hours),
            (minutes % 60, words.minutes),
        ]
        while len(parts) > 1 and not parts[0][0]:
            parts.pop(0)
        shown = [self._counted(*part) for part in parts[:2] if part[0]]
        return words.and_.join(shown) or self._counted(0, words.minutes)

    def duration_exact(self, length: timedelta | float | None) -> str:
        """`2:03:07`, hours, minutes and seconds."""
        if length is None:
            return self._words.unlimited
        minutes, seconds = divmod(whole_seconds(length), 60)
        return self.digits(f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}")

    # ------------------------------------------------------------ days and moments

    def day(self, day: date) -> str:
        """«شنبه ۳۰ آبان ۱۴۰۵»; `Saturday 21 November 2026 (30 Aban 1405)`."""
        weekday = self._words.weekdays[day.weekday()]
        if self.language is Language.FA:
            return f"{weekday} {self._jalali(day)}"
        gregorian = f"{day.day} {GREGORIAN_MONTHS[day.month - 1]} {day.year}"
        return f"{weekday} {gregorian} ({self._jalali(day)})"

    def day_short(self, day: date) -> str:
        """«۱۴۰۵/۰۸/۳۰»; `21 Nov 2026 (1405/08/30)`."""
        shown = calendar.jalali_iso(day).replace("-", "/")
        if self.language is Language.FA:
            return persian_digits(shown)
        return f"{_short_gregorian(day)} ({shown})"

    def day_field(self, day: date) -> str:
        """A date as a form field holds it: Jalali, `1405/08/30`, this page's digits."""
        return self.digits(calendar.jalali_iso(day).replace("-", "/"))

    def month(self, day: date) -> str:
        """The Jalali month of a day; in English with the Gregorian days it covers."""
        year, month, _ = calendar.jalali(day)
        name = f"{self._words.months[month - 1]} {self.digits(year)}"
        if self.language is Language.FA:
            return name
        first = calendar.jalali_month_start(day)
        last = calendar.jalali_month_next(day) - timedelta(days=1)
        return f"{name} ({_short_gregorian(first)} – {_short_gregorian(last)})"

    def day_word(self, day: date) -> str:
        """Yesterday, today, tomorrow; else the date."""
        near = (day - self._today()).days if self.now else None
        if near in self._words.near_days:
            return self._words.near_days[near]
        return self.day_short(day)

    def clock(self, instant: datetime) -> str:
        """The time on the wall of this page's place, `14:05`."""
        return self.digits(f"{instant.astimezone(self.tz):%H:%M}")

    def clock_exact(self, instant: datetime) -> str:
        """The same to the second, for proof and logs."""
        return self.digits(f"{instant.astimezone(self.tz):%H:%M:%S}")

    def moment(self, instant: datetime) -> str:
        """Day word and time: «امروز ۱۴:۰۵», `21 Nov 2026 (1405/08/30) 14:05`."""
        day = calendar.local_day(instant, self.tz)
        return f"{self.day_word(day)} {self.clock(instant)}"

    def moment_exact(self, instant: datetime) -> str:
        """Full date and seconds, for a title."""
        day = calendar.local_day(instant, self.tz)
        return f"{self.day(day)} {self.clock_exact(instant)}"

    def days(self, first: date, last: date) -> str:
        """A range of whole days, both ends included; one day is itself."""
        if first == last:
            return self.day_word(first)
        return self._words.range.format(self.day_short(first), self.day_short(last))

    def _jalali(self, day: date) -> str:
        year, month, day_of_month = calendar.jalali(day)
        return self.digits(f"{day_of_month} {self._words.months[month - 1]} {year}")

    def _today(self) -> date:
        if self.now is None:
            raise ValueError("a presentation without a moment knows no today")
        return calendar.local_day(self.now, self.tz)


def whole_seconds(length: timedelta | float) -> int:
    """A length of time as seconds, rounded down, never below zero."""
    whole = length.total_seconds() if isinstance(length, timedelta) else length
    return max(0, int(whole))


def _rounded(value: Decimal) -> Decimal:
    step = Decimal("0.1") if abs(value) < 100 else Decimal(1)
    return value.quantize(step, ROUND_HALF_UP)


def _grouped(value: Decimal, decimals: int) -> str:
    """ASCII, grouped by three, rounded half up, without trailing zeros."""
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _short_gregorian(day: date) -> str:
    return f"{day.day} {GREGORIAN_MONTHS[day.month - 1][:3]} {day.year}"
