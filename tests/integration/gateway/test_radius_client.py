import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from portal.gateway.quirks import CHILLI_1_9, NONE, Quirks
from portal.gateway.radius_client import RadiusClient, Waiting
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_message_authenticator
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import Packet
from portal.radius.replies import access_reply, accounting_response
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer
from tests.integration.gateway.wires import SECRET, FakeRadiusServer, quirked

USER = attribute(AttributeType.USER_NAME, b"alice")
INTERIM = attribute(
    AttributeType.ACCT_STATUS_TYPE, encode_integer(AcctStatusType.INTERIM_UPDATE)
)


class Impatience:
    """Waits no time at all for replies, and notes how long it should have been."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    async def __call__(self, _: Waiting, seconds: float) -> None:
        self.delays.append(seconds)
        await asyncio.sleep(0)


def nothing(authenticator: bytes) -> Sequence[bytes]:
    return [USER]


async def patient(reply: Waiting, seconds: float) -> None:
    """Wait for the reply, and much longer than the schedule would."""
    await asyncio.wait({reply}, timeout=10)


async def client(
    server: FakeRadiusServer, quirks: Quirks, wait: object = patient
) -> RadiusClient:
    options = quirked(quirks, auth_port=server.port, acct_port=server.port)
    made = RadiusClient(options, wait=wait)  # type: ignore[arg-type]
    await made.open()
    return made


def test_the_quirk_sends_the_same_octets_four_times_and_gives_up() -> None:
    async def scenario() -> None:
        impatience = Impatience()
        async with FakeRadiusServer() as server:
            server.silent = True
            asking = await client(server, CHILLI_1_9, impatience)

            assert await asking.ask(nothing) is None
            asking.report([INTERIM])
            await asking.drain(10)

            await server.until(lambda: len(server.heard) == 8)
            sent = [heard.raw for heard in server.heard]
            assert (sent.count(sent[0]), sent.count(sent[-1])) == (4, 4)
            assert impatience.delays == [3.0] * 8
            assert asking.lost == 1
            await asking.close()

    asyncio.run(scenario())


def test_an_access_request_is_repeated_as_rfc_5080_says() -> None:
    async def scenario() -> None:
        impatience = Impatience()
        async with FakeRadiusServer() as server:
            server.silent = True
            asking = await client(server, NONE, impatience)

            assert await asking.ask(nothing) is None

            nominal = [2, 4, 8, 16]
            assert len(impatience.delays) == len(nominal)
            for delay, expected in zip(impatience.delays, nominal, strict=True):
                assert abs(delay - expected) <= expected * 0.1
            await server.until(lambda: len(server.heard) == len(nominal))
            assert len({heard.raw for heard in server.heard}) == 1
            await asking.close()

    asyncio.run(scenario())


def test_accounting_is_repeated_until_it_is_answered() -> None:
    async def scenario() -> None:
        impatience = Impatience()
        async with FakeRadiusServer() as server:
            server.decide = lambda packet: (
                server.answer(packet) if len(server.heard) >= 30 else None
            )
            asking = await client(server, NONE, impatience)

            asking.report([INTERIM])
            await asking.drain(10)

            assert asking.unanswered == asking.lost == 0
            assert len({heard.raw for heard in server.heard}) == 1
            assert len(server.heard) >= 30
            await asking.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("quirks", [CHILLI_1_9, NONE], ids=["chilli", "none"])
def test_every_access_request_is_signed_and_leaves_from_a_port_of_its_own(
    quirks: Quirks,
) -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            server.decide = lambda packet: access_reply(
                Code.ACCESS_ACCEPT, packet, SECRET, []
            )
            asking = await client(server, quirks)

            for _ in range(3):
                assert await asking.ask(nothing) is not None

            ports = {heard.peer for heard in server.heard}
            packets = [heard.packet for heard in server.heard]
            assert len(ports) == 3
            assert {address for address, _ in ports} == {"127.0.0.2"}
            assert all(verify_message_authenticator(each, SECRET) for each in packets)
            place = -1 if quirks.message_authenticator_last else 0
            kinds = {each.attributes[place][0] for each in packets}
            assert kinds == {AttributeType.MESSAGE_AUTHENTICATOR}
            assert len({each.authenticator for each in packets}) == 3
            await asking.close()

    asyncio.run(scenario())


def test_false_replies_are_dropped_and_the_true_one_still_counts() -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            asking = await client(server, NONE)

            def confuse(packet: Packet) -> bytes:
                peer = server.heard[-1].peer
                accept = access_reply(Code.ACCESS_ACCEPT, packet, SECRET, [])
                forged = access_reply(
                    Code.ACCESS_ACCEPT, packet, SharedSecret(b"guess"), []
                )
                other = accept[:1] + bytes([accept[1] ^ 1]) + accept[2:]
                for octets in (b"", b"\x02", forged, other, accept[:-1], accept[:30]):
                    server.send(octets, peer)
                server.send(_unsigned(packet), peer)
                return access_reply(Code.ACCESS_REJECT, packet, SECRET, [])

            server.decide = confuse
            reply = await asking.ask(nothing)

            assert reply is not None
            assert reply.code == Code.ACCESS_REJECT
            await asking.close()

    asyncio.run(scenario())


def _unsigned(packet: Packet) -> bytes:
    """Build an Accept that is genuine but for its missing Message-Authenticator."""
    head = bytes([Code.ACCESS_ACCEPT, packet.identifier, 0, 20])
    return head + SECRET.authenticator(head + packet.authenticator)


@pytest.mark.parametrize("tolerated", [True, False])
def test_an_accept_without_message_authenticator_is_the_quirks_only(
    tolerated: bool,
) -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            server.decide = _unsigned
            quirks = replace(
                NONE, unsigned_replies=tolerated, fixed_retransmission=True
            )
            wait = patient if tolerated else Impatience()
            asking = await client(server, quirks, wait)

            reply = await asking.ask(nothing)

            assert (reply is not None) is tolerated
            await asking.close()

    asyncio.run(scenario())


def test_a_reply_from_another_address_is_no_reply() -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server, FakeRadiusServer() as stranger:

            def through_a_stranger(packet: Packet) -> None:
                reply = access_reply(Code.ACCESS_ACCEPT, packet, SECRET, [])
                stranger.send(reply, server.heard[-1].peer)

            server.decide = through_a_stranger
            asking = await client(server, CHILLI_1_9, Impatience())

            assert await asking.ask(nothing) is None
            await asking.close()

    asyncio.run(scenario())


def test_more_reports_than_identifiers_all_arrive_once() -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            held: list[tuple[bytes, tuple[str, int]]] = []

            def hold(packet: Packet) -> None:
                reply = accounting_response(packet, SECRET)
                held.append((reply, server.heard[-1].peer))

            server.decide = hold
            asking = await client(server, NONE)
            for n in range(600):
                session = attribute(AttributeType.ACCT_SESSION_ID, b"%d" % n)
                asking.report([INTERIM, session])
            await server.until(lambda: len(held) == 256)
            assert asking.unanswered == 600

            server.decide = server.answer
            for reply, peer in held:
                server.send(reply, peer)
            await server.until(lambda: len(server.statuses()) == 600)

            ids = {
                heard.packet.get(AttributeType.ACCT_SESSION_ID)
                for heard in server.heard
            }
            assert len(ids) == 600
            await asking.close()

    asyncio.run(scenario())


def test_a_cut_line_lets_nothing_pass_and_the_report_arrives_after_it() -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            asking = await client(server, NONE, Impatience())
            asking.line_up = False
            asking.report([INTERIM])
            for _ in range(100):
                await asyncio.sleep(0)
            assert server.heard == []

            asking.line_up = True
            await asking.drain(10)

            assert asking.unanswered == asking.lost == 0
            await asking.close()

    asyncio.run(scenario())


def test_closing_gives_up_what_is_unanswered() -> None:
    async def scenario() -> None:
        async with FakeRadiusServer() as server:
            server.silent = True
            asking = await client(server, NONE)
            for _ in range(300):
                asking.report([INTERIM])

            await asking.close()

            assert asking.unanswered == 0

    asyncio.run(scenario())
