"""Adding, finding and erasing people, on both databases."""

import pytest

from portal.model.identifiers import IdentifierKind, IdentifierReason
from portal.service import lookup
from portal.service.keys import KeyRing
from portal.service.people import AddReason, AddRefused, Found, NewPatron
from tests.stack.desks import Province

NATIONAL_ID = "0013542419"


def add(province: Province, **values: object) -> object:
    given = {
        "name": "زهرا موسوی",
        "card": "00012345",
        "branch": "khorramabad",
        "plan": "member",
    }
    return province.people.add(NewPatron(**(given | values)), actor="console")  # type: ignore[arg-type]


def names(found: Found) -> list[str]:
    return [card.name for card in found.people]


@pytest.mark.parametrize(
    "typed",
    [
        "00012345",
        "۰۰۰۱۲۳۴۵",
        "٠٠٠١٢٣٤٥",
        " 000-12345 ",
        "09123456789",
        "۰۹۱۲ ۳۴۵ ۶۷۸۹",
        "+98 912 345 6789",
        "9123456789",
        NATIONAL_ID,
        "۰۰۱۳۵۴۲۴۱۹",
        "13542419",
    ],
)
def test_a_person_is_found_by_any_of_their_numbers_in_any_digits(
    province: Province, typed: str
) -> None:
    province.add_patron(national_id=NATIONAL_ID, phone="09123456789")
    province.add_patron("علی رضایی", "99")

    found = province.people.find(typed)

    assert found.exact
    assert names(found) == ["زهرا موسوی"]


@pytest.mark.parametrize("typed", ["12345", "0001234", "000123456"])
def test_a_card_is_found_whole_with_its_leading_zeros_only(
    province: Province, typed: str
) -> None:
    province.add_patron()

    assert province.people.find(typed) == Found(people=(), exact=False)


def test_a_shared_phone_finds_the_whole_family(province: Province) -> None:
    province.add_patron("زهرا موسوی", "1", phone="09123456789")
    province.add_patron("آرش موسوی", "2", phone="09123456789")

    found = province.people.find("09123456789")

    assert found.exact
    assert names(found) == ["آرش موسوی", "زهرا موسوی"]


@pytest.mark.parametrize(
    "typed", ["موسوی", "موسو", "زهرا", "هرا مو", "موسوی زهرا", "مـوسوي", "ZAHRA"]
)
def test_a_person_is_found_by_any_part_of_the_name_however_spelt(
    province: Province, typed: str
) -> None:
    province.add_patron()
    province.add_patron("Zahra Moussavi", "2")

    found = province.people.find(typed)

    assert not found.exact
    expected = "Zahra Moussavi" if typed.isascii() else "زهرا موسوی"
    assert names(found) == [expected]


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "%%", "م", "\\", "'", "٪٪"])
def test_wildcards_and_single_letters_find_nobody(
    province: Province, typed: str
) -> None:
    province.add_patron()

    assert province.people.find(typed).people == ()


def test_names_come_in_the_order_of_the_alphabet_page_by_page(
    province: Province,
) -> None:
    letters = "پتبآچجحخدذرزژسشصضطظعغفقکگلمنوهی"
    for number, letter in enumerate(letters):
        province.add_patron(f"{letter}ژاله", str(100 + number))

    first = province.people.find("ژاله")
    second = province.people.find("ژاله", first.after)

    assert [name[0] for name in names(first) + names(second)] == [
        *"آبپتجچحخدذرزژسشصضطظعغفقکگلمنوهی"
    ]
    assert len(first.people) == 25
    assert second.after is None


