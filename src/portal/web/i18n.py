"""Which language a page speaks, and its sentences in that language.

The language is a value that travels with the visit (query, signed state, ticket),
never a cookie. Catalogs are read as text when an application is made, so a source
checkout and an installed wheel need no build step.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from typing import Self

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, g, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header


class Language(StrEnum):
    """A language that every page speaks; compares equal to its code."""

    FA = "fa"
    EN = "en"

    @property
    def direction(self) -> str:
        """For the `dir` attribute."""
        return "rtl" if self is Language.FA else "ltr"

    @property
    def other(self) -> "Language":
        """The language that the link to the other language leads to."""
        return Language.EN if self is Language.FA else Language.FA

    @property
    def own_name(self) -> str:
        """Its name as its readers write it."""
        return {"fa": "فارسی", "en": "English"}[self]

    @classmethod
    def parse(cls, text: str | None) -> "Language | None":
        """`fa`, `fa-IR`, `EN` ... or None for what no page speaks."""
        code = (text or "").replace("_", "-").partition("-")[0].strip().lower()
        return next((known for known in Language if known == code), None)


def choose_locale(requested: str | None, accept_language: str | None) -> Language:
    """The language asked for, else the browser's best match, else Persian."""
    asked = Language.parse(requested)
    if asked is not None:
        return asked
    accepted = parse_accept_header(accept_language, LanguageAccept)
    best = accepted.best_match([str(language) for language in Language])
    return Language.parse(best) or Language.FA


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a marker
    """Mark a message for translation where no language is known yet."""
    return message


@dataclass(frozen=True, slots=True)
class Translator:
    """The sentences of one language; messages are English, `%(name)s` for values."""

    language: Language
    catalog: GNUTranslations = field(repr=False)

    @classmethod
    def load(cls, locale: str) -> Self:
        """Read the catalog of `locale` from beside this module."""
        language = Language(locale)
        source = files("portal.web") / "translations" / language / "LC_MESSAGES"
        with (source / "messages.po").open("rb") as stream:
            catalog = read_po(stream, locale=language, abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        return cls(language, GNUTranslations(compiled))

    def gettext(self, message: str, /, **values: object) -> str:
        return self.catalog.gettext(message) % values

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`n` is also the value `%(num)s`, for a caller that does not format it."""
        return self.catalog.ngettext(one, many, n) % {"num": n, **values}


_EXTENSION = "portal.translators"


def register(app: Flask) -> None:
    """Give an application its translators, and its templates the words for them.

    Templates get `_`, `gettext`, `ngettext` (new style: values by name, escaped), and
    `language()`, whose value has `.direction`, `.other` and `.own_name`.
    """
    app.extensions[_EXTENSION] = {
        language: Translator.load(language) for language in Language
    }
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # Captive pages are counted in bytes.
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _message, _counted_message, newstyle=True
    )
    environment.globals["language"] = language


def _message(message: str) -> str:
    return translator().catalog.gettext(message)


def _counted_message(one: str, many: str, n: int) -> str:
    return translator().catalog.ngettext(one, many, n)


def language() -> Language:
    """The language of the page being made."""
    return translator().language


def translator() -> Translator:
    """The sentences of the page being made."""
    chosen: Translator | None = g.get("translator")
    if chosen is None:
        chosen = speak(
            choose_locale(
                request.args.get("lang"), request.headers.get("Accept-Language")
            )
        )
    return chosen


def prefer(code: str | None) -> None:
    """Speak the language that a state or ticket carries, unless `?lang=` says other."""
    carried = Language.parse(code)
    if carried is not None and Language.parse(request.args.get("lang")) is None:
        speak(carried)


def speak(language: Language) -> Translator:
    """Speak one language for the rest of this request, whatever the browser asks."""
    g.translator = current_app.extensions[_EXTENSION][language]
    chosen: Translator = g.translator
    return chosen


def gettext(message: str, /, **values: object) -> str:
    """A sentence in the language of the page being made."""
    return translator().gettext(message, **values)


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """A counted sentence in the language of the page being made."""
    return translator().ngettext(one, many, n, **values)
