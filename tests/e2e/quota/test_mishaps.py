"""Cut lines, dead servers and power failures delay what was decided, and lose nothing."""

from datetime import timedelta

import pytest

from portal.model.session import SessionState
from portal.radius.codes import TerminateCause
from tests.e2e.quota.conftest import NOON, Simulate
from tests.e2e.quota.test_quota import ADMIN_RESET, IGNORED, disconnected, stopped
from tests.stack.daemon import Radiusd
from tests.stack.nas_sim import Simulated
from tests.stack.province import GIB, Province
from tests.stack.wait import until

pytestmark = pytest.mark.parametrize("moment", [NOON], indirect=True, ids=["noon"])


def test_a_cut_line_loses_no_use_and_ends_no_session(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1, check_seconds=1))
    patron = province.add_patron(province.add_plan(data=20 * GIB))
    phone = sim.phone(1)
    ref = phone.sign_in(patron)

    sim.steer(1, "line", up=False)
    phone.use(down=5 * GIB)
    heard = province.now
    until(lambda: province.now > heard + timedelta(seconds=8), what="a while")
    sim.steer(1, "line", up=True)
    until(
        lambda: province.session(ref).usage.downloaded == 5 * GIB,
        what="its use is booked",
        within=30,
    )

    assert phone.session is not None
    assert province.session(ref).state is SessionState.OPEN
    assert province.proof(ref) == []


def test_a_block_waits_for_the_line(province: Province, simulate: Simulate) -> None:
    sim = simulate(Simulated(1, check_seconds=1))
    patron = province.add_patron(province.add_plan())
    phone = sim.phone(1)
    ref = phone.sign_in(patron)

    sim.steer(1, "line", up=False)
    handle = patron.patron.handle
    province.portal("patron", "block", handle, "--for", "1d", "--note", "noise")
    until(lambda: province.proof(ref)[0].state == "sent", what="it is sent", within=20)
    still_online = phone.session is not None
    sim.steer(1, "line", up=True)
    end = phone.wait_until_cut()

    assert still_online
    assert end["cause"] == ADMIN_RESET
    stopped(province, ref)
    assert province.proof(ref) == [disconnected("blocked")]


def test_a_killed_radiusd_ends_in_time_what_it_had_let_in(
    province: Province, simulate: Simulate, daemon: Radiusd
) -> None:
    """No record tells the new one: the end stands in the database."""
    sim = simulate(Simulated(1, ignore=IGNORED))
    patron = province.add_patron(province.add_plan(time=8))
    phone = sim.phone(1)
    ref = phone.sign_in(patron)

    daemon.kill()
    daemon.start()
    end = phone.wait_until_cut()

    assert end["cause"] == ADMIN_RESET
    assert 8 <= end["session_time"] <= 16
    stopped(province, ref)
    assert province.proof(ref) == [disconnected("time_quota")]


def test_a_power_cut_frees_the_slots_of_its_branch_alone(
    province: Province, simulate: Simulate
) -> None:
    """Its clock was slow before: two starts within a minute would count as one."""
    branches = Simulated(1, check_seconds=1), Simulated(2, check_seconds=1)
    failing = simulate(branches[0], behind=90)
    steady = simulate(branches[1])
    patron = province.add_patron(province.add_plan(devices=1, data=20 * GIB))
    other = province.add_patron(province.add_plan())
    phone, elsewhere = failing.phone(1, 1), steady.phone(2, 1)
    ref, untouched = phone.sign_in(patron), elsewhere.sign_in(other)
    phone.use(down=GIB)
    until(
        lambda: province.session(ref).usage.downloaded == GIB,
        what="its use is booked",
        within=20,
    )

    failing.program.kill()
    back = simulate(branches[0])
    until(lambda: not province.session(ref).state.live, what="it is over", within=20)
    laptop = back.phone(1, 2)
    laptop.sign_in(patron)

    ended = province.session(ref)
    assert ended.state is SessionState.RESTARTED
    assert ended.terminate_cause == TerminateCause.NAS_REBOOT
    assert ended.usage.downloaded == GIB
    assert province.session(untouched).state is SessionState.OPEN
    assert laptop.limits["max_total"] == 19 * GIB