def test_a_number_of_someone_else_is_refused_except_a_phone(
    province: Province,
) -> None:
    province.add_patron(national_id=NATIONAL_ID, phone="09123456789")

    card = add(province)
    national_id = add(province, card="2", national_id="۰۰۱۳۵۴۲۴۱۹")
    phone = add(province, card="3", phone="+989123456789")

    assert card == AddRefused(AddReason.TAKEN, IdentifierKind.CARD)
    assert national_id == AddRefused(AddReason.TAKEN, IdentifierKind.NATIONAL_ID)
    assert not isinstance(phone, AddRefused)


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"name": " ،. "}, AddRefused(AddReason.NAME)),
        ({"name": "ن" * 201}, AddRefused(AddReason.NAME)),
        (
            {"card": ""},
            AddRefused(AddReason.NUMBER, IdentifierKind.CARD, IdentifierReason.EMPTY),
        ),
        (
            {"national_id": "0013542418"},
            AddRefused(
                AddReason.NUMBER,
                IdentifierKind.NATIONAL_ID,
                IdentifierReason.CHECK_DIGIT,
            ),
        ),
        (
            {"phone": "0912"},
            AddRefused(AddReason.NUMBER, IdentifierKind.PHONE, IdentifierReason.LENGTH),
        ),
        ({"branch": "nowhere"}, AddRefused(AddReason.NO_SUCH_BRANCH)),
        ({"plan": "nothing"}, AddRefused(AddReason.NO_SUCH_PLAN)),
        ({"pin": "12"}, AddRefused(AddReason.PIN)),
    ],
)
def test_a_person_with_something_wrong_is_not_added(
    province: Province, values: dict[str, str], refused: AddRefused
) -> None:
    before = province.actions()

    assert add(province, **values) == refused
    assert province.actions() == before


def test_numbers_are_sealed_and_hashed_and_the_database_names_no_number(
    province: Province,
) -> None:
    card = province.add_patron(national_id=NATIONAL_ID, phone="09123456789", pin="4821")

    with province.store.read() as uow:
        rows = uow.people.identifiers(card.patron.id)
        candidates = uow.patrons.candidates(
            lookup.digests(province.keys, {IdentifierKind.NATIONAL_ID: NATIONAL_ID}), 5
        )
    values = {
        row.kind: lookup.unseal(province.keys, card.patron.id, row.kind, row.sealed)
        for row in rows
    }

    assert values == {
        IdentifierKind.CARD: "00012345",
        IdentifierKind.NATIONAL_ID: NATIONAL_ID,
        IdentifierKind.PHONE: "+989123456789",
    }
    assert not any(NATIONAL_ID.encode() in row.sealed + row.digest for row in rows)
    assert [c.patron.id for c in candidates] == [card.patron.id]
    assert candidates[0].pin_hash is not None
    assert "4821" not in candidates[0].pin_hash


def test_people_are_still_found_after_a_new_key_and_their_numbers_stay_theirs(
    province: Province,
) -> None:
    province.add_patron()
    province.people._keys = KeyRing({1: b"k" * 32, 2: b"n" * 32})

    assert names(province.people.find("00012345")) == ["زهرا موسوی"]
    assert add(province) == AddRefused(AddReason.TAKEN, IdentifierKind.CARD)


def test_an_erased_person_is_found_no_more_and_the_chain_stays_whole(
    province: Province,
) -> None:
    card = province.add_patron()
    handle = card.patron.handle
    session = province.add_session(card)
    until = province.clock().replace(day=22)
    province.desk.block(province.desk_here, handle, until, "moussavi was loud")

    erased = province.people.erase(handle, actor="console")

    assert erased
    assert province.people.find("00012345").people == ()
    assert province.people.find("موسوی").people == ()
    assert not province.people.erase(handle, actor="console")
    assert province.session(session.ref).patron_id == card.patron.id
    with province.store.read() as uow:
        assert uow.audit.personal(range(1, 100)) == {}


def test_handles_say_nothing_and_never_repeat(province: Province) -> None:
    handles = {province.add_patron(card=str(n)).patron.handle for n in range(20)}

    assert len(handles) == 20
    assert all(handle.isalnum() and len(handle) == 12 for handle in handles)
