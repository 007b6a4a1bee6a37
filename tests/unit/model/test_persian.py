from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.persian import (
    ascii_digits,
    credential_forms,
    normalise,
    persian_digits,
    search_key,
    search_words,
    sort_key,
)

ANY_TEXT = st.text(max_size=40)
PERSIAN_TEXT = st.text(
    alphabet="آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی يكةأئؤ\u200c\u200f۰۱۲٣٤", max_size=30
)


def test_both_kinds_of_eastern_digits_become_ascii() -> None:
    assert ascii_digits("۰۱۲۳۴۵۶۷۸۹ ٠١٢٣٤٥٦٧٨٩ abc") == "0123456789 0123456789 abc"


def test_other_digit_like_characters_are_left_alone() -> None:
    assert ascii_digits("²①") == "²①"


def test_digits_are_shown_in_persian() -> None:
    assert persian_digits("1405/08/٣٠") == "۱۴۰۵/۰۸/۳۰"


def test_arabic_keyboard_letters_become_persian_in_a_stored_name() -> None:
    assert normalise("علي كريمي") == "علی کریمی"


def test_bidi_controls_and_control_characters_leave_a_stored_name() -> None:
    spoofed = "\u202eali\u202c \u2066reza\u2069\u200e\u200f\u061c\x00\x1b"

    assert normalise(spoofed) == "ali reza"


def test_blanks_of_every_kind_collapse_to_one() -> None:
    assert normalise("  علی \t\n\u00a0 رضا\u3000") == "علی رضا"


def test_the_joiner_of_persian_spelling_is_kept_once_and_never_beside_a_blank() -> None:
    assert normalise("علی\u200c\u200cرضا \u200c پور\u200c") == "علی\u200cرضا پور"


def test_presentation_forms_from_old_documents_become_letters() -> None:
    assert normalise("ﻋﻠﯽ") == "علی"


def test_lone_surrogates_never_reach_the_database() -> None:
    assert normalise("a\ud800b") == "ab"


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT | PERSIAN_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT | PERSIAN_TEXT)
def test_a_name_is_found_and_sorted_the_same_however_it_was_stored(text: str) -> None:
    assert search_key(normalise(text)) == search_key(text)
    assert sort_key(normalise(text)) == sort_key(text)


def test_every_spelling_of_a_name_has_one_search_key() -> None:
    spellings = ["علی رضا", "علی\u200cرضا", "علیرضا", "عليرضا", "عَلی‌رضـــا", " علیرضا "]

    assert {search_key(spelling) for spelling in spellings} == {"علیرضا"}


def test_hamza_and_final_forms_are_folded_for_searching() -> None:
    assert search_key("أحمد رئيسى") == search_key("احمد رییسی")
    assert search_key("مؤمن") == search_key("مومن")
    assert search_key("فاطمة خامۀ") == search_key("فاطمه خامه")
    assert search_key("آرزو") == search_key("ارزو")


def test_latin_names_are_searched_without_case_accents_or_punctuation() -> None:
    assert search_key("José O'Neil-STRAẞE") == "joseoneilstrasse"


def test_digits_in_a_search_are_ascii() -> None:
    assert search_key("کتابخانه ۱۲") == search_key("کتابخانه ٣".replace("٣", "12"))


def test_a_search_key_holds_no_wildcard() -> None:
    assert search_key("50%_\\*?") == "50"


def test_words_are_searched_one_by_one() -> None:
    assert search_words("  رضایی  علي ") == ("رضایی", "علی")


def test_names_sort_by_the_persian_alphabet() -> None:
    alphabet = list("آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")

    assert sorted(sorted(alphabet), key=sort_key) == alphabet


def test_shorter_words_digits_and_persian_come_first() -> None:
    names = ["علی", "علی اکبر", "علیزاده", "Zahra", "۱۲", "пётр"]

    assert sorted(names, key=sort_key) == [
        "۱۲",
        "علی",
        "علی اکبر",
        "علیزاده",
        "Zahra",
        "пётр",
    ]


def test_arabic_and_persian_letters_sort_alike() -> None:
    assert sort_key("كاظم يوسفي") == sort_key("کاظم یوسفی")


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT | PERSIAN_TEXT)
def test_a_sort_key_is_ascii_digits_alone(text: str) -> None:
    key = sort_key(text)

    assert key == "" or (key.isascii() and key.isdigit())


@settings(deadline=None, max_examples=200)
@given(ANY_TEXT, ANY_TEXT)
def test_a_name_sorts_before_the_longer_name_it_begins(name: str, more: str) -> None:
    letters = search_key(name)

    assert sort_key(letters) <= sort_key(letters + search_key(more))


def test_a_pin_from_a_persian_keyboard_is_tried_as_ascii_first() -> None:
    assert credential_forms("۱۲۳۴") == ("1234", "۱۲۳۴")


def test_an_ascii_pin_has_one_form() -> None:
    assert credential_forms("s3cret") == ("s3cret",)


def test_a_password_is_composed_but_otherwise_untouched() -> None:
    assert credential_forms("e\u0301 ي ") == ("é ي ",)
