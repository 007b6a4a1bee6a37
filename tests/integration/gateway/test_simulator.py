"""A simulated branch on real sockets, between a RADIUS server and a browser."""

import asyncio

from portal.radius.attributes import AttributeType
from portal.radius.codes import Code, TerminateCause
from portal.radius.dynauth import coa_request, disconnect_request
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute
from tests.integration.gateway.wires import (
    SECRET,
    dynauth_client,
)
from tests.integration.gateway.world import (
    INTERIM,
    ON,
    START,
    STOP,
    FreePort,
    World,
    number,
    run,
    seconds,
    total_octets,
)


def test_a_phone_signs_in_uses_data_and_signs_out(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [attribute(AttributeType.CLASS, b"our-class")]
        phone = await one.signed_in()
        await one.post("devices/khorramabad/1/traffic", down=5_000_000_000, up=77)
        page = await phone.get("/somewhere")
        reply = await phone.get("/logoff")
        await one.radius.until_statuses(ON, START, STOP)

        assert page is not None
        assert page.status == 200
        assert reply is not None
        assert reply.fields["res"] == "logoff"
        [stop] = one.radius.reports(STOP)
        assert stop.get(AttributeType.CLASS) == b"our-class"
        assert number(stop, AttributeType.ACCT_INPUT_GIGAWORDS) == 1
        assert number(stop, AttributeType.ACCT_INPUT_OCTETS) == 705_032_704
        assert number(stop, AttributeType.ACCT_OUTPUT_OCTETS) == 77

    run(free_port, story)


def test_redirects_name_the_devices_own_uam_address(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        replies = [await one.browser(n).get("/start") for n in (1, 2)]

        fields = [reply.fields for reply in replies if reply is not None]
        assert [found["uamip"] for found in fields] == ["127.2.0.1", "127.2.0.2"]
        assert {found["uamport"] for found in fields} == {str(one.uam_port)}
        assert [found["mac"] for found in fields] == [
            "02-4C-52-02-00-01",
            "02-4C-52-02-00-02",
        ]
        assert {found["called"] for found in fields} == {"02-4C-52-02-00-FE"}

    run(free_port, story)


def test_accounting_leaves_from_the_dynauth_port_under_the_quirk(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        [heard] = one.radius.heard

        assert heard.peer == ("127.0.0.2", one.dynauth_port)

    run(free_port, story)


def test_without_quirks_accounting_has_a_port_of_its_own(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        [heard] = one.radius.heard

        assert heard.peer[0] == "127.0.0.2"
        assert heard.peer[1] != one.dynauth_port
        await one.signed_in()
        async with dynauth_client() as ask:
            request = disconnect_request(
                1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
            )
            answer = parse(await ask(request, ("127.0.0.2", one.dynauth_port)))
        assert answer.code == Code.DISCONNECT_ACK

    run(free_port, story, quirks="none")


def test_the_quota_ends_the_session_at_the_next_check(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = total_octets(5_000_000_000)
        await one.signed_in()

        await one.post("devices/khorramabad/1/traffic", down=4_999_999_999)
        await one.post("check")
        assert one.radius.statuses() == [ON, START]
        await one.post("devices/khorramabad/1/traffic", up=1)
        await one.post("check")
        await one.radius.until_statuses(ON, START, STOP)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == 5
        [ended] = (await one.state())["ended"]
        assert (ended["cause"], ended["downloaded"]) == (5, 4_999_999_999)

    run(free_port, story)


def test_a_nas_that_ignores_limits_goes_on_until_it_is_told(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [
            *total_octets(1000),
            seconds(AttributeType.SESSION_TIMEOUT, 5),
        ]
        await one.signed_in()
        await one.post("devices/khorramabad/1/traffic", down=5000)
        one.clock.turn(60)
        await one.post("check")
        assert one.branch.server.devices[0].session is not None

        async with dynauth_client() as ask:
            request = disconnect_request(
                1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
            )
            answer = parse(await ask(request, ("127.0.0.2", one.dynauth_port)))

        assert answer.code == Code.DISCONNECT_ACK
        await one.radius.until_statuses(ON, START, STOP)

    run(free_port, story, ignore="session-timeout+octets")


def test_the_stop_is_on_the_wire_before_the_disconnect_ack(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        one.radius.silent = True
        request = disconnect_request(
            1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
        )

        one.radius.send(request, ("127.0.0.2", one.dynauth_port))
        [answer] = await one.radius.until(lambda: one.radius.replies)

        assert answer.code == Code.DISCONNECT_ACK
        codes = [parse(octets).code for octets in one.radius.octets[-2:]]
        assert codes == [Code.ACCOUNTING_REQUEST, Code.DISCONNECT_ACK]

    run(free_port, story)


def test_a_repeated_disconnect_gets_the_same_octets(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        server = ("127.0.0.2", one.dynauth_port)
        request = disconnect_request(
            1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
        )
        async with dynauth_client() as ask:
            first, second = await ask(request, server), await ask(request, server)

        assert first == second
        assert parse(first).code == Code.DISCONNECT_ACK

    run(free_port, story)


def test_only_the_radius_servers_address_and_secret_are_heard(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        server = ("127.0.0.2", one.dynauth_port)
        user = [attribute(AttributeType.USER_NAME, b"alice")]
        async with dynauth_client("127.0.0.9") as stranger, dynauth_client() as ask:
            wrong = asyncio.create_task(
                stranger(disconnect_request(1, user, SECRET), server)
            )
            false = asyncio.create_task(
                ask(disconnect_request(2, user, SharedSecret(b"x")), server)
            )
            async with dynauth_client() as honest:
                change = coa_request(
                    3, [*user, seconds(AttributeType.SESSION_TIMEOUT, 9)], SECRET
                )
                answer = parse(await honest(change, server))
            # Its answer proves that the two before it were read.
            assert not wrong.done()
            assert not false.done()
            wrong.cancel()
            false.cancel()
            await asyncio.gather(wrong, false, return_exceptions=True)

        assert answer.code == Code.COA_ACK
        session = one.branch.server.devices[0].session
        assert session is not None
        assert session.limits.session_timeout == 9

    run(free_port, story)


def test_a_refused_phone_gets_no_reply_from_1_9(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        phone = one.browser()

        assert await phone.sign_in(password=b"wrong") is None
        reply = await phone.get("/again")
        assert reply is not None
        assert reply.fields["res"] == "notyet"

    run(free_port, story)


def test_a_refused_phone_learns_it_from_1_6(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        reply = await one.browser().sign_in(password=b"wrong")

        assert reply is not None
        assert (reply.fields["res"], reply.fields["reason"]) == ("failed", "reject")

    run(free_port, story, quirks="chilli-1.6")


def test_an_idle_device_is_ended_by_its_idle_timeout(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [seconds(AttributeType.IDLE_TIMEOUT, 60)]
        await one.signed_in()
        await one.post("devices/khorramabad/1/use", megabytes=1000, rate=8)
        one.clock.turn(90)
        await one.post("check")
        assert one.radius.statuses() == [ON, START]

        await one.post("devices/khorramabad/1/idle")
        one.clock.turn(61)
        await one.post("check")
        await one.radius.until_statuses(ON, START, STOP)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == (
            TerminateCause.IDLE_TIMEOUT
        )

    run(free_port, story)


def test_checks_and_interims_come_by_themselves(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [seconds(AttributeType.ACCT_INTERIM_INTERVAL, 60)]
        await one.signed_in()

        one.clock.turn(60)

        await one.radius.until_statuses(ON, START, INTERIM)

    run(free_port, story, check_seconds=0.05)
