"""Admission: may this patron, with this device, go online now."""

from collections.abc import Iterable
from datetime import datetime

from portal.model.outcome import Deny, DenyReason, EndReason, Limits
from portal.policy.judgement import Account, limits

_SPENT = {
    EndReason.TIME_QUOTA: DenyReason.TIME_USED,
    EndReason.DATA_QUOTA: DenyReason.DATA_USED,
}


def admit(
    account: Account, *, device: str, reserved: Iterable[str], now: datetime
) -> Limits | Deny:
    """The limits of a session about to begin, or why there is none.

    `reserved` are devices that hold a slot by an unused ticket. The same device signing
    in again takes its own slot over: phones do not say goodbye.
    """
    patron = account.patron
    if patron.blocked_until is not None and patron.blocked_until > now:
        return Deny(DenyReason.BLOCKED, patron.blocked_until)
    if patron.valid_until is not None and patron.valid_until <= now:
        return Deny(DenyReason.MEMBERSHIP_ENDED)
    # What its earlier sessions ran since they were last heard of counts no longer: the
    # device is here.
    others = tuple(s for s in account.sessions if s.device != device)
    account = account.with_sessions(others)
    left = account.today(now)
    if left.spent is not None:
        return Deny(_SPENT[left.spent], left.window.ends_at)
    most = account.terms.devices
    taken = {s.device for s in others} | ({*reserved} - {device})
    if most is not None and len(taken) >= most:
        return Deny(DenyReason.TOO_MANY_DEVICES)
    return limits(account, left, None, now)
