from collections.abc import Callable, Iterable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.estate import RadiusClient
from portal.radius.attributes import AttributeType as A
from portal.radius.codes import AcctStatusType, Code
from portal.radius.dynauth import disconnect_request
from portal.radius.packet import HEADER_LENGTH, parse
from portal.radius.requests import accounting_request as framed
from portal.radius.requests import computed, with_message_authenticator
from portal.radius.values import attribute
from portal.radiusd.clients import EMPTY
from portal.radiusd.intake import Drop, Genuine, Role, admit
from tests.unit.radiusd.province import (
    NOW,
    OTHER_SECRET,
    SECRET,
    SOURCE,
    a_client,
    a_nas,
    a_secret,
    access_request,
    accounting_request,
    integer,
    snapshot_of,
    status_server,
    who,
)
from tests.vectors.pcap import RADIUS_SECRET, read

ROLES = list(Role)
PROXY_STATE = attribute(A.PROXY_STATE, b"state of a proxy")
STRICT = a_client(require_message_authenticator=True)
DATAGRAM: dict[Role, Callable[..., bytes]] = {
    Role.AUTH: access_request,
    Role.ACCT: accounting_request,
}


def at_the_door(
    datagram: bytes,
    role: Role = Role.AUTH,
    source: str = SOURCE,
    clients: Iterable[RadiusClient] | None = None,
) -> Genuine | Drop:
    return admit(datagram, source, role, snapshot_of(clients), NOW)


@pytest.mark.parametrize("role", ROLES)
def test_a_genuine_request_comes_with_its_client_its_nas_and_its_secret(
    role: Role,
) -> None:
    genuine = at_the_door(DATAGRAM[role](), role)

    assert isinstance(genuine, Genuine)
    assert genuine.client.id == 1
    assert genuine.server is not None
    assert genuine.server.nas.id == 11


@pytest.mark.parametrize("role", ROLES)
def test_status_server_is_welcome_at_both_doors_and_names_no_nas(role: Role) -> None:
    genuine = at_the_door(status_server(), role)

    assert isinstance(genuine, Genuine)
    assert genuine.server is None


@pytest.mark.parametrize("role", ROLES)
def test_a_stranger_is_dropped_unread(role: Role) -> None:
    outcomes = {
        at_the_door(datagram, role, source="198.51.100.9")
        for datagram in (DATAGRAM[role](), b"", b"hello")
    }

    assert outcomes == {Drop.UNKNOWN_CLIENT}


def test_before_the_estate_is_read_nobody_is_a_stranger_yet() -> None:
    outcome = admit(access_request(), SOURCE, Role.AUTH, EMPTY, NOW)

    assert outcome is Drop.NOT_READY


@pytest.mark.parametrize("role", ROLES)
def test_a_wrong_secret_is_dropped(role: Role) -> None:
    outcome = at_the_door(DATAGRAM[role](secret=OTHER_SECRET), role)

    assert outcome in {Drop.FALSE_AUTHENTICATOR, Drop.FALSE_MESSAGE_AUTHENTICATOR}


def test_a_status_server_made_with_a_wrong_secret_is_dropped() -> None:
    outcome = at_the_door(status_server(OTHER_SECRET))

    assert outcome is Drop.FALSE_MESSAGE_AUTHENTICATOR


@pytest.mark.parametrize("role", ROLES)
def test_an_unknown_identifier_is_refused(role: Role) -> None:
    outcome = at_the_door(DATAGRAM[role](attributes=who(nas="branch-9")), role)

    assert outcome is Drop.UNKNOWN_NAS


@pytest.mark.parametrize("role", ROLES)
def test_a_client_without_a_valid_secret_is_not_served(role: Role) -> None:
    expired = a_client(secrets=(a_secret(valid_until=NOW - timedelta(seconds=1)),))

    outcome = at_the_door(DATAGRAM[role](), role, clients=[expired])

    assert outcome is Drop.NO_SECRET


@pytest.mark.parametrize(
    ("datagram", "role"),
    [
        (access_request(), Role.ACCT),
        (accounting_request(), Role.AUTH),
        (disconnect_request(1, who(), SECRET), Role.AUTH),
        (disconnect_request(1, who(), SECRET), Role.ACCT),
    ],
    ids=["access at acct", "accounting at auth", "disconnect", "disconnect at acct"],
)
def test_what_is_not_for_this_port_is_dropped(datagram: bytes, role: Role) -> None:
    assert at_the_door(datagram, role) is Drop.WRONG_CODE


def test_a_single_false_octet_anywhere_in_a_signed_request_is_noticed() -> None:
    good = access_request(identifier=5)

    for at in range(len(good)):
        bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]

        assert isinstance(at_the_door(bad, clients=[STRICT]), Drop), at


def test_a_single_false_octet_anywhere_in_accounting_is_noticed() -> None:
    good = accounting_request(identifier=5)

    for at in range(len(good)):
        bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]

        assert isinstance(at_the_door(bad, Role.ACCT), Drop), at


def test_a_false_message_authenticator_in_accounting_is_noticed() -> None:
    false = attribute(A.MESSAGE_AUTHENTICATOR, bytes(16))
    datagram = accounting_request(false)

    outcome = at_the_door(datagram, Role.ACCT)

    assert outcome is Drop.FALSE_MESSAGE_AUTHENTICATOR


def test_a_true_message_authenticator_in_accounting_does_no_harm() -> None:
    body = b"".join([*who(), integer(A.ACCT_STATUS_TYPE, AcctStatusType.START)])
    code = Code.ACCOUNTING_REQUEST
    signed = with_message_authenticator(code, 9, bytes(16), body, SECRET)

    outcome = at_the_door(computed(code, 9, signed, SECRET), Role.ACCT)

    assert isinstance(outcome, Genuine)


