import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.gateway.credential import Pap
from portal.gateway.dynauth import DynauthServer
from portal.gateway.quirks import CHILLI_1_9, NONE, Quirks
from portal.gateway.session import Session
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.authenticator import verify_message_authenticator, verify_response
from portal.radius.codes import AcctStatusType, Code, ErrorCause
from portal.radius.dynauth import coa_request, disconnect_request, error_cause
from portal.radius.packet import Packet, parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_address, encode_integer, vsa
from tests.unit.gateway.fakes import SECRET, Branch, device, number, seconds

PEER = ("192.0.2.1", 40000)
ALICE = attribute(AttributeType.USER_NAME, b"alice")
NOBODY = attribute(AttributeType.USER_NAME, b"nobody")


class Centre:
    """The RADIUS server's end of dynamic authorization, and one signed-in device."""

    def __init__(self, quirks: Quirks = CHILLI_1_9) -> None:
        self.branch = Branch(quirks)
        self.monotonic = 0.0
        self.dynauth = DynauthServer(
            self.branch.server, monotonic=lambda: self.monotonic
        )
        accept = [seconds(AttributeType.SESSION_TIMEOUT, 3600)]
        accept.append(seconds(AttributeType.IDLE_TIMEOUT, 600))
        self.branch.radius.accepts["alice"] = accept
        self.sign_in()

    def sign_in(self) -> None:
        server, one = self.branch.server, self.branch.device
        asyncio.run(server.sign_in(one, "alice", Pap(b"pw")))

    @property
    def session(self) -> Session:
        found = self.branch.device.session
        assert found is not None
        return found

    @property
    def session_id(self) -> bytes:
        return attribute(
            AttributeType.ACCT_SESSION_ID, self.branch.device.session_id.encode()
        )

    def disconnect(
        self, *attributes: bytes, signed: bool = True, identifier: int = 1
    ) -> Packet | None:
        return self.send(disconnect_request(identifier, attributes, SECRET, signed))

    def change(self, *attributes: bytes) -> Packet | None:
        return self.send(coa_request(1, attributes, SECRET))

    def send(self, request: bytes) -> Packet | None:
        answer = self.dynauth.answer(request, PEER)
        if answer is None:
            return None
        found = parse(answer)
        assert verify_response(found, request[4:20], SECRET)
        assert verify_message_authenticator(found, SECRET, request[4:20]) is not False
        return found

    def statuses(self) -> list[AcctStatusType]:
        return self.branch.radius.statuses()


def code(packet: Packet | None) -> int:
    assert packet is not None
    return packet.code


@pytest.mark.parametrize("quirks", [CHILLI_1_9, NONE], ids=["chilli", "none"])
def test_a_disconnect_ends_the_session_with_an_admin_reset(quirks: Quirks) -> None:
    centre = Centre(quirks)

    answer = centre.disconnect(ALICE, centre.session_id)

    assert code(answer) == Code.DISCONNECT_ACK
    assert centre.statuses() == [AcctStatusType.START, AcctStatusType.STOP]
    stop = centre.branch.radius.reports[-1]
    assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == 6


def test_a_disconnect_by_name_alone_ends_all_of_that_name() -> None:
    centre = Centre()
    other = device(2)
    centre.branch.server.attach(other)
    asyncio.run(centre.branch.server.sign_in(other, "alice", Pap(b"pw")))

    assert code(centre.disconnect(ALICE)) == Code.DISCONNECT_ACK
    assert centre.statuses()[-2:] == [AcctStatusType.STOP, AcctStatusType.STOP]


def test_a_disconnect_by_name_and_session_ends_that_one() -> None:
    centre = Centre()
    other = device(2)
    centre.branch.server.attach(other)
    asyncio.run(centre.branch.server.sign_in(other, "alice", Pap(b"pw")))

    centre.disconnect(ALICE, centre.session_id)

    assert centre.branch.device.session is None
    assert other.session is not None


