import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.estate import Branch, RecordFlag
from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Usage
from portal.reports.usage import COLUMNS, csv_file
from portal.service.usage_log import LogRow

BRANCH = Branch(1, "khorramabad", "خرم‌آباد", "Khorramabad", "Asia/Tehran")
AT = datetime(2026, 3, 20, 20, 30, tzinfo=UTC)  # 1 Farvardin 1405, 00:00 in Tehran


def a_row(access_server: str = "khorramabad-1", device: str = "02-00") -> LogRow:
    session = Session(
        ref=SessionRef(202603, 1 << 62),
        branch_id=1,
        nas_id=1,
        patron_id=None,
        plan_version_id=None,
        grant_id=None,
        user_name="x",
        acct_session_id="x",
        device=device,
        state=SessionState.OPEN,
        flags=RecordFlag.LATE_START | RecordFlag.RATE_EXCEEDED,
        started_at=AT,
        heard_at=AT,
        usage=Usage(1, 2**63, 3),
    )
    return LogRow(
        session=session, access_server=access_server, handle=None, card_last4=""
    )


def read(octets: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline="")))


def test_a_file_begins_with_a_byte_order_mark_and_the_columns() -> None:
    octets = b"".join(csv_file(BRANCH, []))

    assert octets == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"


def test_figures_are_ascii_exact_and_dates_in_both_calendars() -> None:
    cells = dict(
        zip(COLUMNS, read(b"".join(csv_file(BRANCH, [a_row()])))[1], strict=True)
    )

    assert cells["downloaded"] == "9223372036854775808"
    assert cells["began_utc"] == "2026-03-20T20:30:00Z"
    assert cells["began_local"] == "2026-03-21T00:00:00+03:30"
    assert cells["began_jalali"] == "1405-01-01 00:00:00"
    assert cells["ended_utc"] == cells["ended_jalali"] == ""
    assert cells["flags"] == "rate_exceeded late_start"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u200e=1",
        "＝1+1",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    (_, row) = read(b"".join(csv_file(BRANCH, [a_row(access_server=text)])))

    assert row[1] == f"'{text}"


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_any_text_comes_back_as_it_went_in_or_disarmed(name: str, device: str) -> None:
    octets = b"".join(csv_file(BRANCH, [a_row(name, device)]))

    (_, row) = read(octets)
    shown = name.encode("utf-8", "replace").decode()
    assert row[1] in {shown, f"'{shown}"}
    assert not row[1].startswith(("=", "+", "-", "@"))
    assert len(row) == len(COLUMNS)
