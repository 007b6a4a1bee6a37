"""The sentences of the pages, as the source has them and as the catalogs have them.

`python -m tests.repo.catalogs` (`make translations`) brings the catalogs up to date: new
sentences come in empty, those no longer used go.
"""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from tests.repo import tree

TRANSLATIONS = tree.PACKAGE / "web" / "translations"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
# As portal.web.i18n sets up Jinja; a template that does not parse is an error.
OPTIONS = {
    "**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
}
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None}


@cache
def sentences() -> Catalog:
    """Return what the source says, in English, without translations."""
    catalog = Catalog()
    found = extract_from_dir(
        tree.PACKAGE, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    )
    for _, _, message, comments, context in found:
        catalog.add(message, context=context, auto_comments=comments)
    return catalog


def languages() -> Iterator[str]:
    return (path.name for path in sorted(TRANSLATIONS.iterdir()) if path.is_dir())


def place(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def translated(language: str) -> Catalog:
    with place(language).open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def renew(language: str) -> None:
    """Write the catalog again with the sentences of the source and its own head."""
    path = place(language)
    head = path.read_text().partition("\n\n")[0]
    catalog = translated(language)
    catalog.update(sentences(), no_fuzzy_matching=True)
    body = BytesIO()
    write_po(
        body, catalog, width=0, omit_header=True, ignore_obsolete=True, sort_output=True
    )
    path.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n")


if __name__ == "__main__":
    for each in languages():
        renew(each)
