"""Persian text as values: digits, stored names, search keys, sort keys, typed secrets.

Everything a keyboard, a spreadsheet or another system can do to a Persian word is
undone here, once, before the word is compared, stored or looked up. How text is shown
belongs to the web; this module shows nothing.
"""

import re
import unicodedata

_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC_INDIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_ZWNJ = "\u200c"

_TO_ASCII = str.maketrans(_PERSIAN_DIGITS + _ARABIC_INDIC_DIGITS, "0123456789" * 2)
_TO_PERSIAN = str.maketrans("0123456789" + _ARABIC_INDIC_DIGITS, _PERSIAN_DIGITS * 2)

# Arabic keyboards type other code points for two letters that look alike in Persian.
# U+0649 stays: it is a true alef maksura in Arabic names.
_ARABIC_LETTERS = str.maketrans("يك", "یک")

# Letters that a reader would not tell apart; hamza carriers lose their hamza when
# decomposed, so only what has no decomposition is named here.
_LOOKALIKES = str.maketrans(
    {"ي": "ی", "ى": "ی", "ې": "ی", "ے": "ی", "ك": "ک", "ٱ": "ا", "ء": ""}
    | dict.fromkeys("ةۃەہھ", "ه")
)

# Presentation forms come out of PDF files and old spreadsheets.
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]+")
_BLANKS = re.compile(f"[\\s{_ZWNJ}]*\\s[\\s{_ZWNJ}]*")
_SEVERAL_ZWNJ = re.compile(f"{_ZWNJ}+")

_ALPHABET = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
# Two decimal digits a character: blank, digits, Persian, Latin. Codes made of digits
# alone sort the same under SQLite's BINARY and every PostgreSQL collation.
_SORT_CODES = {" ": "01"} | {
    character: f"{10 + place:02d}"
    for place, character in enumerate("0123456789" + _ALPHABET + _LATIN)
}
_UNLISTED = "99"


def ascii_digits(text: str) -> str:
    """Persian and Arabic-Indic digits become ASCII ones; nothing else changes."""
    return text.translate(_TO_ASCII)


def persian_digits(text: str) -> str:
    """ASCII and Arabic-Indic digits become Persian ones; nothing else changes."""
    return text.translate(_TO_PERSIAN)


def normalise(text: str) -> str:
    """A name as it is stored and shown: NFC, Persian letters, one blank between words.

    Bidi controls are removed because they let one name look like another; so are
    control characters, lone surrogates and every format character but the
    zero-width non-joiner, which Persian spelling needs.
    """
    shown = "".join(character for character in text if _is_shown(character))
    shown = _PRESENTATION_FORMS.sub(
        lambda form: unicodedata.normalize("NFKC", form[0]), shown
    )
    shown = unicodedata.normalize("NFC", shown).translate(_ARABIC_LETTERS)
    shown = _BLANKS.sub(" ", shown)
    return _SEVERAL_ZWNJ.sub(_ZWNJ, shown).strip(" " + _ZWNJ)


def search_key(text: str) -> str:
    """The letters and digits of `text` as one lower-case run, every spelling alike.

    The key holds no blank, so that «علی رضا», «علی‌رضا» and «علیرضا» are one name, and
    no character that a LIKE pattern could take for a wildcard.
    """
    return "".join(_folded(ascii_digits(text)).split())


def search_words(text: str) -> tuple[str, ...]:
    """The search key of each word, for finding words in any order."""
    return tuple(_folded(ascii_digits(text)).split())


def sort_key(text: str) -> str:
    """A string of ASCII digits that puts names in the order of the Persian alphabet.

    Words before longer words, digits before Persian before Latin letters, other
    scripts last by code point. Every character has a code of fixed width (2 digits,
    or 9 for an unlisted letter, which no other code begins), so keys compare as the
    names do, byte by byte, on every database.
    """
    composed = unicodedata.normalize("NFC", normalise(ascii_digits(text)))
    # Madda makes a letter of its own here, the first of the alphabet.
    folded = "آ".join(_folded(part, blank=" ") for part in composed.split("آ"))
    return "".join(_sort_code(character) for character in folded)


def credential_forms(secret: str) -> tuple[str, ...]:
    """The forms in which a typed PIN or password may have been set, likeliest first.

    The first (ASCII digits, NFC) is the one our own directory stores and the only one
    it needs; the second, when it differs, is what was typed (NFC), for directories
    that took the secret from a Persian keyboard as it came.
    """
    typed = unicodedata.normalize("NFC", secret)
    mapped = ascii_digits(typed)
    return (mapped,) if mapped == typed else (mapped, typed)


def _is_shown(character: str) -> bool:
    return (
        character == _ZWNJ
        or character.isspace()
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


def _folded(text: str, blank: str = " ") -> str:
    """Letters and digits with every distinction of spelling removed."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = unicodedata.normalize("NFKD", decomposed).translate(_LOOKALIKES)
    return "".join(
        blank if character.isspace() else character
        for character in letters
        if character.isspace() or unicodedata.category(character) in _KEPT
    )


# Lm is left out: tatweel is a Lm and changes no word.
_KEPT = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"})


def _sort_code(character: str) -> str:
    return _SORT_CODES.get(character) or f"{_UNLISTED}{ord(character):07d}"
