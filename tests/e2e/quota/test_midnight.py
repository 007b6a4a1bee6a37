"""At midnight a new day's quota begins, for those who wait and those who go on."""

from datetime import time, timedelta

import pytest

from portal.model.outcome import Deny, DenyReason
from portal.radius.codes import TerminateCause
from tests.e2e.quota.conftest import LATE, Simulate
from tests.stack.nas_sim import Simulated
from tests.stack.province import GIB, Proof, Province, at_local, today
from tests.stack.wait import until


@pytest.mark.parametrize("moment", [LATE], indirect=True, ids=["late"])
def test_midnight_brings_a_new_days_quota(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1))
    evening = today(province.now)
    morning = evening + timedelta(days=1)
    spent = province.add_patron(province.add_plan(data=GIB))
    going = province.add_patron(province.add_plan(data=7 * GIB))
    one, two = sim.phone(1, 1), sim.phone(1, 2)
    one.sign_in(spent)
    ref = two.sign_in(going)
    one.use(down=GIB)
    two.use(down=5 * GIB)
    one.wait_until_cut()
    refused = one.try_to_sign_in(spent)

    midnight = at_local(morning, time())
    # A little later: records count whole seconds, the first one reaches back.
    begun = midnight + timedelta(seconds=3)
    until(lambda: province.now >= begun, what="midnight", within=60)
    until(
        lambda: two.limits["max_total"] == 12 * GIB, what="the limit rises", within=20
    )
    one.sign_in(spent)
    two.use(down=6 * GIB)
    until(
        lambda: province.session(ref).usage.downloaded == 11 * GIB,
        what="its use is booked",
        within=20,
    )

    assert refused == Deny(DenyReason.DATA_USED, midnight)
    assert one.limits["max_total"] == GIB
    assert two.session is not None
    days = province.days(going)
    assert days[evening.isoformat()].downloaded == 5 * GIB
    assert days[morning.isoformat()].downloaded == 6 * GIB
    assert province.proof(ref) == [Proof("change", "limits", "verified", "ack")]
    two.use(up=GIB)
    assert two.wait_until_cut()["cause"] == TerminateCause.SESSION_TIMEOUT
