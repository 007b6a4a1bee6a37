"""Access ends when the quota does, and not before: real servers, simulated branches."""

from datetime import datetime, time, timedelta

import pytest

from portal.model.outcome import Deny, DenyReason
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef, SessionState
from portal.radius.codes import TerminateCause
from tests.e2e.quota.conftest import EARLY, NOON, Simulate
from tests.stack.nas_sim import Simulated, State
from tests.stack.province import GIB, Proof, Province, at_local, today
from tests.stack.wait import until

SESSION_TIMEOUT = TerminateCause.SESSION_TIMEOUT
ADMIN_RESET = TerminateCause.ADMIN_RESET
IGNORED = "session-timeout,octets"
SHORT = 5  # seconds of quota


def test_an_access_server_that_honours_limits_ends_sessions_itself(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1))
    brief = province.add_patron(province.add_plan(time=SHORT))
    busy = province.add_patron(province.add_plan(data=6 * GIB))
    one, two = sim.phone(1, 1), sim.phone(1, 2)
    timed, counted = one.sign_in(brief), two.sign_in(busy)
    told = one.limits["session_timeout"]

    two.use(down=5 * GIB, up=GIB + 1)
    ends = [one.wait_until_cut(), two.wait_until_cut()]

    assert [end["cause"] for end in ends] == [SESSION_TIMEOUT] * 2
    assert ends[0]["session_time"] >= told
    for ref in (timed, counted):
        assert stopped(province, ref).terminate_cause == SESSION_TIMEOUT
        assert province.proof(ref) == []
    usage = province.session(counted).usage
    assert (usage.downloaded, usage.uploaded) == (5 * GIB, GIB + 1)


def test_one_that_ignores_them_is_told_to_end_sessions(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1, ignore=IGNORED))
    brief = province.add_patron(province.add_plan(time=SHORT))
    busy = province.add_patron(province.add_plan(data=4 * GIB))
    one, two = sim.phone(1, 1), sim.phone(1, 2)
    timed, counted = one.sign_in(brief), two.sign_in(busy)
    midnight = at_local(today(province.now) + timedelta(days=1), time())

    two.use(down=5 * GIB)
    ends = [two.wait_until_cut()]
    refused = two.try_to_sign_in(busy)
    grant(province, busy, "--data", "2GiB")
    two.sign_in(busy)
    ends.append(one.wait_until_cut())

    assert [end["cause"] for end in ends] == [ADMIN_RESET] * 2
    assert refused == Deny(DenyReason.DATA_USED, midnight)
    assert two.limits["max_total"] == GIB
    assert stopped(province, counted).usage.downloaded == 5 * GIB
    assert stopped(province, timed).terminate_cause == ADMIN_RESET
    assert province.proof(counted) == [disconnected("data_quota")]
    assert province.proof(timed) == [disconnected("time_quota")]


def test_two_devices_at_two_branches_drain_one_allowance_and_both_are_cut(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1), Simulated(2))
    busy = province.add_patron(province.add_plan(data=9 * GIB))
    brief = province.add_patron(province.add_plan(time=3 * SHORT))
    phones = [sim.phone(branch, 1) for branch in (1, 2)]
    laptops = [sim.phone(branch, 2) for branch in (1, 2)]
    counted = [phone.sign_in(busy) for phone in phones]
    timed = [laptop.sign_in(brief) for laptop in laptops]

    for phone in phones:
        phone.use(down=5 * GIB)
    ends = [each.wait_until_cut() for each in (*phones, *laptops)]

    assert [end["cause"] for end in ends] == [ADMIN_RESET] * 4
    for ref in counted:
        stopped(province, ref)
        assert province.proof(ref) == [disconnected("data_quota")]
    for ref in timed:
        assert stopped(province, ref).usage.session_time < 3 * SHORT
        assert province.proof(ref) == [disconnected("time_quota")]
    assert sum(day.downloaded for day in province.days(busy).values()) == 10 * GIB


@pytest.mark.alone
def test_a_block_cuts_every_device_within_two_seconds(
    province: Province, simulate: Simulate
) -> None:
    sim = simulate(Simulated(1, ignore=IGNORED), Simulated(2))
    patron = province.add_patron(province.add_plan())
    phones = [sim.phone(1), sim.phone(2)]
    refs = [phone.sign_in(patron) for phone in phones]
    for phone in phones:
        phone.use(down=5 * GIB)

    blocked = province.portal(
        "patron", "block", patron.patron.handle, "--for", "1d", "--note", "noise"
    )
    ends = [phone.wait_until_cut(within=2) for phone in phones]

    decided = province.rows("dynauth_request", "id")
    for row, end in zip(decided, ends, strict=True):
        assert ended_at(end) - row.decided_at < timedelta(seconds=2)
    for ref in refs:
        assert stopped(province, ref).usage.downloaded == 5 * GIB
        assert province.proof(ref) == [disconnected("blocked")]
    until_then = datetime.fromisoformat(blocked["blocked_until"])
    assert phones[0].try_to_sign_in(patron) == Deny(DenyReason.BLOCKED, until_then)


@pytest.mark.parametrize("moment", [NOON, EARLY], indirect=True, ids=["noon", "early"])
def test_a_grant_in_mid_session_moves_every_limit(
    province: Province, simulate: Simulate
) -> None:
    """CoovaChilli forgets the limits that a CoA does not repeat."""
    sim = simulate(Simulated(1))
    patron = province.add_patron(province.add_plan(time=3600, data=6 * GIB))
    phone = sim.phone(1)
    ref = phone.sign_in(patron)
    before = phone.limits
    phone.use(down=5 * GIB)

    grant(province, patron, "--time", "10m", "--data", "4GiB")
    until(
        lambda: phone.limits["max_total"] == 10 * GIB, what="the limit rises", within=20
    )
    after = phone.limits
    phone.use(down=4 * GIB)
    until(
        lambda: province.session(ref).usage.downloaded == 9 * GIB,
        what="its use is booked",
        within=20,
    )

    assert phone.session is not None
    assert abs(after["session_timeout"] - before["session_timeout"] - 600) <= 1
    changed = {"session_timeout", "max_total"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert province.proof(ref) == [Proof("change", "limits", "verified", "ack")]


def grant(province: Province, patron: PatronCard, *amounts: str) -> None:
    """As staff do it."""
    handle = patron.patron.handle
    province.portal("patron", "grant", handle, *amounts, "--reason", "study")


def disconnected(reason: str) -> Proof:
    """The server's word was carried out, and a Stop proves it."""
    return Proof("disconnect", reason, "verified", "stop")


def stopped(province: Province, ref: SessionRef) -> Session:
    """The session once its Stop is booked."""
    until(
        lambda: province.session(ref).state is SessionState.STOPPED,
        what="the Stop is booked",
        within=20,
    )
    return province.session(ref)


def ended_at(end: State) -> datetime:
    return datetime.fromisoformat(end["ended_at"])
