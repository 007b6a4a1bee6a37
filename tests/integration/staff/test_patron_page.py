"""What a desk sees of a patron and of its branch, on both databases."""

from datetime import timedelta

import pytest

from portal.model.session import SessionRef, SessionState
from portal.model.usage import Extra, Usage
from portal.service.patron_page import PatronPage
from portal.service.ports import StoreBusyError
from portal.service.staff_refusal import RefusalReason, Refused
from portal.storage.engine import SqlStore
from tests.stack.desks import Province

HALF_HOUR = Extra(seconds=1800)


def test_a_desk_sees_a_guests_remainder_but_only_its_own_branchs_sessions(
    province: Province,
) -> None:
    card = province.add_patron()
    province.add_session(card, province.borujerd, ago=timedelta(minutes=30))
    mine = province.add_session(card, ago=timedelta(minutes=10))

    page = province.pages.open(province.desk_here, card.patron.handle)
    all_of_it = province.pages.open(province.administrator, card.patron.handle)

    assert isinstance(page, PatronPage)
    assert isinstance(all_of_it, PatronPage)
    assert [view.session.ref for view in page.sessions] == [mine.ref]
    assert page.elsewhere == 1
    assert page.today.time_left == 7200 - 40 * 60
    assert len(all_of_it.sessions) == 2
    assert all_of_it.elsewhere == 0


def test_sessions_go_on_page_by_page_newest_first(province: Province) -> None:
    card = province.add_patron()
    refs = [
        province.add_session(
            card,
            state=SessionState.STOPPED,
            ago=timedelta(hours=hours),
            usage=Usage(1, 0, 0),
        ).ref
        for hours in range(25, 0, -1)
    ]

    seen: list[SessionRef] = []
    older: SessionRef | None = None
    while len(seen) < 25:
        page = province.pages.open(province.desk_here, card.patron.handle, before=older)
        assert isinstance(page, PatronPage)
        seen.extend(view.session.ref for view in page.sessions)
        older = page.older

    assert seen == sorted(refs, key=lambda ref: ref.id, reverse=True)
    assert older is None


def test_who_is_online_is_told_for_ones_own_branch_only(province: Province) -> None:
    card = province.add_patron()
    here = province.add_session(card)
    there = province.add_session(card, province.borujerd)
    province.add_session(card, state=SessionState.STOPPED)

    def online(member: object, branch: int | None) -> object:
        found = province.pages.online(member, branch, 50)  # type: ignore[arg-type]
        return found if isinstance(found, Refused) else {v.session.ref for v in found}

    assert online(province.desk_here, None) == {here.ref}
    assert online(province.desk_here, province.borujerd.id) == Refused(
        RefusalReason.OTHER_BRANCH
    )
    assert online(province.administrator, None) == {here.ref, there.ref}


def test_the_confirmation_of_an_end_is_shown_for_ones_own_branch_only(
    province: Province,
) -> None:
    session = province.add_session(province.add_patron())

    mine = province.pages.session(province.desk_here, session.ref)
    theirs = province.pages.session(province.desk_there, session.ref)

    assert not isinstance(mine, Refused)
    assert mine.card is not None
    assert mine.card.name == "زهرا موسوی"
    assert theirs == Refused(RefusalReason.OTHER_BRANCH)


def test_a_patron_whose_opening_cannot_be_recorded_is_not_shown(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = province.add_patron().patron.handle

    def busy(_self: SqlStore) -> None:
        raise StoreBusyError

    monkeypatch.setattr(SqlStore, "write", busy)

    with pytest.raises(StoreBusyError):
        province.pages.open(province.desk_here, handle)
