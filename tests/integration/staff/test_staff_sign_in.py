"""Staff accounts and browser sessions, on both databases."""

from datetime import timedelta

import pytest

from portal.model.staff import Role, StaffMember
from portal.service.pins import HashCost, PinHasher
from portal.service.staff_accounts import NewStaff, StaffReason, StaffRefused
from portal.service.staff_sign_in import SignedIn, Wait, WrongCredentials
from tests.stack.desks import PASSWORD, Province


def sign_in(
    province: Province,
    username: str = "desk",
    password: str = PASSWORD,
    *,
    source: str = "10.0.0.1",
    previous: str | None = None,
    mark: str = "",
) -> SignedIn | WrongCredentials | Wait:
    return province.sign_in.sign_in(
        username, password, source=source, previous=previous, mark=mark
    )


def token(outcome: object) -> str:
    assert isinstance(outcome, SignedIn), outcome
    return outcome.token


@pytest.mark.parametrize("username", ["desk", " Desk ", "DESK"])
def test_the_right_password_signs_in(province: Province, username: str) -> None:
    outcome = sign_in(province, username)

    assert province.sign_in.signed_in(token(outcome)) == province.desk_here


@pytest.mark.parametrize(
    ("username", "password"), [("desk", "wrong horse"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    province: Province, username: str, password: str
) -> None:
    assert sign_in(province, username, password) == WrongCredentials()


def test_a_closed_account_is_told_alike_and_its_browsers_are_signed_out(
    province: Province,
) -> None:
    open_browser = token(sign_in(province))

    province.accounts.close("desk", actor="console")

    assert province.sign_in.signed_in(open_browser) is None
    assert sign_in(province) == WrongCredentials()


def test_the_table_holds_no_token_that_a_browser_could_use(province: Province) -> None:
    value = token(sign_in(province))

    with province.store.read() as uow:
        dump = str(
            uow.connection.exec_driver_sql("SELECT * FROM browser_session").all()
        )
    assert value not in dump
    assert province.sign_in.signed_in(value[:-1]) is None
    assert province.sign_in.signed_in("") is None


def test_a_new_sign_in_ends_the_browser_session_before_it(province: Province) -> None:
    first = token(sign_in(province))

    second = token(sign_in(province, previous=first))

    assert province.sign_in.signed_in(first) is None
    assert province.sign_in.signed_in(second) == province.desk_here


def test_two_browsers_are_independent(province: Province) -> None:
    here, there = token(sign_in(province)), token(sign_in(province))

    province.sign_in.sign_out(here)
    province.sign_in.sign_out(here)

    assert province.sign_in.signed_in(here) is None
    assert province.sign_in.signed_in(there) == province.desk_here
    assert [a for _, a, _ in province.actions()].count("staff.signed_out") == 1


def test_an_idle_browser_is_signed_out_and_a_busy_one_is_not(
    province: Province,
) -> None:
    idle, busy = token(sign_in(province)), token(sign_in(province))

    for _ in range(4):
        province.clock.pass_by(minutes=20)
        assert province.sign_in.signed_in(busy) is not None

    assert province.sign_in.signed_in(idle) is None


def test_no_browser_stays_signed_in_past_the_absolute_limit(province: Province) -> None:
    value = token(sign_in(province))

    for _ in range(23):
        province.clock.pass_by(minutes=30)
        assert province.sign_in.signed_in(value) is not None
    province.clock.pass_by(minutes=30)

    assert province.sign_in.signed_in(value) is None


def test_a_guesser_has_to_wait_and_the_right_password_with_him(
    province: Province,
) -> None:
    for _ in range(5):
        assert sign_in(province, password="wrong") == WrongCredentials()

    waiting = sign_in(province)
    province.clock.pass_by(seconds=16)
    later = sign_in(province)

    assert isinstance(waiting, Wait)
    assert waiting.until - province.clock() < timedelta(0)
    assert isinstance(later, SignedIn)


def test_guessing_at_one_name_does_not_slow_a_colleague_at_once(
    province: Province,
) -> None:
    for _ in range(6):
        sign_in(province, password="wrong")

    assert isinstance(sign_in(province, "admin"), SignedIn)


def test_one_source_guessing_at_many_names_has_to_wait(province: Province) -> None:
    for number in range(20):
        sign_in(province, f"user{number}", "wrong")

    assert isinstance(sign_in(province), Wait)
    assert isinstance(sign_in(province, source="10.0.0.2"), SignedIn)


def test_a_form_token_belongs_to_one_browser_session(province: Province) -> None:
    mine, theirs = token(sign_in(province)), token(sign_in(province))

    form = province.sign_in.form_token(mine)

    assert province.sign_in.is_form_token(mine, form)
    assert not province.sign_in.is_form_token(theirs, form)
    assert not province.sign_in.is_form_token(mine, "")
    assert not province.sign_in.is_form_token(mine, "\udcff")


def test_a_hash_of_other_parameters_is_renewed_at_sign_in(province: Province) -> None:
    weaker = PinHasher(province.keys, HashCost(memory=32, passes=1, lanes=1))
    with province.store.write() as uow:
        uow.staff.set_password(province.desk_here.id, weaker.hash(PASSWORD))

    outcome = sign_in(province)

    with province.store.read() as uow:
        after = uow.staff.credentials("desk")
    assert isinstance(outcome, SignedIn)
    assert after is not None
    assert not province.hasher.needs_rehash(after[1])


def test_a_new_password_signs_out_everywhere(province: Province) -> None:
    value = token(sign_in(province))

    changed = province.accounts.set_password("desk", "another horse", actor="console")

    assert isinstance(changed, StaffMember)
    assert province.sign_in.signed_in(value) is None
    assert sign_in(province) == WrongCredentials()
    assert isinstance(sign_in(province, password="another horse"), SignedIn)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"username": "9desk"}, StaffReason.USERNAME),
        ({"username": "میز"}, StaffReason.USERNAME),
        ({"username": "DESK"}, StaffReason.TAKEN),
        ({"name": " "}, StaffReason.NAME),
        ({"name": "\x1b\u202e"}, StaffReason.NAME),
        ({"name": "ن" * 201}, StaffReason.NAME),
        ({"password": "short"}, StaffReason.PASSWORD),
        ({"branch": None}, StaffReason.BRANCH_NEEDED),
        ({"role": Role.ADMINISTRATOR}, StaffReason.BRANCH_NEEDED),
        ({"branch": "nowhere"}, StaffReason.NO_SUCH_BRANCH),
    ],
)
def test_an_account_with_something_wrong_is_not_added(
    province: Province, values: dict[str, object], reason: StaffReason
) -> None:
    given = {
        "username": "desk2",
        "name": "میز دوم",
        "role": Role.DESK,
        "branch": "khorramabad",
        "password": PASSWORD,
    }

    refused = province.accounts.add(
        NewStaff(**(given | values)),  # type: ignore[arg-type]
        actor="console",
    )

    assert refused == StaffRefused(reason)


