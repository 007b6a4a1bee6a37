import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string

from portal.web import assets, filters, i18n

NOW = datetime(2026, 11, 21, 10, 35, tzinfo=UTC)
STATIC = Path(i18n.__file__).parent / "static"
FORM = (
    "{% from 'components/form.html' import button, choice_list, field, post_button %}"
)


@pytest.fixture
def app() -> Flask:
    made = Flask("portal.web")
    i18n.register(made)
    filters.register(made, clock=lambda: NOW, tz=ZoneInfo("Asia/Tehran"))
    assets.register(made)
    return made


def shown(app: Flask, template: str, lang: str = "en", **values: object) -> str:
    with app.test_request_context(f"/?lang={lang}"):
        return render_template_string(template, **values)


PAGE = """
{% extends frame %}
{% set problem = said %}
{% block title %}Sign in{% endblock %}
{% block content %}<form class="card"></form>{% endblock %}
"""


@pytest.mark.parametrize("frame", ["captive_base.html", "staff_base.html"])
def test_every_frame_says_its_language_and_direction(app: Flask, frame: str) -> None:
    assert '<html lang="fa" dir="rtl">' in shown(app, PAGE, "fa", frame=frame)
    assert '<html lang="en" dir="ltr">' in shown(app, PAGE, "en", frame=frame)


@pytest.mark.parametrize("frame", ["captive_base.html", "staff_base.html"])
def test_the_title_of_a_page_with_a_problem_begins_with_the_word(
    app: Flask, frame: str
) -> None:
    assert "<title>مشکل: Sign in" in shown(app, PAGE, "fa", frame=frame, said="x")
    assert "<title>Sign in" in shown(app, PAGE, "en", frame=frame)


@pytest.mark.parametrize("frame", ["captive_base.html", "staff_base.html"])
def test_no_frame_needs_script_inline_style_or_another_origin(
    app: Flask, frame: str
) -> None:
    page = shown(
        app,
        PAGE,
        frame=frame,
        library="Library",
        navigation=[{"label": "Desk", "href": "/staff", "current": True}],
        other_language_url="?lang=fa",
    )

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|//", page)


def test_the_link_to_the_other_language_is_written_in_it(app: Flask) -> None:
    page = shown(
        app, PAGE, "fa", frame="captive_base.html", other_language_url="/?lang=en"
    )

    assert '<a href="/?lang=en" lang="en" dir="ltr" hreflang="en">English</a>' in page


def test_a_captive_page_asks_for_one_file_beside_itself(app: Flask) -> None:
    page = shown(app, PAGE, frame="captive_base.html", library="Library")

    assert re.findall(r'(?:src|<link[^>]*href)="([^"]*)', page) == [
        f"/static/captive.css?v={_digest(app, 'captive.css')}"
    ]


def _digest(app: Flask, name: str) -> str:
    return shown(app, "{{ asset(name) }}", name=name).rpartition("=")[2]


def test_an_assets_address_names_its_content(app: Flask) -> None:
    assert re.fullmatch("[0-9a-f]{8}", _digest(app, "captive.css"))
    assert _digest(app, "captive.css") != _digest(app, "staff.css")


@pytest.mark.parametrize(
    ("name", "most"), [("captive.css", 9000), ("staff.css", 30000)]
)
def test_style_sheets_keep_their_budget(name: str, most: int) -> None:
    assert len((STATIC / name).read_bytes()) <= most


@pytest.mark.parametrize("name", ["captive.css", "staff.css"])
def test_style_sheets_know_no_left_or_right_and_no_other_origin(name: str) -> None:
    style = (STATIC / name).read_text()

    assert not re.search(r"[\s;{-](left|right)\b\s*[:;]|url\(|@import", style)


def test_a_field_is_tied_to_its_label_hint_and_error(app: Flask) -> None:
    field = shown(app, FORM + "{{ field('pin', 'PIN', hint='h', error='e') }}")

    assert '<label for="pin">PIN</label>' in field
    assert 'id="pin"' in field
    assert 'aria-describedby="pin-error pin-hint"' in field
    assert 'aria-invalid="true"' in field
    assert 'id="pin-error"' in field
    assert 'id="pin-hint"' in field


def test_a_field_without_notes_describes_nothing(app: Flask) -> None:
    field = shown(app, FORM + "{{ field('pin', 'PIN') }}")

    assert "aria-" not in field
    assert "dir=" not in field


def test_a_field_about_which_a_notice_speaks_names_it(app: Flask) -> None:
    field = shown(app, FORM + "{{ field('n', 'N', describedby='problem', ltr=true) }}")

    assert 'aria-describedby="problem"' in field
    assert 'dir="ltr"' in field


def test_what_was_typed_is_escaped_in_its_field(app: Flask) -> None:
    field = shown(app, FORM + "{{ field('n', 'N', value=typed) }}", typed='"><b>')

    assert 'value="&#34;&gt;&lt;b&gt;"' in field


def test_a_field_with_options_is_a_select_with_its_choice(app: Flask) -> None:
    field = shown(app, FORM + "{{ field('b', 'B', 2, options=[(1, 'x'), (2, 'y')]) }}")

    assert '<option value="2" selected>y</option>' in field
    assert '<option value="1">x</option>' in field


def test_a_choice_list_has_a_legend_and_checks_the_selected_one(app: Flask) -> None:
    template = "{{ choice_list('c', 'Which?', [(1, 'x'), (12, 'y', 'more')], 1) }}"
    choices = shown(app, FORM + template)

    assert "<legend>Which?</legend>" in choices
    assert choices.count("checked") == 1
    assert 'value="1" checked' in choices
    assert "<small>more</small>" in choices


def test_a_list_of_checkboxes_checks_all_that_are_selected(app: Flask) -> None:
    template = (
        "{{ choice_list('c', 'L', [('a', 'x'), ('b', 'y')], ['a', 'b'], 'checkbox') }}"
    )

    assert shown(app, FORM + template).count("checked") == 2


def test_a_button_of_its_own_says_to_whom_it_applies(app: Flask) -> None:
    template = "{{ post_button('End', '/end', {'csrf': 't'}, about='Ali') }}"
    button = shown(app, FORM + template)

    assert '<input type="hidden" name="csrf" value="t">' in button
    assert 'End<span class="unseen"> Ali</span>' in button


def test_bad_news_is_announced_at_once(app: Flask) -> None:
    template = (
        "{% from 'components/notice.html' import notice %}"
        "{{ notice('bad', 'No') }}{{ notice('ok', 'Yes') }}"
    )
    notices = shown(app, template)

    assert 'class="notice bad" role="alert"' in notices
    assert 'class="notice ok" role="status"' in notices


def test_an_unlimited_allowance_draws_no_meter(app: Flask) -> None:
    template = (
        "{% from 'components/figures.html' import meter %}{{ meter('Time', 5, none) }}"
    )

    assert shown(app, template).strip() == ""


def test_a_code_is_drawn_in_groups_and_copied_as_one(app: Flask) -> None:
    template = "{% from 'components/slip.html' import code_groups %}{{ code_groups('ABCDEF') }}"
    groups = shown(app, template, "fa")

    assert '<bdi class="code" dir="ltr">' in groups
    assert re.sub("<.*?>", "", groups) == "ABCDEF"


def test_the_first_and_the_last_page_of_a_list_lead_no_further(app: Flask) -> None:
    template = (
        "{% from 'components/table.html' import pager %}{{ pager(older='?before=9') }}"
    )
    pager = shown(app, template)

    assert 'rel="next" href="?before=9"' in pager
    assert 'rel="prev"' not in pager