def test_two_message_authenticators_are_one_too_many() -> None:
    datagram = accounting_request(
        attribute(A.MESSAGE_AUTHENTICATOR, bytes(16)),
        attribute(A.MESSAGE_AUTHENTICATOR, bytes(16)),
    )

    assert at_the_door(datagram, Role.ACCT) is Drop.MALFORMED


def test_an_unsigned_access_request_is_dropped_where_signing_is_required() -> None:
    outcome = at_the_door(access_request(signed=False), clients=[STRICT])

    assert outcome is Drop.NO_MESSAGE_AUTHENTICATOR


def test_an_unsigned_access_request_is_taken_from_a_client_that_may() -> None:
    outcome = at_the_door(access_request(signed=False))

    assert isinstance(outcome, Genuine)


def test_an_unsigned_access_request_with_proxy_state_is_the_known_forgery() -> None:
    outcome = at_the_door(access_request(PROXY_STATE, signed=False))

    assert outcome is Drop.UNSIGNED_PROXY_STATE


@pytest.mark.parametrize("signed", [True, False])
def test_proxy_state_is_taken_signed_or_from_a_proxy(signed: bool) -> None:
    proxy = a_client(is_proxy=True, limit_proxy_state=signed)

    outcome = at_the_door(access_request(PROXY_STATE, signed=signed), clients=[proxy])

    assert isinstance(outcome, Genuine)


def test_an_unsigned_status_server_is_always_dropped() -> None:
    datagram = bytes((Code.STATUS_SERVER, 1, 0, HEADER_LENGTH)) + bytes(16)

    assert at_the_door(datagram) is Drop.NO_MESSAGE_AUTHENTICATOR


@pytest.mark.parametrize("role", ROLES)
def test_while_a_secret_changes_both_are_good(role: Role) -> None:
    both = a_client(
        secrets=(
            a_secret(b"a branch's secret"),
            a_secret(b"somebody else's", NOW - timedelta(days=1)),
        )
    )

    outcomes = [
        at_the_door(DATAGRAM[role](secret=secret), role, clients=[both])
        for secret in (SECRET, OTHER_SECRET)
    ]

    assert all(isinstance(outcome, Genuine) for outcome in outcomes)


def test_without_a_message_authenticator_the_newest_secret_is_meant() -> None:
    both = a_client(
        secrets=(
            a_secret(b"a branch's secret"),
            a_secret(b"somebody else's", NOW - timedelta(days=1)),
        )
    )

    genuine = at_the_door(access_request(signed=False), clients=[both])

    assert isinstance(genuine, Genuine)
    assert genuine.secret is genuine.client.secrets[0].secret


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x01",
        accounting_request()[:19],
        accounting_request()[:-1],
        accounting_request()[:2] + b"\x00\x13" + accounting_request()[4:],
        accounting_request()[:2] + b"\x10\x01" + accounting_request()[4:],
        b"\xff" + accounting_request()[1:],
        framed(1, [b"\x01\x01"], SECRET),
        framed(1, [b"\x01\x00"], SECRET),
        framed(1, [b"\x01\xff" + b"a" * 20], SECRET),
        framed(1, [b"\x01"], SECRET),
    ],
    ids=[
        "empty",
        "one octet",
        "half a header",
        "an octet short",
        "length 19",
        "length 4097",
        "code 255",
        "attribute of length 1",
        "attribute of length 0",
        "attribute past the end",
        "attribute without a length",
    ],
)
def test_lies_about_lengths_are_malformed(datagram: bytes) -> None:
    assert at_the_door(datagram, Role.ACCT) is Drop.MALFORMED


def test_octets_after_the_packet_are_padding() -> None:
    genuine = at_the_door(accounting_request() + b"padding", Role.ACCT)

    assert isinstance(genuine, Genuine)


@given(st.binary(max_size=300), st.sampled_from(ROLES))
@settings(max_examples=300, deadline=None)
def test_no_octets_whatever_get_through_or_raise(datagram: bytes, role: Role) -> None:
    assert isinstance(at_the_door(datagram, role), Drop)


@given(st.data(), st.sampled_from(ROLES))
@settings(max_examples=200, deadline=None)
def test_no_damage_to_a_packet_gets_through(data: st.DataObject, role: Role) -> None:
    good = DATAGRAM[role]()
    at = data.draw(st.integers(0, len(good) - 1))
    cut = data.draw(st.integers(0, len(good) - at))
    bad = good[:at] + data.draw(st.binary(max_size=8)) + good[at + cut :]

    outcome = at_the_door(bad, role, clients=[STRICT])

    assert isinstance(outcome, Drop) or outcome.packet.raw == good


@pytest.mark.parametrize("name", ["coovachilli-1.9", "coovachilli-1.6"])
def test_every_request_of_a_recorded_branch_is_let_in(name: str) -> None:
    branch: dict[str, Any] = {
        "clients": [
            a_client(
                network=ip_network("192.0.2.2"), secrets=(a_secret(RADIUS_SECRET),)
            )
        ],
        "servers": [a_nas(identifier="branch-1")],
    }
    snapshot = snapshot_of(**branch)
    roles = {1812: Role.AUTH, 1813: Role.ACCT}
    requests = [d for d in read(name) if d.destination[1] in roles]

    outcomes = [
        admit(d.payload, d.source[0], roles[d.destination[1]], snapshot, NOW)
        for d in requests
    ]

    assert len(outcomes) > 20
    assert all(isinstance(outcome, Genuine) for outcome in outcomes)
    assert [parse(d.payload).raw for d in requests] == [
        outcome.packet.raw for outcome in outcomes if isinstance(outcome, Genuine)
    ]
