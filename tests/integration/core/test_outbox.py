"""The outbox: what is settled stays settled."""

from portal.radius.codes import AcctStatusType
from tests.stack.world import GB, World

PHONE = "02-4C-52-00-00-01"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP


def test_a_note_that_comes_after_the_stop_does_not_open_the_request_again(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=2 * GB)
    (request,) = world.enforcement.claim()
    # Another server books the Stop while this one is still writing that it has sent.
    world.report(ref, PHONE, "s1", status=STOP, seconds=61, down=2 * GB, cause=6)

    world.enforcement.sent(request.id)
    world.enforcement.answered(request, "ack")

    assert world.requests() == [("disconnect", "data_quota", "verified")]
    world.clock.tick(3600)
    assert world.enforcement.claim() == []
