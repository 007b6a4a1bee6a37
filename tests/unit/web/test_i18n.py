from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string

from portal.web import filters, i18n
from portal.web.i18n import Language, Translator, choose_locale
from tests.repo import catalogs

NOW = datetime(2026, 11, 21, 10, 35, tzinfo=UTC)


@pytest.fixture
def app() -> Flask:
    made = Flask("portal.web")
    i18n.register(made)
    filters.register(made, clock=lambda: NOW, tz=ZoneInfo("Asia/Tehran"))
    return made


@pytest.mark.parametrize(
    ("requested", "accept_language", "expected"),
    [
        (None, None, "fa"),
        ("", "", "fa"),
        ("en", "fa", "en"),
        ("EN-us", None, "en"),
        ("fa_IR", "en", "fa"),
        ("xx", "en-GB,en;q=0.9", "en"),
        ("../../etc", None, "fa"),
        (None, "fa-IR,fa;q=0.9,en;q=0.8", "fa"),
        (None, "ar,en;q=0.5", "en"),
        (None, "ar,tr", "fa"),
        (None, "en;q=0.3,fa;q=0.7", "fa"),
        (None, "*", "fa"),
        (None, "en;q=oops,,;;", "fa"),
    ],
)
def test_the_page_speaks_what_is_asked_for_then_what_the_browser_reads(
    requested: str | None, accept_language: str | None, expected: str
) -> None:
    assert choose_locale(requested, accept_language) == expected


def test_a_language_knows_its_direction_and_the_other_one() -> None:
    assert (Language.FA.direction, Language.EN.direction) == ("rtl", "ltr")
    assert Language.FA.other is Language.EN
    assert Language.EN.other.own_name == "فارسی"


def test_a_translator_says_a_sentence_in_its_language() -> None:
    assert Translator.load("fa").gettext("Help") == "راهنما"
    assert Translator.load("en").gettext("Help") == "Help"


def test_a_sentence_without_translation_stays_english_and_takes_its_values() -> None:
    fa = Translator.load("fa")

    assert fa.gettext("nobody wrote %(what)s", what="this") == "nobody wrote this"
    assert fa.ngettext("%(num)s thing", "%(num)s things", 2) == "2 things"


def test_a_template_speaks_the_language_of_the_query(app: Flask) -> None:
    with app.test_request_context("/?lang=en", headers={"Accept-Language": "fa"}):
        shown = render_template_string("{{ language() }} {{ _('Help') }}")

    assert shown == "en Help"


def test_one_template_speaks_both_languages_in_turn(app: Flask) -> None:
    shown = []
    for code in ("fa", "en", "fa"):
        with app.test_request_context(f"/?lang={code}"):
            shown.append(
                render_template_string(
                    "{{ _('Help') }} {{ 1800|duration }} {{ none|size }}"
                )
            )

    assert shown == [
        "راهنما ۳۰ دقیقه نامحدود",
        "Help 30 minutes unlimited",
        "راهنما ۳۰ دقیقه نامحدود",
    ]


def test_a_value_in_a_sentence_is_escaped(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        shown = render_template_string("{{ _('Hello %(name)s', name='<b>') }}")

    assert shown == "Hello &lt;b&gt;"


def test_a_language_carried_by_a_ticket_comes_before_the_browsers(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        i18n.prefer("fa")

        assert i18n.language() is Language.FA


def test_the_query_comes_before_a_carried_language(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        i18n.prefer("fa")

        assert i18n.language() is Language.EN


def test_a_carried_language_that_is_none_changes_nothing(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        i18n.prefer("klingon")
        i18n.prefer(None)

        assert i18n.language() is Language.EN


def test_a_view_can_speak_without_a_template(app: Flask) -> None:
    with app.test_request_context("/?lang=fa"):
        assert i18n.gettext("Help") == "راهنما"


def test_codes_are_isolated_and_sizes_know_their_octets(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        shown = render_template_string(
            "{{ mac|code }} {{ '1234'|last4 }} {{ 1500|sized }} {{ none|sized }}",
            mac="<AA>",
        )

    assert shown == (
        '<bdi dir="ltr">&lt;AA&gt;</bdi> <bdi dir="ltr">…1234</bdi> '
        '<data value="1500" title="1,500 bytes">1.5 kB</data> unlimited'
    )


def test_moments_carry_their_instant(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        shown = render_template_string("{{ at|when }} {{ none|when }}", at=NOW)

    assert shown == (
        '<time datetime="2026-11-21T10:35:00Z" '
        'title="Saturday 21 November 2026 (30 Aban 1405) 14:05:00">today 14:05</time> —'
    )


def test_a_page_shows_the_times_of_its_branch(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        filters.show_times_of(ZoneInfo("Asia/Kabul"))
        shown = render_template_string("{{ at|clock }}", at=NOW)

    assert shown == "15:05"


@pytest.mark.parametrize("language", list(Language))
def test_no_translation_was_typed_with_arabic_letters_or_bidi_marks(
    language: Language,
) -> None:
    foreign = set("يكى٠١٢٣٤٥٦٧٨٩\u200e\u200f\u202a\u202b\u202c\u202d\u202e")

    typed_wrong = [
        message.string
        for message in catalogs.translated(language)
        if message.id and foreign & set("".join(message.string or ()))
    ]

    assert typed_wrong == []
