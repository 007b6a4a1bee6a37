"""An access server fell silent: what that costs its patrons, and what it must not."""

from portal.model.outcome import Accept, Deny, DenyReason
from portal.model.session import SessionState
from portal.radius.codes import AcctStatusType
from portal.service.admission import Claim, Minted, mint
from tests.stack.world import World

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP
HOUR = 3600


def half_an_hour_then_no_more(world: World) -> int:
    """A patron with two hours a day, last heard of half an hour after the start."""
    patron = world.add_patron(world.add_plan(time=2 * HOUR, devices=2))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(HOUR // 2)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=HOUR // 2)
    return patron


def test_the_same_device_elsewhere_has_what_it_had_when_last_heard_of(
    world: World,
) -> None:
    patron = half_an_hour_then_no_more(world)
    world.clock.tick(4 * HOUR)

    accept = world.sign_in(patron, PHONE, "s2", nas_id=2)

    assert accept.limits.timeout == 3 * HOUR // 2
    earlier = world.sessions()[0]
    assert earlier.state is SessionState.LOST
    assert earlier.ended_at == earlier.point_at


def test_another_device_waits_that_day_and_no_longer(world: World) -> None:
    patron = half_an_hour_then_no_more(world)
    answers = []
    for _ in range(3):
        world.clock.tick(24 * HOUR)
        world.enforcement.tick()
        claim = Claim(
            patron_id=patron,
            nas=world.nas(2),
            device=LAPTOP,
            challenge=None,
            language="fa",
        )
        with world.store.write() as uow:
            answers.append(mint(uow, world.keys, claim, world.clock()))

    assert isinstance(answers[-1], Minted)
    assert answers[-1].limits.timeout == 2 * HOUR


def test_a_session_that_still_tells_of_itself_drains_the_new_day(world: World) -> None:
    patron = half_an_hour_then_no_more(world)
    [session] = world.sessions()
    world.clock.tick(48 * HOUR)
    seconds = 48 * HOUR + HOUR // 2
    world.report(session.ref, PHONE, "s1", status=INTERIM, seconds=seconds)

    with world.store.read() as uow:
        account = uow.patrons.accounts([patron], world.clock(), lock=False)[patron]

    assert account.today(world.clock()).time_left == 0


def test_an_accept_after_the_stop_would_begin_the_counters_anew(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ticket = world.mint(patron, PHONE)
    accept = world.ask(ticket, PHONE, "s1")
    assert isinstance(accept, Accept)
    world.report(accept.session, PHONE, "s1")
    world.clock.tick(20)
    world.report(accept.session, PHONE, "s1", status=STOP, seconds=20)

    assert not isinstance(world.ask(ticket, PHONE, "s1"), Accept)


def test_who_was_erased_since_the_pin_was_checked_is_refused(world: World) -> None:
    claim = Claim(
        patron_id=4711, nas=world.nas(), device=PHONE, challenge="00", language="fa"
    )

    with world.store.write() as uow:
        answer = mint(uow, world.keys, claim, world.clock())

    assert answer == Deny(DenyReason.MEMBERSHIP_ENDED)
