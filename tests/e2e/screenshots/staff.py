"""Every page of the desk and the head office, filled, as a browser without script."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from portal.model.session import Session, SessionState
from portal.model.usage import Extra, Usage
from portal.service.audit import write_head
from portal.storage.engine import open_store
from tests.stack import world as worlds
from tests.stack.desks import PASSWORD, Province, served

NAMES = (
    "زهرا موسوی",
    "علی رضایی",
    "فاطمه کریمی",
    "محمدحسین سپهوند",
    "مریم گودرزی",
    "سارا موسوی‌نژاد",
    "John Smith",
)
# One account would have to wait before the last picture is taken.
WRONG = {"fa": "desk", "en": "other"}


@contextmanager
def office(folder: Path) -> Iterator[tuple[str, Province]]:
    """The staff pages on a socket, over a province with a day behind it."""
    database = f"sqlite:///{folder}/desk.db"
    worlds.migrate(database)
    store = open_store(database)
    province = Province(store, folder)
    try:
        with served(province) as url:
            yield url, province
    finally:
        store.dispose()


def furnish(province: Province) -> Mapping[str, str]:
    """People, sessions and acts; the pages by name."""
    here = province.desk_here
    cards = [
        province.add_patron(name, f"1000{n:04d}", phone=f"0912345670{n}", pin="4821")
        for n, name in enumerate(NAMES)
    ]
    first, second = (card.patron.handle for card in cards[:2])
    for days in range(8, 0, -1):
        province.clock.now -= timedelta(days=days)
        _past(province, days)
        province.clock.now += timedelta(days=days)
    live = [_online(province, n) for n in range(5)]
    province.add_session(None, ago=timedelta(minutes=3), device="02-00-00-00-00-FF")
    _given(province, first)
    until = province.clock() + timedelta(days=6, hours=12)
    province.desk.block(here, second, until, "سر و صدا در تالار مطالعه")
    province.desk.disconnect(here, live[4].ref)
    with province.store.write() as uow:
        nas = province.nas[province.khorramabad.id]
        uow.estate.heard({nas.id: province.clock()})
    write_head(province.store, province.keys, province.head_file)
    patron, blocked = f"/staff/patrons/{first}", f"/staff/patrons/{second}"
    return {
        "home": "/staff/",
        "patron": patron,
        "blocked": blocked,
        "grant": f"{patron}/grant?seconds=1800",
        "block": f"{patron}/block",
        "unblock": f"{blocked}/unblock",
        "end": f"{_session(live[2])}/end",
        "session": _session(live[4]),
        "log": "/staff/log?from=1405-08-24&until=1405-08-30",
        "log-empty": "/staff/log?from=1405-07-01&until=1405-07-01",
        "branches": "/admin/branches",
        "access-servers": "/admin/access-servers",
        "plans": "/admin/plans",
        "staff": "/admin/staff",
        "audit": "/admin/audit",
        "audit-entry": f"/admin/audit/{len(province.actions()) - 1}",
        "not-found": "/staff/nowhere",
    }


def picture(
    page: Page, url: str, pages: Mapping[str, str], language: str
) -> Iterator[str]:
    """Bring every page in turn; yields its name while it stands there."""
    yield from _signing_in(page, url, language)
    _sign_in(page, url, language)
    for name, path in pages.items():
        page.goto(url + path)
        yield name
    yield from _pressed(page, url, pages)


def _sign_in(page: Page, url: str, language: str) -> None:
    page.goto(f"{url}/staff/sign-in?lang={language}")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/staff/")


def _pressed(page: Page, url: str, pages: Mapping[str, str]) -> Iterator[str]:
    """Pages that only a form leads to, one after another, by name."""
    page.goto(f"{url}/staff/")
    page.fill("#q", "موسوی")
    page.press("#q", "Enter")
    yield "found"
    page.goto(url + pages["grant"])
    page.locator("main form button").click()
    yield "grant-refused"
    page.goto(url + pages["log"])
    page.locator('form[action$="/name"] button').first.click()
    yield "log-name"
    page.goto(f"{url}/admin/audit")
    page.locator('form[action$="/admin/audit"] button').click()
    yield "audit-checked"


def _signing_in(page: Page, url: str, language: str) -> Iterator[str]:
    """The form, empty and refused."""
    page.goto(f"{url}/staff/sign-in?lang={language}")
    yield "sign-in"
    page.fill("#username", WRONG[language])
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.wait_for_selector("#problem")
    yield "sign-in-refused"


def _past(province: Province, days: int) -> None:
    for n, card in enumerate(province.people.find("موسوی").people):
        province.add_session(
            card,
            state=SessionState.STOPPED,
            ago=timedelta(minutes=40 + 9 * days + n),
            usage=Usage(2400 + 540 * days, 9_000_000 * days**2, 400_000 * days),
        )
    hour = province.clock().replace(minute=0)
    with province.store.write() as uow:
        uow.ledger.book_hours(
            {
                (province.khorramabad.id, hour, True): Usage(
                    9000, 670_000_000, 9_000_000
                ),
                (province.khorramabad.id, hour, False): Usage(60, 700_000, 90_000),
            }
        )


def _online(province: Province, n: int) -> Session:
    card = province.people.find(f"1000{n:04d}").people[0]
    minutes = 7 + 13 * n
    return province.add_session(
        card,
        ago=timedelta(minutes=minutes),
        usage=Usage(60 * minutes, 40_000_000 * (n + 1) ** 2, 3_000_000 * (n + 1)),
        device=f"D2-AB-00-11-22-{n:02X}",
    )


def _given(province: Province, handle: str) -> None:
    province.desk.grant(
        province.desk_here, handle, Extra(seconds=1800), reason="study", request_key="1"
    )
    province.clock.pass_by(minutes=2)
    province.desk.grant(
        province.administrator,
        handle,
        Extra(octets=10**9),
        reason="ارائهٔ پایان‌نامه",
        request_key="2",
    )


def _session(session: Session) -> str:
    return f"/staff/sessions/{session.ref.month}-{session.ref.id}"
