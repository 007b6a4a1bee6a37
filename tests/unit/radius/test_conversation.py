"""Client timers and server cache in one conversation, on a line that loses packets."""

from dataclasses import dataclass, field

import pytest

from portal.radius import requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_accounting_request, verify_reply
from portal.radius.packet import parse
from portal.radius.replies import accounting_response
from portal.radius.reply_cache import PENDING, ReplyCache
from portal.radius.retransmission import ACCESS, Retransmission
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer
from tests.vectors.pcap import RADIUS_SECRET, Address, read

SECRET = SharedSecret(RADIUS_SECRET)
NAS: Address = ("192.0.2.2", 3799)


@dataclass
class Server:
    """Books each record once; the cache answers for the rest."""

    cache: ReplyCache = field(default_factory=ReplyCache)
    booked: list[bytes] = field(default_factory=list)
    durable: bool = True

    def receive(self, data: bytes, source: Address, now: float) -> bytes | None:
        request = parse(data)
        if not verify_accounting_request(request, SECRET):
            return None
        key = (source, request.identifier, "acct")
        known = self.cache.lookup(key, request.authenticator, now)
        if known is PENDING:
            return None
        if known is not None:
            return known
        self.cache.begin(key, request.authenticator, now)
        reply = None
        if self.durable:
            self.booked.append(data)
            reply = accounting_response(request, SECRET)
        self.cache.finish(key, request.authenticator, reply, now)
        return reply


def talk(
    server: Server, data: bytes, timers: Retransmission, lost: set[int]
) -> float | None:
    """Send until answered; `lost` numbers the replies that vanish. When, or None."""
    now, attempt = 0.0, 1
    while (delay := timers.next_delay(attempt, elapsed=now)) is not None:
        reply = server.receive(data, NAS, now)
        if reply and attempt not in lost and verify_reply(parse(reply), data, SECRET):
            return now
        now += delay
        attempt += 1
    return None


def stop(delay_time: int = 0, identifier: int = 9) -> bytes:
    late = attribute(AttributeType.ACCT_DELAY_TIME, encode_integer(delay_time))
    return requests.accounting_request(identifier, [late], SECRET)


@pytest.mark.parametrize(
    ("lost", "answered"), [(set(), 0), ({1}, 2), ({1, 2}, 6), ({1, 2, 3, 4}, None)]
)
def test_lost_replies_are_given_again_and_the_record_is_booked_once(
    lost: set[int], answered: float | None
) -> None:
    server = Server()

    assert talk(server, stop(), ACCESS, lost) == answered

    assert server.booked == [stop()]


def test_silence_while_the_ledger_is_away_lets_the_retransmission_be_booked() -> None:
    server = Server(durable=False)

    assert server.receive(stop(), NAS, 0.0) is None
    server.durable = True

    assert server.receive(stop(), NAS, 2.0) is not None
    assert server.booked == [stop()]


def test_a_forged_retransmission_neither_is_answered_nor_pushes_the_entry_out() -> None:
    server = Server()
    genuine = stop()
    reply = server.receive(genuine, NAS, 0.0)
    forged = genuine[:4] + bytes(16) + genuine[20:]

    assert server.receive(forged, NAS, 1.0) is None

    assert server.receive(genuine, NAS, 2.0) == reply
    assert len(server.booked) == 1


def test_a_grown_delay_time_makes_a_new_packet_that_the_cache_cannot_know() -> None:
    # RFC 5080 section 2.2.1: identifier and authenticator change with the attribute, so
    # the record has to be recognised by its content, one layer up.
    server = Server()

    server.receive(stop(delay_time=0, identifier=9), NAS, 0.0)
    server.receive(stop(delay_time=3, identifier=10), NAS, 3.0)

    assert len(server.booked) == 2


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("coovachilli-1.9", [63, 64, 65, 66]), ("coovachilli-1.6", [53, 54, 55, 56])],
)
def test_the_four_sends_of_eves_stop_are_booked_once(
    name: str, numbers: list[int]
) -> None:
    sends = [read(name)[number - 1] for number in numbers]
    server = Server()

    replies = [server.receive(each.payload, each.source, each.at) for each in sends]

    assert len({each.payload for each in sends}) == 1
    assert server.booked == [sends[0].payload]
    assert len(set(replies)) == 1