def test_signing_in_and_out_is_in_the_audit_chain(province: Province) -> None:
    value = token(sign_in(province))
    province.sign_in.sign_out(value)

    actor = province.desk_here.actor
    assert province.actions()[-2:] == [
        (actor, "staff.signed_in", actor),
        (actor, "staff.signed_out", actor),
    ]


# ------------------------------------------------- a browser that has been here before


def lock_out(province: Province, username: str = "desk") -> None:
    """A stranger at the branch's address guesses at a name that everyone knows."""
    for _ in range(25):
        sign_in(province, username, "a guess")
        sign_in(province, "nobody", "a guess")
    assert isinstance(sign_in(province, username), Wait)


def test_a_strangers_guesses_keep_no_browser_out_that_signed_in_before(
    province: Province,
) -> None:
    known = sign_in(province)
    assert isinstance(known, SignedIn)
    lock_out(province)

    again = sign_in(province, mark=known.mark)

    assert isinstance(again, SignedIn)
    assert again.mark == known.mark


def test_a_mark_is_good_for_its_own_name_only_and_cannot_be_made_up(
    province: Province,
) -> None:
    known = sign_in(province)
    assert isinstance(known, SignedIn)
    lock_out(province)
    lock_out(province, "admin")

    assert isinstance(sign_in(province, "admin", mark=known.mark), Wait)
    for made_up in (known.mark[:-1], f"{known.mark}0", "x.y", ".", "\udc80.\udc80"):
        assert isinstance(sign_in(province, mark=made_up), Wait)


def test_a_browser_with_a_mark_waits_for_its_own_mistakes(province: Province) -> None:
    known = sign_in(province)
    assert isinstance(known, SignedIn)

    guesses = [sign_in(province, password="a", mark=known.mark) for _ in range(6)]

    assert [isinstance(one, Wait) for one in guesses] == [False] * 5 + [True]
    assert isinstance(sign_in(province), SignedIn), "others are not concerned"
