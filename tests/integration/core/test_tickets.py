"""A ticket opens one session, on one device, at one NAS."""

from portal.model.outcome import Accept, Deny, DenyReason, Reject, RejectReason
from portal.model.session import SessionState
from portal.service.admission import Claim, mint
from tests.stack.world import World, access_request

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"


def reason(answer: Accept | Reject) -> RejectReason:
    assert isinstance(answer, Reject)
    return answer.reason


def test_a_ticket_is_accepted_by_chap_and_pap(world: World) -> None:
    patron = world.add_patron(world.add_plan(time=3600, data=10**9))
    ticket = world.mint(patron, PHONE)

    first = world.ask(ticket, PHONE, "s1", chap=True)
    again = world.ask(ticket, PHONE, "s1", chap=False)

    assert isinstance(first, Accept)
    assert isinstance(again, Accept)
    assert first.limits.timeout == 3600
    assert first.limits.octets == 10**9
    assert first.class_value == again.class_value
    assert world.class_ref(first) == first.session


def test_a_retry_after_a_lost_reply_gets_the_same_session(world: World) -> None:
    patron = world.add_patron(world.add_plan(time=3600))
    ticket = world.mint(patron, PHONE)
    first = world.ask(ticket, PHONE, "s1")

    world.clock.tick(10)
    again = world.ask(ticket, PHONE, "s1")

    assert isinstance(first, Accept)
    assert isinstance(again, Accept)
    assert again.session == first.session
    assert len(world.sessions()) == 1


def test_a_used_ticket_opens_nothing_else(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ticket = world.mint(patron, PHONE)
    world.ask(ticket, PHONE, "s1")

    assert reason(world.ask(ticket, PHONE, "s2")) is RejectReason.OTHER_SESSION
    assert reason(world.ask(ticket, LAPTOP, "s1")) is RejectReason.OTHER_SESSION
    other_nas = world.ask(ticket, PHONE, "s1", nas_id=2)
    assert reason(other_nas) is RejectReason.OTHER_SESSION


def test_an_expired_ticket_is_refused_but_its_open_session_reauthenticates(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan())
    late = world.mint(patron, PHONE)
    world.clock.tick(91)
    assert reason(world.ask(late, PHONE, "s0")) is RejectReason.EXPIRED
    used = world.mint(patron, PHONE)
    world.ask(used, PHONE, "s1")

    world.clock.tick(600)

    assert isinstance(world.ask(used, PHONE, "s1"), Accept)


def test_a_wrong_password_and_an_unknown_name_are_refused(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ticket = world.mint(patron, PHONE)
    other = world.mint(patron, PHONE)
    mixed = type(ticket)(
        grant_id=ticket.grant_id, password=other.password, limits=ticket.limits
    )
    stranger = type(ticket)(
        grant_id="g1-nobody", password=other.password, limits=ticket.limits
    )

    assert reason(world.ask(mixed, PHONE, "s1")) is RejectReason.WRONG_PASSWORD
    assert reason(world.ask(stranger, PHONE, "s1")) is RejectReason.UNKNOWN_TICKET


def test_without_a_session_id_only_a_hasty_retry_is_the_same_attempt(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan())
    ticket = world.mint(patron, PHONE)
    first = world.ask(ticket, PHONE, None)
    world.clock.tick(20)
    hasty = world.ask(ticket, PHONE, None)
    world.clock.tick(20)

    late = world.ask(ticket, PHONE, None)

    assert isinstance(first, Accept)
    assert isinstance(hasty, Accept)
    assert hasty.session == first.session
    assert reason(late) is RejectReason.OTHER_SESSION


def test_twenty_devices_with_one_allowed_get_one_accept(world: World) -> None:
    patron = world.add_patron(world.add_plan(devices=1))
    devices = [f"02-4C-52-00-01-{n:02X}" for n in range(20)]
    answers = []
    with world.store.write() as uow:
        for n, device in enumerate(devices):
            claim = Claim(
                patron_id=patron,
                nas=world.nas(),
                device=device,
                challenge=f"{n:032x}",
                language="fa",
            )
            answers.append(mint(uow, world.keys, claim, world.clock()))

    refused = [a for a in answers if isinstance(a, Deny)]

    assert len(refused) == 19
    assert {d.reason for d in refused} == {DenyReason.TOO_MANY_DEVICES}


def test_the_decision_is_made_again_at_the_access_request(world: World) -> None:
    """Two tickets from before the plan was narrowed: one batch, one Accept."""
    plan = world.add_plan(devices=2)
    patron = world.add_patron(plan)
    phone, laptop = world.mint(patron, PHONE), world.mint(patron, LAPTOP)
    world.insert(
        "plan_version",
        id=900,
        plan_id=plan,
        version=2,
        created_at=world.clock(),
        devices=1,
    )

    answers = world.authorizer.decide(
        [
            access_request(phone, PHONE, "s1", now=world.clock()),
            access_request(laptop, LAPTOP, "s2", now=world.clock()),
        ]
    )

    assert [type(a) for a in answers] == [Accept, Reject]


def test_the_same_device_takes_its_own_slot_over(world: World) -> None:
    patron = world.add_patron(world.add_plan(devices=1))
    old = world.open(patron, PHONE, "s1")

    new = world.open(patron, PHONE, "s2")

    assert world.session(old).state is SessionState.LOST
    assert world.session(new).state is SessionState.OPEN
