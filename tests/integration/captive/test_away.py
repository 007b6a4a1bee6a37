"""The database away: pages that say so, and recovery without a restart."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.storage.engine import SqlStore
from portal.storage.unit_of_work import SqlUnitOfWork
from tests.integration.captive.conftest import Phone
from tests.stack.library import Library
from tests.stack.world import World

AWAY = "سامانهٔ ورود اکنون در دسترس نیست"


@dataclass
class FailingStore:
    """A store that can be taken away and given back."""

    real: SqlStore
    trouble: Exception | None = None

    def write(self) -> AbstractContextManager[SqlUnitOfWork]:
        return self._open(self.real.write())

    def read(self) -> AbstractContextManager[SqlUnitOfWork]:
        return self._open(self.real.read())

    @contextmanager
    def _open(
        self, real: AbstractContextManager[SqlUnitOfWork]
    ) -> Iterator[SqlUnitOfWork]:
        if self.trouble is not None:
            raise self.trouble
        with real as uow:
            yield uow


@pytest.fixture
def store(world: World) -> FailingStore:
    return FailingStore(world.store)


@pytest.fixture
def library(world: World, store: FailingStore) -> Library:
    made = Library(world, store=store)
    made.add_member("4321", card="12345")
    return made


def test_a_visitor_is_told_and_gets_in_afterwards(
    phone: Phone, store: FailingStore
) -> None:
    redirect = phone.chilli.not_yet()
    store.trouble = StoreUnavailableError("gone")
    told = phone.open(redirect)
    store.trouble = None

    form = phone.open(told.link("دوباره امتحان کنید"))
    page = phone.submit(form, number="12345", pin="4321")

    assert told.status == 503
    assert told.title.startswith("مشکل:")
    assert AWAY in told.title
    assert told.response.headers["Retry-After"] == "10"
    assert page.title.startswith("شما به اینترنت وصل هستید")


@pytest.mark.parametrize("trouble", [StoreUnavailableError("x"), StoreBusyError("x")])
def test_a_filled_form_comes_back_intact(
    phone: Phone, store: FailingStore, trouble: Exception
) -> None:
    form = phone.arrive()
    store.trouble = trouble
    told = phone.submit(form, number="12345", pin="4321")
    store.trouble = None

    page = phone.submit(told, number="12345", pin="4321")

    assert told.status == 503
    assert told.title.startswith("مشکل:")
    assert 'value="12345"' in told.html
    assert (
        "form-action 'self' http://127.1.0.1:3990"
        in (told.response.headers["Content-Security-Policy"])
    )
    assert page.title.startswith("شما به اینترنت وصل هستید")


def test_an_outage_counts_against_nobody(
    phone: Phone, store: FailingStore, library: Library
) -> None:
    form = phone.arrive()
    library.world.clock.tick(3)
    store.trouble = StoreUnavailableError("gone")
    for _ in range(20):
        assert phone.submit(form, number="12345", pin="1").status == 503
    store.trouble = None

    assert phone.submit(form, number="12345", pin="1").status == 403


def test_a_card_question_and_a_status_page_say_so_too(
    phone: Phone, store: FailingStore, library: Library
) -> None:
    for card in ("0001112222", "0003334444"):
        library.add_member("1111", card=card, phone="09121234567")
    asked = phone.sign_in("09121234567", "1111")
    store.trouble = StoreUnavailableError("gone")

    chosen = phone.submit(asked, card="0")
    client = library.app.test_client()
    status = client.get(f"/s/{'a' * 42}")
    ended = client.post(f"/s/{'a' * 42}")
    store.trouble = None

    assert chosen.status == 503
    assert AWAY in chosen.html
    # A token that is not ours needs no database to be refused.
    assert [status.status_code, ended.status_code] == [404, 404]
    online = phone.submit(asked, card="0")
    store.trouble = StoreUnavailableError("gone")
    assert phone.open(online.path[-1].removeprefix("GET ")).status == 503


def test_pages_without_figures_need_no_database(
    phone: Phone, store: FailingStore
) -> None:
    store.trouble = StoreUnavailableError("gone")

    for path in ("/", "/help", "/privacy"):
        assert phone.open(path).status == 200