@pytest.mark.parametrize(
    ("quirks", "cause"),
    [(CHILLI_1_9, None), (NONE, ErrorCause.SESSION_CONTEXT_NOT_FOUND)],
    ids=["chilli", "none"],
)
def test_an_unknown_session_is_refused(
    quirks: Quirks, cause: ErrorCause | None
) -> None:
    centre = Centre(quirks)
    wrong = attribute(AttributeType.ACCT_SESSION_ID, b"6553f1000000000f")

    for answer in (centre.disconnect(NOBODY), centre.disconnect(ALICE, wrong)):
        assert code(answer) == Code.DISCONNECT_NAK
        assert answer is not None
        assert error_cause(answer) == cause
    assert centre.branch.device.session is not None


def test_a_wrong_secret_gets_silence() -> None:
    centre = Centre()
    forged = disconnect_request(1, [ALICE], SharedSecret(b"guess"))

    assert centre.dynauth.answer(forged, PEER) is None
    assert centre.branch.device.session is not None


def test_a_false_message_authenticator_gets_silence() -> None:
    centre = Centre()
    request = bytearray(disconnect_request(1, [ALICE], SECRET))
    request[22] ^= 1
    head = bytes(request[:4])
    request[4:20] = SECRET.authenticator(head + bytes(16) + bytes(request[20:]))

    assert centre.dynauth.answer(bytes(request), PEER) is None


def test_another_address_than_the_radius_servers_gets_silence() -> None:
    centre = Centre()
    request = disconnect_request(1, [ALICE], SECRET)

    assert centre.dynauth.answer(request, ("192.0.2.99", 40000)) is None


def test_without_a_user_name_chilli_is_silent() -> None:
    centre = Centre()

    assert centre.disconnect(centre.session_id) is None
    assert centre.branch.device.session is not None


def test_the_session_id_alone_is_enough_without_the_quirk() -> None:
    centre = Centre(NONE)

    assert code(centre.disconnect(centre.session_id)) == Code.DISCONNECT_ACK


def test_a_repeated_request_gets_the_same_octets_and_no_second_effect() -> None:
    centre = Centre()
    request = disconnect_request(9, [ALICE], SECRET)

    first = centre.dynauth.answer(request, PEER)
    centre.sign_in()
    second = centre.dynauth.answer(request, PEER)

    assert first == second
    assert centre.branch.device.session is not None


def test_the_same_request_half_a_minute_later_is_a_new_one() -> None:
    centre = Centre()
    request = disconnect_request(9, [ALICE], SECRET)
    centre.dynauth.answer(request, PEER)

    centre.monotonic = 31.0

    assert code(centre.send(request)) == Code.DISCONNECT_NAK


def test_a_change_forgets_the_limits_it_does_not_repeat() -> None:
    centre = Centre(CHILLI_1_9)
    speed = vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN, encode_integer(8_000_000))

    answer = centre.change(ALICE, speed)

    assert code(answer) == Code.COA_ACK
    limits = centre.session.limits
    assert (limits.session_timeout, limits.idle_timeout) == (0, 0)
    assert limits.down_rate == 8_000_000


def test_a_change_keeps_the_other_limits_without_the_quirk() -> None:
    centre = Centre(NONE)

    centre.change(ALICE, seconds(AttributeType.SESSION_TIMEOUT, 900))

    limits = centre.session.limits
    assert (limits.session_timeout, limits.idle_timeout) == (900, 600)


def test_session_state_2_ends_the_session() -> None:
    centre = Centre()
    state = vsa(Vendor.CHILLISPOT, ChilliSpot.SESSION_STATE, encode_integer(2))

    assert code(centre.change(ALICE, state)) == Code.COA_ACK
    assert centre.branch.device.session is None


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ([], ErrorCause.MISSING_ATTRIBUTE),
        (
            [ALICE, attribute(AttributeType.NAS_IDENTIFIER, b"branch-2")],
            ErrorCause.NAS_IDENTIFICATION_MISMATCH,
        ),
        (
            [
                ALICE,
                attribute(AttributeType.NAS_IP_ADDRESS, encode_address("192.0.2.9")),
            ],
            ErrorCause.NAS_IDENTIFICATION_MISMATCH,
        ),
        (
            [ALICE, seconds(AttributeType.SESSION_TIMEOUT, 5)],
            ErrorCause.UNSUPPORTED_ATTRIBUTE,
        ),
    ],
)
def test_a_disconnect_may_only_identify(
    attributes: Sequence[bytes], cause: ErrorCause
) -> None:
    centre = Centre(NONE)

    answer = centre.disconnect(*attributes)

    assert code(answer) == Code.DISCONNECT_NAK
    assert answer is not None
    assert error_cause(answer) == cause
    assert centre.branch.device.session is not None


