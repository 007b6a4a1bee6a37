"""One socket's conversation: datagrams in, replies and work out, a cache between.

Sans-I/O: whoever owns the socket passes in what arrived and the time, and sends what
comes back. Work goes to the writer, and its outcome comes back to `answer`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from portal.model.outcome import Accept, Reject
from portal.model.session import AccessRequest, AccountingReport
from portal.radius.attributes import AttributeType
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet
from portal.radius.replies import (
    access_reply,
    accounting_response,
    status_server_reply,
)
from portal.radius.reply_cache import PENDING, ReplyCache
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_text
from portal.radiusd.clients import AccessServer, Client, Snapshot
from portal.radiusd.intake import Drop, Genuine, Role, admit
from portal.radiusd.metrics import Metrics
from portal.radiusd.reading import (
    ReadClass,
    read_access_request,
    read_accounting_request,
)

Peer: TypeAlias = tuple[Any, ...]
"""A socket address as the kernel gives it: (host, port), or four fields for IPv6."""

_ACCOUNTING_RESPONSE = int(Code.ACCOUNTING_RESPONSE)
_STATUS_REPLY = {
    Role.AUTH: Code.ACCESS_ACCEPT,
    Role.ACCT: Code.ACCOUNTING_RESPONSE,
}


@dataclass(slots=True, eq=False)
class Work:
    """A request on its way through the writer, and all that its reply needs."""

    role: Role
    request: AccessRequest | AccountingReport
    packet: Packet
    secret: SharedSecret
    server: AccessServer
    peer: Peer
    arrived: float
    """Seconds of the monotonic clock."""


Outcome: TypeAlias = Accept | Reject | Drop | None
"""An answer to an Access-Request; None: the report is booked; Drop: stay silent."""


class Exchange:
    """Answers what arrives at one socket, through a writer that somebody else runs."""

    def __init__(
        self,
        role: Role,
        *,
        read_class: ReadClass,
        metrics: Metrics,
        reply_lifetime: float = 30.0,
    ) -> None:
        self.role = role
        self._name = role.value
        self._heard: dict[int, datetime] = {}
        self._read_class = read_class
        self._metrics = metrics
        self._replies = ReplyCache(lifetime=reply_lifetime)

    def receive(
        self,
        datagram: bytes,
        peer: Peer,
        snapshot: Snapshot,
        now: datetime,
        clock: float,
    ) -> bytes | Work | None:
        """The octets to send at once, work for the writer, or None for silence.

        `now` is the instant of arrival, `clock` the same on the monotonic clock.
        """
        genuine = admit(datagram, peer[0], self.role, snapshot, now)
        if isinstance(genuine, Drop):
            self._drop(genuine, peer, snapshot.client_at(peer[0]))
            return None
        packet = genuine.packet
        self._metrics.received[self._name, packet.code] += 1
        if genuine.server is None:
            return self._status(genuine, peer)
        self._heard[genuine.server.nas.id] = now
        key = (peer, packet.identifier, self._name)
        known = self._replies.lookup(key, packet.authenticator, clock)
        if known is PENDING:
            self._drop(Drop.IN_PROGRESS, peer, genuine.client)
            return None
        if known is not None:
            self._metrics.repeated[self._name] += 1
            return known
        try:
            work = self._read(genuine, genuine.server, peer, now, clock)
        except MalformedPacketError:
            self._drop(Drop.MALFORMED, peer, genuine.client)
            return None
        self._replies.begin(key, packet.authenticator, clock)
        return work

    def answer(self, work: Work, outcome: Outcome, clock: float) -> bytes | None:
        """The reply to send, from now on also to the request's repetitions."""
        packet = work.packet
        reply = None if isinstance(outcome, Drop) else self._reply(work, outcome)
        key = (work.peer, packet.identifier, self._name)
        current = self._replies.finish(key, packet.authenticator, reply, clock)
        if reply is not None and current:
            return reply
        reason = outcome if isinstance(outcome, Drop) else Drop.SUPERSEDED
        self._metrics.drop(self._name, reason, work.peer[0], work.server.nas.client_id)
        return None

    def take_heard(self) -> dict[int, datetime]:
        """When each NAS last sent a genuine packet, since this was last asked.

        Another thread may ask; the copy keeps it apart from a packet coming in.
        """
        heard, self._heard = self._heard, {}
        return dict(heard)

    def _read(
        self,
        genuine: Genuine,
        server: AccessServer,
        peer: Peer,
        now: datetime,
        clock: float,
    ) -> Work:
        packet, secret = genuine.packet, genuine.secret
        request: AccessRequest | AccountingReport
        if self.role is Role.AUTH:
            request = read_access_request(packet, secret, server, now)
        else:
            request = read_accounting_request(packet, server, self._read_class, now)
        return Work(self.role, request, packet, secret, server, peer, clock)

    def _reply(self, work: Work, outcome: Accept | Reject | None) -> bytes:
        packet, secret = work.packet, work.secret
        if outcome is None:
            self._metrics.answered[self._name, _ACCOUNTING_RESPONSE] += 1
            return accounting_response(packet, secret)
        if isinstance(outcome, Accept):
            code = Code.ACCESS_ACCEPT
            attributes = work.server.profile.access_attributes(outcome)
        else:
            code = Code.ACCESS_REJECT
            attributes = _reason(outcome)
            self._metrics.rejected[outcome.reason.value] += 1
        self._metrics.answered[self._name, code] += 1
        return access_reply(code, packet, secret, attributes)

    def _status(self, genuine: Genuine, peer: Peer) -> bytes | None:
        # RFC 5997 lets a server that cannot serve keep silent: then the NAS turns to
        # another one. Not cached: each Status-Server is a new question.
        if not self._metrics.database.answers():
            self._drop(Drop.DATABASE_AWAY, peer, genuine.client)
            return None
        code = _STATUS_REPLY[self.role]
        self._metrics.answered[self._name, code] += 1
        return status_server_reply(genuine.packet, genuine.secret, code)

    def _drop(self, reason: Drop, peer: Peer, client: Client | None) -> None:
        client_id = None if client is None else client.id
        self._metrics.drop(self._name, reason, peer[0], client_id)


def _reason(reject: Reject) -> list[bytes]:
    """The policy's reason as a code in Reply-Message; the portal has its sentence.

    RFC 5080 section 2.6: a quota that is used up is a denial, and says so.
    """
    if reject.deny is None:
        return []
    text = encode_text(reject.deny.reason.value)
    return [attribute(AttributeType.REPLY_MESSAGE, text)]
