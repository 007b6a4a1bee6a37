"""Conversations with one socket: what is received, what is sent, in order."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from portal.model.outcome import Deny, DenyReason, Reject, RejectReason
from portal.model.session import AccessRequest, AccountingReport
from portal.radius.attributes import AttributeType as A
from portal.radius.authenticator import (
    verify_message_authenticator,
    verify_reply,
    verify_response,
)
from portal.radius.codes import Code
from portal.radius.packet import Packet, parse
from portal.radius.values import attribute, integer
from portal.radiusd.clients import Snapshot
from portal.radiusd.exchange import Exchange, Outcome, Peer, Work
from portal.radiusd.intake import Drop, Role
from portal.radiusd.metrics import Metrics
from tests.unit.radiusd.province import (
    NOW,
    OTHER_SECRET,
    PEER,
    SECRET,
    access_request,
    accounting_request,
    an_accept,
    read_class,
    snapshot_of,
    status_server,
    who,
)

ACCEPT = an_accept(timeout=3600)


@dataclass
class Conversation:
    """One socket of radiusd, a clock, and what is waiting for the writer."""

    role: Role
    metrics: Metrics = field(default_factory=Metrics)
    snapshot: Snapshot = field(default_factory=snapshot_of)
    clock: float = 1000.0
    works: list[Work] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.metrics.database.answered()
        self.exchange = Exchange(self.role, read_class=read_class, metrics=self.metrics)

    def receive(self, datagram: bytes, peer: Peer = PEER) -> bytes | None:
        """Pass in a datagram; what is sent at once."""
        result = self.exchange.receive(datagram, peer, self.snapshot, NOW, self.clock)
        if isinstance(result, Work):
            self.works.append(result)
            return None
        return result

    def decide(self, outcome: Outcome) -> bytes | None:
        """Let the writer come back with the oldest work; what is sent."""
        return self.exchange.answer(self.works.pop(0), outcome, self.clock)

    def dropped(self) -> dict[str, int]:
        return {reason: n for (_, reason), n in self.metrics.dropped.items()}


@pytest.fixture
def auth() -> Conversation:
    return Conversation(Role.AUTH)


@pytest.fixture
def acct() -> Conversation:
    return Conversation(Role.ACCT)


def first_attribute(reply: bytes) -> int:
    return parse(reply).attributes[0][0]


def test_an_accept_is_signed_in_front_and_proves_who_sent_it(
    auth: Conversation,
) -> None:
    request = access_request()

    auth.receive(request)
    reply = auth.decide(ACCEPT)

    assert reply is not None
    assert first_attribute(reply) == A.MESSAGE_AUTHENTICATOR
    assert verify_reply(
        parse(reply), request, SECRET, require_message_authenticator=True
    )
    assert integer(parse(reply), A.SESSION_TIMEOUT) == 3600


def test_a_reject_is_signed_in_front_and_says_the_policy_s_reason(
    auth: Conversation,
) -> None:
    request = access_request()

    auth.receive(request)
    refused = Deny(DenyReason.TIME_USED, NOW + timedelta(hours=8))
    reply = auth.decide(Reject(RejectReason.REFUSED, refused))

    assert reply is not None
    assert reply[0] == Code.ACCESS_REJECT
    assert first_attribute(reply) == A.MESSAGE_AUTHENTICATOR
    assert verify_reply(
        parse(reply), request, SECRET, require_message_authenticator=True
    )
    assert parse(reply).get(A.REPLY_MESSAGE) == b"time_used"
    assert auth.metrics.rejected == {"refused": 1}


def test_a_false_ticket_is_rejected_without_an_explanation(
    auth: Conversation,
) -> None:
    auth.receive(access_request())

    reply = auth.decide(Reject(RejectReason.WRONG_PASSWORD))

    assert reply is not None
    assert [number for number, _ in parse(reply).attributes] == [
        A.MESSAGE_AUTHENTICATOR
    ]


def test_a_booked_report_is_acknowledged(acct: Conversation) -> None:
    request = accounting_request()

    acct.receive(request)
    reply = acct.decide(None)

    assert reply is not None
    assert reply[0] == Code.ACCOUNTING_RESPONSE
    assert verify_response(parse(reply), request[4:20], SECRET)


@pytest.mark.parametrize("role", list(Role))
def test_proxy_states_come_back_in_their_order(role: Role) -> None:
    conversation = Conversation(role)
    make = access_request if role is Role.AUTH else accounting_request
    states = [b"first", b"second", b"first"]

    conversation.receive(make(*(attribute(A.PROXY_STATE, s) for s in states)))
    reply = conversation.decide(ACCEPT if role is Role.AUTH else None)

    assert reply is not None
    assert parse(reply).all(A.PROXY_STATE) == states


def test_a_repeated_request_gets_the_very_octets_again(auth: Conversation) -> None:
    request = access_request()

    conversation = [
        auth.receive(request),
        first := auth.decide(ACCEPT),
        auth.receive(request),
        auth.receive(request),
    ]

    assert first is not None
    assert conversation == [None, first, first, first]
    assert auth.works == []
    assert auth.metrics.repeated == {"auth": 2}


def test_a_request_repeated_while_it_is_in_work_is_done_once(
    acct: Conversation,
) -> None:
    request = accounting_request()

    conversation = [
        acct.receive(request),
        acct.receive(request),
        len(acct.works),
        acct.decide(None) is not None,
    ]

    assert conversation == [None, None, 1, True]
    assert acct.dropped() == {"in_progress": 1}


def test_a_reused_identifier_ends_the_old_conversation(auth: Conversation) -> None:
    old, new = access_request(identifier=7), access_request(identifier=7)

    auth.receive(old)
    auth.receive(new)
    late = auth.decide(ACCEPT)
    reply = auth.decide(ACCEPT)

    assert late is None
    assert reply is not None
    assert verify_response(parse(reply), new[4:20], SECRET)
    assert auth.receive(new) == reply
    assert auth.dropped() == {"superseded": 1}


def test_ports_of_one_source_do_not_share_their_identifiers(
    auth: Conversation,
) -> None:
    one, two = access_request(identifier=7), access_request(identifier=7)

    auth.receive(one, (PEER[0], 1111))
    auth.receive(two, (PEER[0], 2222))
    replies = [auth.decide(ACCEPT), auth.decide(ACCEPT)]

    assert None not in replies
    assert auth.receive(one, (PEER[0], 1111)) == replies[0]
    assert auth.receive(two, (PEER[0], 2222)) == replies[1]


def test_a_forgery_under_a_known_identifier_changes_nothing(
    auth: Conversation,
) -> None:
    request = access_request(identifier=7)
    forged = access_request(identifier=7, secret=OTHER_SECRET)

    auth.receive(request)
    reply = auth.decide(ACCEPT)
    silence = auth.receive(forged)

    assert silence is None
    assert auth.receive(request) == reply
    assert auth.dropped() == {"false_message_authenticator": 1}


@pytest.mark.parametrize(
    "silence", [Drop.DATABASE_AWAY, Drop.BACKLOG_FULL, Drop.TOO_LATE, Drop.FAILED]
)
def test_after_silence_the_repetition_is_a_new_chance(
    acct: Conversation, silence: Drop
) -> None:
    request = accounting_request()

    conversation = [
        acct.receive(request),
        acct.decide(silence),
        acct.receive(request),
        len(acct.works),
        acct.decide(None) is not None,
    ]

    assert conversation == [None, None, None, 1, True]
    assert acct.dropped() == {silence.value: 1}


def test_a_reply_is_forgotten_after_half_a_minute(acct: Conversation) -> None:
    request = accounting_request()
    acct.receive(request)
    acct.decide(None)

    acct.clock += 29.9
    within = acct.receive(request)
    acct.clock += 30.1
    after = acct.receive(request)

    assert within is not None
    assert after is None
    assert len(acct.works) == 1


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.AUTH, Code.ACCESS_ACCEPT), (Role.ACCT, Code.ACCOUNTING_RESPONSE)],
)
def test_status_server_is_answered_while_the_database_answers(
    role: Role, code: Code
) -> None:
    conversation = Conversation(role)
    question = status_server()

    reply = conversation.receive(question)

    assert reply is not None
    assert reply[0] == code
    answer: Packet = parse(reply)
    assert answer.attributes[0][0] == A.MESSAGE_AUTHENTICATOR
    assert verify_message_authenticator(answer, SECRET, question[4:20])
    assert verify_response(answer, question[4:20], SECRET)


def test_status_server_is_not_answered_while_the_database_is_away(
    auth: Conversation,
) -> None:
    auth.metrics.database.failed()

    assert auth.receive(status_server()) is None
    assert auth.dropped() == {"database_away": 1}


def test_a_malformed_value_in_a_genuine_request_is_dropped_and_counted(
    acct: Conversation,
) -> None:
    bad = accounting_request(attribute(A.ACCT_SESSION_TIME, b"\x01"))

    assert acct.receive(bad) is None
    assert acct.works == []
    assert acct.dropped() == {"malformed": 1}


def test_work_carries_the_request_in_the_words_of_the_model() -> None:
    auth, acct = Conversation(Role.AUTH), Conversation(Role.ACCT)

    auth.receive(access_request())
    acct.receive(accounting_request())

    assert isinstance(auth.works[0].request, AccessRequest)
    assert isinstance(acct.works[0].request, AccountingReport)


def test_only_genuine_packets_count_as_a_sign_of_life(acct: Conversation) -> None:
    acct.receive(accounting_request(secret=OTHER_SECRET))
    acct.receive(accounting_request(attributes=who(nas="branch-9")))
    nothing = acct.exchange.take_heard()
    acct.receive(accounting_request())

    assert nothing == {}
    assert acct.exchange.take_heard() == {11: NOW}
    assert acct.exchange.take_heard() == {}