def test_a_change_of_what_is_unknown_changes_nothing_at_all() -> None:
    centre = Centre(NONE)
    foreign = vsa(Vendor.MIKROTIK, 8, b"1M/1M")

    answer = centre.change(ALICE, seconds(AttributeType.SESSION_TIMEOUT, 5), foreign)

    assert code(answer) == Code.COA_NAK
    assert centre.session.limits.session_timeout == 3600


@pytest.mark.parametrize("offset", [-301, 301])
def test_an_old_or_future_request_gets_silence_without_the_quirk(offset: int) -> None:
    strict, lenient = Centre(NONE), Centre(CHILLI_1_9)
    stamp = int(strict.branch.clock().timestamp()) + offset
    event = seconds(AttributeType.EVENT_TIMESTAMP, stamp)

    assert strict.disconnect(ALICE, event) is None
    assert code(lenient.disconnect(ALICE, event)) == Code.DISCONNECT_ACK


@pytest.mark.parametrize(
    "wrong",
    [
        attribute(AttributeType.CALLING_STATION_ID, b"02-4C-52-00-00-99"),
        attribute(AttributeType.CALLING_STATION_ID, b"\xff"),
        attribute(AttributeType.FRAMED_IP_ADDRESS, encode_address("10.91.0.99")),
    ],
)
def test_everything_that_identifies_must_fit_without_the_quirk(wrong: bytes) -> None:
    strict, lenient = Centre(NONE), Centre(CHILLI_1_9)

    assert code(strict.disconnect(ALICE, wrong)) == Code.DISCONNECT_NAK
    assert code(lenient.disconnect(ALICE, wrong)) == Code.DISCONNECT_ACK


def test_a_mac_is_known_in_any_notation() -> None:
    centre = Centre(NONE)
    station = attribute(AttributeType.CALLING_STATION_ID, b"02:4c:52:00:00:01")

    assert code(centre.disconnect(station)) == Code.DISCONNECT_ACK


@pytest.mark.parametrize("bare", [True, False])
def test_replies_are_signed_as_requests_were_unless_the_quirk_forgets(
    bare: bool,
) -> None:
    centre = Centre(replace(NONE, bare_dynauth_replies=bare))

    signed = centre.disconnect(NOBODY)
    unsigned = centre.disconnect(NOBODY, signed=False, identifier=2)

    assert signed is not None
    assert unsigned is not None
    assert bool(signed.message_authenticator_at) is not bare
    assert not unsigned.message_authenticator_at


def test_the_captured_naks_are_what_we_answer() -> None:
    centre = Centre(CHILLI_1_9)

    answer = centre.change(NOBODY)

    assert answer is not None
    assert len(answer.raw) == 20


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_no_octets_raise_or_are_answered(octets: bytes) -> None:
    centre = CENTRE

    assert centre.dynauth.answer(octets, PEER) is None


CENTRE = Centre(NONE)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 255), st.binary(min_size=1, max_size=20))),
    st.sampled_from([Code.DISCONNECT_REQUEST, Code.COA_REQUEST]),
)
def test_genuine_nonsense_is_refused_or_ignored(
    attributes: list[tuple[int, bytes]], kind: Code
) -> None:
    build = disconnect_request if kind == Code.DISCONNECT_REQUEST else coa_request
    encoded = [attribute(number, value) for number, value in attributes if number != 80]

    CENTRE.dynauth.answer(build(1, encoded, SECRET, False), PEER)

    assert CENTRE.branch.device.session is not None
