"""Every setting is on the administrator's page."""

from portal.config import Description, describe
from tests.repo import tree

PAGE = tree.ROOT / "deploy" / "settings.md"

HEAD = """\
# Settings

Each comes from the environment, or from the TOML file that `PORTAL_CONFIG` names (there
in lower case and without `PORTAL_`). A secret may stand in a file of its own: add `_FILE`
to its name. An unknown or wrong setting stops the start with one line. `portal config
show` prints what is in force, secrets hidden.

| setting | default | meaning |
|---|---|---|
"""


def row(setting: Description) -> str:
    default = f"`{setting.default}`" if setting.default else ""
    secret = " **Secret.**" if setting.secret else ""
    meaning = setting.meaning.replace("|", "\\|")
    return f"| `{setting.name}` | {default} | {meaning}{secret} |\n"


def page() -> str:
    return HEAD + "".join(row(setting) for setting in describe())


def test_the_page_of_settings_is_the_table_of_settings() -> None:
    renew = f"{__file__} prints it: .venv/bin/python -m tests.repo.test_settings"

    assert PAGE.read_text() == page(), renew


def test_every_setting_says_what_it_means_in_sentences() -> None:
    silent = [
        setting.name for setting in describe() if not setting.meaning.endswith(".")
    ]

    assert silent == []


if __name__ == "__main__":
    PAGE.write_text(page())
